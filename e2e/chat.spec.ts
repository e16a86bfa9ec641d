import type { Page } from "playwright"
import { afterAll, beforeAll, expect, test } from "vitest"
import { look } from "./look.ts"
import { newOffice, type Office } from "./office.ts"
import { newPage, switchboard } from "./pages.ts"

/** The widget on a page of another origin, as the visitor of a customer's site has it. */

let office: Office
let appId: string
let inboxId: string
let visitor: Page
const complaints: string[] = []

beforeAll(async () => {
  office = await newOffice()
  inboxId = (
    await office.api<{ id: string }>("POST", "/inboxes", {
      name: "Chat Support",
      slaMinutesText: "5",
      agentIds: [office.userId],
    })
  ).id
  const section = { defaultInboxId: inboxId, defaultSlaMinutesText: null, exceptions: [] }
  await office.api("PUT", "/channel-routings/chat", section, "*")
  const app = await office.api<{ appId: string }>("POST", "/chat-apps", {
    name: "retale.com-shopping-cart",
    greeting: "Hi! Ask us about orders, sizes or returns.",
    quickActions: [{ label: "Where is my order?", text: "Where is my order?" }],
  })
  appId = app.appId
  visitor = await newPage({ locale: "en-US" })
  visitor.setDefaultTimeout(15_000)
  visitor.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("ERR_INTERNET_DISCONNECTED"))
      complaints.push(message.text())
  })
  visitor.on("pageerror", (error) => complaints.push(error.message))
})
afterAll(async () => {
  await visitor?.context().close()
  await office?.close()
})

const launcher = () => visitor.getByRole("button", { name: /^Chat with us/ })
const panel = () => visitor.getByRole("dialog", { name: "Chat with Retale" })
const field = () => panel().getByRole("textbox", { name: "Message" })
const log = () => panel().getByRole("log")

async function write(text: string): Promise<void> {
  await field().fill(text)
  await visitor.keyboard.press("Enter")
}

async function conversationId(): Promise<string> {
  const { items } = await office.api<{ items: { id: string }[] }>("GET", `/conversations?inboxId=${inboxId}`)
  return items[0]?.id ?? ""
}

async function answer(text: string): Promise<void> {
  await office.api("POST", `/conversations/${await conversationId()}/messages`, { channel: "chat", text })
}

test("S6 S56 S57 a visitor writes on a page of another origin, an agent answers, the answer stands in the widget", async () => {
  await visitor.goto(`${switchboard().sandboxOrigin}/${appId}`)
  await launcher().click()
  await look(visitor, "chat-open")
  await write("Where is my parcel?")
  await log().getByText("Where is my parcel?").waitFor()
  await log().getByText("Nobody is available right now", { exact: false }).waitFor()
  await look(visitor, "chat-waiting")
  await panel().getByRole("textbox", { name: "Your name" }).fill("Maya Chen")
  await panel().getByRole("textbox", { name: "Your email address" }).fill("maya@example.com")
  await panel().getByRole("button", { name: "Save" }).click()
  await log().getByText("We will also answer to maya@example.com.").waitFor()
  const id = await conversationId()
  const conversation = await office.api<{ inboxId: string; contact: { channel: string } }>(
    "GET",
    `/conversations/${id}`,
  )
  expect(conversation).toMatchObject({ inboxId, contact: { channel: "chat" } })
  await answer("It left this morning: https://carrier.example/7")
  await log().getByText("It left this morning").waitFor()
  await log().getByRole("link", { name: "https://carrier.example/7" }).waitFor()
  await panel().getByText("Jordan is here").waitFor()
  await look(visitor, "chat-answered")
})

test("a reload continues the same chat, what was written without a connection is sent once, in order", async () => {
  await visitor.reload()
  await log().getByText("It left this morning").waitFor()
  await visitor.context().setOffline(true)
  await panel().getByText("No connection.", { exact: false }).waitFor()
  await write("first while offline")
  await write("second while offline")
  await log().getByText("Sending").waitFor()
  await look(visitor, "chat-offline")
  await visitor.context().setOffline(false)
  await log().getByText("Sent", { exact: true }).waitFor()
  const texts = async () => {
    const { items } = await office.api<{ items: { message?: { text: string; direction: string } }[] }>(
      "GET",
      `/conversations/${await conversationId()}/timeline?limit=100`,
    )
    return items.flatMap(({ message }) => (message?.direction === "inbound" ? [message.text] : []))
  }
  expect((await texts()).filter((text) => text.includes("offline"))).toEqual([
    "first while offline",
    "second while offline",
  ])
})

