import type { Locator, Page } from "playwright"
import { afterAll, beforeAll, expect, test } from "vitest"
import { look } from "../look.ts"
import { type Desk, newDesk, playCustomer } from "./desk.ts"

/** What an offer tells and where it stands, where the focus goes, what a page load asks for (ui.md 4.2, 5). */

let desk: Desk
let page: Page

const patiently = { timeout: 15_000 }
const timeline = () => page.getByRole("log", { name: "Timeline" })
const offer = () => page.locator("[data-offer]")
const isFocused = (locator: Locator) => locator.evaluate((element) => element === document.activeElement)
const write = (value: string, text: string) =>
  playCustomer(desk, { entryPointId: desk.entryPoints.sms, from: { kind: "phone", value }, text })

/** The first 400 ms of a card are nobody's wish. */
async function press(key: string): Promise<void> {
  await page.waitForTimeout(500)
  await page.keyboard.press(key)
}

beforeAll(async () => {
  desk = await newDesk()
  await desk.api("PATCH", "/workflow-settings", { messaging: { offerSeconds: 300 } }, "*")
  await desk.api("PUT", "/agents/me/availability", { availableFor: ["messaging"] })
  page = desk.page
  await page.goto("/work")
  await page.getByText("You are available for Messaging.").waitFor()
})
afterAll(() => desk?.close())

test("an offer says why it came before one accepts; F8 leads into its conversation, to the text of the answer", async () => {
  await write("+14155550141", "Is the tent waterproof?")
  await offer().getByRole("button", { name: "Why?" }).click()
  const why = page.getByRole("dialog").filter({ hasText: "Why did I get this?" })
  await why.getByText("Default of SMS: goes to Returns.").waitFor()
  await why.getByText(/^Offered to Jordan Park/).waitFor()
  await look(page, "work-offer-why")
  await page.setViewportSize({ width: 390, height: 844 })
  await offer().getByRole("button", { name: "Why?" }).click()
  await why.getByText("Default of SMS: goes to Returns.").waitFor()
  const box = await why.boundingBox()
  expect([box?.x, box?.y].every((edge) => (edge ?? -1) >= 0)).toBe(true)
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390)
  await page.keyboard.press("Escape")
  await why.waitFor({ state: "detached" })
  await page.setViewportSize({ width: 1440, height: 900 })
  await offer().waitFor()
  await press("F8")
  await page.getByRole("heading", { name: "(415) 555-0141", level: 1 }).waitFor()
  const text = page.getByRole("textbox", { name: /^Write to/ })
  await expect.poll(() => isFocused(text), patiently).toBe(true)
})

test("5 leads to an offer; Escape, and F9 too, lead back to where one was", async () => {
  await write("+14155550142", "Do you repair zips?")
  await offer().waitFor()
  await page.keyboard.press("Escape")
  expect(await isFocused(timeline())).toBe(true)
  await page.keyboard.press("5")
  expect(await isFocused(offer())).toBe(true)
  await page.keyboard.press("Escape")
  expect(await isFocused(timeline())).toBe(true)
  await page.keyboard.press("5")
  await press("F9")
  await offer().waitFor({ state: "detached" })
  await expect.poll(() => isFocused(timeline()), patiently).toBe(true)
})

test("where the customer has no pane, an offer covers nothing, and the drawer is as wide as the pane was made", async () => {
  const divider = page.getByRole("separator", { name: "Width of the customer pane" })
  await divider.press("ArrowLeft")
  for (const width of [800, 1024, 1100]) {
    await page.setViewportSize({ width, height: 800 })
    await divider.waitFor({ state: "detached" })
    const before = await page.getByRole("region", { name: "Answer" }).boundingBox()
    await write(`+1415555${width}`, "How long does a repair take, and what does it cost when it is not the zip?")
    await offer().getByText("How long does a repair take").waitFor()
    const card = await offer().boundingBox()
    const header = await page.locator("section > header").boundingBox()
    const read = await timeline().boundingBox()
    expect(card?.y).toBeGreaterThanOrEqual((header?.y ?? 0) + (header?.height ?? 0))
    expect((card?.y ?? 0) + (card?.height ?? 0)).toBeLessThanOrEqual(read?.y ?? 0)
    expect(await page.getByRole("region", { name: "Answer" }).boundingBox()).toEqual(before)
    await page.getByRole("button", { name: "Customer details" }).click()
    const drawer = page.getByRole("dialog", { name: "Customer" })
    await drawer.getByText("How long does a repair take").waitFor()
    expect((await drawer.boundingBox())?.width).toBe(368)
    await page.keyboard.press("Escape")
    await drawer.waitFor({ state: "detached" })
    await press("F9")
    await offer().waitFor({ state: "detached" })
  }
})

