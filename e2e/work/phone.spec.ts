import type { Page } from "playwright"
import { afterAll, beforeAll, expect, test } from "vitest"
import { look } from "../look.ts"
import { newColleague } from "../office.ts"
import { type Desk, newDesk } from "./desk.ts"

/** The phone in the browser: one plays the customer, the answers come back to it. */

type Conversation = { id: string; lastItem: { preview: string } | null }
type Item = {
  kind: string
  message?: { direction: string; text: string; attachments: unknown[]; delivery: { status: string } | null }
}

let desk: Desk
let page: Page

const log = () => page.getByRole("log", { name: "Messages" })
const send = () => page.getByRole("button", { name: "Send as customer" }).click()
const messages = async (conversationId: string) =>
  (await desk.api<{ items: Item[] }>("GET", `/conversations/${conversationId}/timeline`)).items.flatMap(
    ({ message }) => (message ? [message] : []),
  )
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
)

async function conversationOf(text: string): Promise<string> {
  const { items } = await desk.api<{ items: Conversation[] }>("GET", `/conversations?q=${encodeURIComponent(text)}`)
  if (!items[0]) throw new Error(`no conversation with ${text}`)
  return items[0].id
}

beforeAll(async () => {
  desk = await newDesk()
  page = desk.page
  await page.goto("/work")
  await page.getByRole("button", { name: "Open menu" }).click()
  await page.getByRole("dialog").getByRole("link", { name: "Test phone" }).click()
  await page.getByRole("heading", { name: "Test phone", level: 1 }).waitFor()
})
afterAll(() => desk?.close())

test("S2 a new customer sends a picture and a text from the phone; both lie in one conversation of the Inbox for texts", async () => {
  await page.getByText("Nobody is chosen").waitFor()
  await look(page, "phone-empty")
  await page.getByRole("button", { name: "New customer" }).click()
  await page.getByRole("textbox", { name: "Name" }).fill("Luis Ferrer")
  await page.getByRole("textbox", { name: "Phone number of the customer" }).fill("(212) 555-0177")
  await page.getByRole("textbox", { name: "Message of the customer" }).fill("Is it this one?")
  await page.locator("input[type=file]").setInputFiles({ name: "lamp.png", mimeType: "image/png", buffer: pixel })
  await look(page, "phone-new")
  await send()
  await log().getByText("Delivered to Returns").waitFor()
  await log().getByRole("img", { name: "lamp.png" }).waitFor()
  await page.getByRole("heading", { name: "Luis Ferrer", level: 2 }).waitFor()
  await page.getByRole("textbox", { name: "Message of the customer" }).fill("Or in blue?")
  await page.keyboard.press("Enter")
  await log().getByText("Delivered to Returns").nth(1).waitFor()
  const written = await messages(await conversationOf("Is it this one"))
  expect(written.map(({ text, direction, attachments }) => [text, direction, attachments.length]).sort()).toEqual([
    ["Is it this one?", "inbound", 1],
    ["Or in blue?", "inbound", 0],
  ])
})

test("the answer comes back without a reload; what the phone tells of it stands in the conversation", async () => {
  const conversationId = await conversationOf("Is it this one")
  await desk.api("POST", `/conversations/${conversationId}/messages`, { channel: "sms", text: "Yes, the blue one." })
  await log().getByText("Yes, the blue one.").waitFor()
  const state = log().getByRole("button", { name: /^State of this message: Delivered/ })
  await state.click()
  await page.getByRole("menuitem", { name: "Failed" }).click()
  await log().getByText("Failed").waitFor()
  await look(page, "phone-thread")
  await page.reload()
  await log().getByText("Is it this one?").waitFor()
  await log().getByText("Failed").waitFor()
})

test("a mail with a subject, and an answer to the answer lands in the same conversation", async () => {
  await page.getByRole("button", { name: "New customer" }).click()
  await page.getByText("Email", { exact: true }).click()
  const address = `noor@customer-${process.pid}.example`
  await page.getByRole("textbox", { name: "Mail address of the customer" }).fill(address)
  await page.getByRole("textbox", { name: "Subject" }).fill("Prices for 40 lamps")
  await page.getByRole("textbox", { name: "Mail of the customer" }).fill("Good morning,\n\nwhat would 40 lamps cost?")
  await send()
  await log().getByText("Delivered to General Support").or(log().getByText("Delivered to Billing")).waitFor()
  const conversationId = await conversationOf("40 lamps")
  await desk.api("POST", `/conversations/${conversationId}/messages`, {
    channel: "email",
    subject: "Re: Prices for 40 lamps",
    text: "61 each.",
  })
  await log().getByText("61 each.").waitFor({ timeout: 20_000 })
  expect(await page.getByRole("textbox", { name: "Subject" }).inputValue()).toBe("Re: Prices for 40 lamps")
  await page.getByRole("textbox", { name: "Mail of the customer" }).fill("Then we take them.")
  await page.keyboard.press("Control+Enter")
  await log()
    .getByText(/^Delivered to/)
    .nth(1)
    .waitFor()
  expect(await messages(conversationId)).toHaveLength(3)
  await page.getByRole("link", { name: "Open conversation" }).last().click()
  await page.waitForURL(`**/work/c/${conversationId}`)
})

test("only who may play the customer has it in the menu", async () => {
  const agent = await newColleague(desk, "Ana", ["agent"], [desk.inboxes.returns])
  await agent.page.goto("/work")
  await agent.page.getByRole("button", { name: "Open menu" }).click()
  await agent.page.getByRole("dialog").getByRole("link", { name: "Workspace" }).waitFor()
  expect(await agent.page.getByRole("dialog").getByRole("link", { name: "Test phone" }).count()).toBe(0)
  await agent.page.goto("/test/phone")
  await agent.page.getByText("You may not see this page").waitFor()
  await agent.close()
})