test("a file goes up from the page and stands in the conversation; what the agent reads is marked", async () => {
  const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
  const files = visitor.locator('switchboard-chat input[type="file"]')
  await files.setInputFiles({ name: "receipt.png", mimeType: "image/png", buffer: Buffer.from(png, "base64") })
  await panel().getByRole("button", { name: "Remove receipt.png" }).waitFor()
  await panel().getByRole("button", { name: "Send" }).click()
  await log().getByRole("img", { name: "receipt.png" }).waitFor()
  const id = await conversationId()
  const { items } = await office.api<{ items: { position: number; message?: { attachments: { name: string }[] } }[] }>(
    "GET",
    `/conversations/${id}/timeline?limit=100&order=newest`,
  )
  expect(items[0]?.message?.attachments.map((file) => file.name)).toEqual(["receipt.png"])
  await office.api("PUT", `/conversations/${id}/read-mark`, { upToPosition: items[0]?.position })
  await log().getByText("Read", { exact: true }).waitFor()
  await look(visitor, "chat-file")
})

test("by keyboard: Esc closes and focus returns, an answer to a closed panel is counted on the launcher", async () => {
  await field().focus()
  await visitor.keyboard.press("Escape")
  await panel().waitFor({ state: "detached" })
  expect(
    await launcher().evaluate(
      (element) =>
        element.getRootNode() instanceof ShadowRoot && (element.getRootNode() as ShadowRoot).activeElement === element,
    ),
  ).toBe(true)
  await answer("Anything else?")
  await visitor.getByRole("button", { name: "Chat with us, 1 new message" }).waitFor()
  await look(visitor, "chat-closed-unread")
  await visitor.keyboard.press("Enter")
  await log().getByText("Anything else?").waitFor()
  expect(await field().evaluate((element) => (element.getRootNode() as ShadowRoot).activeElement === element)).toBe(
    true,
  )
})

test("the visitor ends the chat after one question, and may have a copy by mail", async () => {
  await panel().getByRole("button", { name: "End chat" }).click()
  await look(visitor, "chat-ending")
  await panel().getByRole("textbox", { name: "Email me a copy (optional)" }).fill("maya@example.com")
  await panel().getByRole("button", { name: "End chat now" }).click()
  await log().getByText("This chat has ended.", { exact: false }).waitFor()
  const copy = await office.api<{ items: { text: string }[] }>(
    "GET",
    "/sandbox/deliveries?address=maya@example.com&wait=10",
  )
  expect(copy.items.at(-1)?.text).toContain("Jordan: Anything else?")
})

test("required questions are asked after the text was typed, which is kept and sent with their answers", async () => {
  const { appId: askingId } = await office.api<{ appId: string }>("POST", "/chat-apps", {
    name: "asks-first",
    questions: { name: "off", email: "required" },
  })
  const asked = await newPage()
  asked.setDefaultTimeout(15_000)
  await asked.goto(`${switchboard().sandboxOrigin}/${askingId}?show`)
  await asked.getByRole("textbox", { name: "Message" }).fill("Can I change my order?")
  await asked.keyboard.press("Enter")
  await asked.getByText("Tell us who you are, and your message goes out:").waitFor()
  await look(asked, "chat-asks-first")
  await asked.getByRole("textbox", { name: "Your email address" }).fill("tom@example.com")
  await asked.getByRole("button", { name: "Save" }).click()
  await asked.getByText("Sent", { exact: true }).waitFor()
  await asked.context().close()
})

test("out of hours the page says so and takes no new chat", async () => {
  const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
  const { items } = await office.api<{ items: { id: string }[] }>("GET", "/chat-apps")
  const hours = { timeZone: "America/Los_Angeles", ...Object.fromEntries(days.map((day) => [day, []])) }
  await office.api(
    "PATCH",
    `/chat-apps/${items[0]?.id}`,
    { hours, afterHoursText: "<p>We are back on <b>Monday</b>.</p>" },
    "*",
  )
  const late = await newPage()
  await late.goto(`${switchboard().sandboxOrigin}/${appId}?show`)
  await late.getByText("We are back on Monday.").waitFor()
  expect(await late.getByRole("textbox", { name: "Message" }).isDisabled()).toBe(true)
  await look(late, "chat-closed")
  await late.context().close()
})

test("the page's own strict policy was never broken, at 320 px and 200 % nothing is lost", async () => {
  expect(complaints).toEqual([])
  await visitor.setViewportSize({ width: 320, height: 500 })
  await launcherOrField()
  const box = await panel().boundingBox()
  expect(box).toMatchObject({ x: 0, y: 0, width: 320, height: 500 })
})

async function launcherOrField(): Promise<void> {
  if (!(await panel().isVisible())) await launcher().click()
  await panel().waitFor()
}