test("with its pane folded on a wide screen an offer covers nothing either", async () => {
  await page.setViewportSize({ width: 1440, height: 900 })
  await timeline().focus()
  await page.keyboard.press("]")
  await write("+14155550143", "Can I pick it up?")
  await offer().waitFor()
  const card = await offer().boundingBox()
  const header = await page.locator("section > header").boundingBox()
  expect(card?.y).toBeGreaterThanOrEqual((header?.y ?? 0) + (header?.height ?? 0))
  expect((card?.y ?? 0) + (card?.height ?? 0)).toBeLessThanOrEqual((await timeline().boundingBox())?.y ?? 0)
  await press("F9")
  await offer().waitFor({ state: "detached" })
  await page.keyboard.press("]")
  await page.getByRole("complementary", { name: "Customer" }).waitFor()
})

test("the actions of a conversation stay in its header, and its name readable, at any width", async () => {
  for (const width of [800, 1024, 1199, 1200, 1440]) {
    await page.setViewportSize({ width, height: 800 })
    // Measured together: the panes follow the width a moment later, and header and buttons with them.
    const actions = page.getByRole("group", { name: "Actions on the conversation" })
    const beyond = () =>
      actions.evaluate((group) => {
        const header = group.closest("header")
        if (!header) throw new Error("the actions stand in no header")
        return group.getBoundingClientRect().right - header.getBoundingClientRect().right
      })
    await expect.poll(beyond, { message: `${width}` }).toBeLessThanOrEqual(0)
    const name = page.getByRole("heading", { level: 1 })
    const cut = () => name.evaluate((heading) => heading.scrollWidth - heading.clientWidth)
    await expect.poll(cut, { message: `${width}` }).toBe(0)
  }
  await page.setViewportSize({ width: 1440, height: 900 })
})

test("that no reply is needed, and that one is again, is told in the timeline", async () => {
  await page.getByRole("button", { name: "No reply needed" }).click()
  await timeline().getByText("You set: no reply needed").waitFor()
  await page.getByRole("button", { name: "A reply is needed" }).click()
  await timeline().getByText("You set: a reply is needed").waitFor()
})

test("a page load asks for the own state and for the notifications once", async () => {
  const asked: string[] = []
  page.on("request", (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`))
  for (const path of ["/work", "/settings/profile"]) {
    asked.length = 0
    await page.goto(path)
    await page.waitForLoadState("networkidle")
    await page.waitForTimeout(1000)
    const times = (what: string) => asked.filter((each) => each === what).length
    expect([times("GET /api/agents/me"), times("GET /api/notifications")], path).toEqual([1, 1])
  }
})

test("who missed two in a row is told that he was switched off, until he is back", async () => {
  await page.goto("/work")
  await timeline().or(page.getByText("No conversation is open")).first().waitFor()
  await desk.api("PATCH", "/workflow-settings", { messaging: { offerSeconds: 5 } }, "*")
  await desk.api("PUT", "/agents/me/availability", { availableFor: ["messaging"] })
  await write("+14155550161", "Is this one missed?")
  await write("+14155550162", "And this one?")
  const bar = page.getByRole("region", { name: "Availability was changed" })
  await bar.getByText("Messaging was switched off, because two offers in a row were missed.").waitFor()
  await look(page, "work-switched-off")
  await bar.getByRole("button", { name: "I am here, switch it on" }).click()
  await bar.waitFor({ state: "detached" })
  await page.getByRole("switch", { name: /^Messaging: available/ }).waitFor()
})
