import type { Page } from "playwright"
import { afterAll, beforeAll, expect, test } from "vitest"
import { look } from "../look.ts"
import { type Desk, newDesk, playCustomer } from "./desk.ts"

/** Being noticed: a sound, the count in the title and on the icon, a desktop notification, the bell (ui.md 5). */

type Heard = { tones: number[]; shown: { title: string; body: string }[] }
declare global {
  interface Window {
    heard: Heard
    hiddenByTest: boolean
  }
}

let desk: Desk
let page: Page

const heard = () => page.evaluate(() => window.heard)
const icon = () => page.evaluate(() => document.querySelector<HTMLLinkElement>('link[rel="icon"]')?.href ?? "")
/** The server's side takes a moment: routing, reading marks, answers. */
const soon = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: 10_000 })
const bell = () => page.getByRole("button", { name: /^Notifications/ })
const write = (name: string, text: string) =>
  playCustomer(desk, {
    entryPointId: desk.entryPoints.support,
    from: { value: `${name.toLowerCase()}@customer.example`, name },
    subject: text,
    text,
  })

/** One mail at a time is routed: the next one is taken. */
async function take({ conversationId }: { conversationId: string }) {
  await desk.api("PUT", `/conversations/${conversationId}/assignment`, { agentId: desk.userId })
}

/** The browser's own sound and notifications, written down instead of made. */
function listen() {
  const listening = window
  listening.heard = { tones: [], shown: [] }
  listening.hiddenByTest = false
  const start = OscillatorNode.prototype.start
  OscillatorNode.prototype.start = function (this: OscillatorNode, when?: number) {
    listening.heard.tones.push(this.frequency.value)
    start.call(this, when)
  }
  class Shown {
    static permission = "granted"
    onclick: (() => void) | null = null
    constructor(title: string, { body }: { body: string }) {
      listening.heard.shown.push({ title, body })
    }
    close() {}
  }
  Object.defineProperty(window, "Notification", { value: Shown })
  Object.defineProperty(document, "visibilityState", { get: () => (listening.hiddenByTest ? "hidden" : "visible") })
}

beforeAll(async () => {
  desk = await newDesk()
  page = desk.page
  await page.addInitScript(listen)
  await page.goto("/work")
  await page.getByText("You are not available.").waitFor()
  await page.mouse.click(700, 400) // Browsers let a page sound only after a touch.
  await desk.api("PUT", "/agents/me/availability", { availableFor: ["messaging", "mail"] })
})
afterAll(() => desk?.close())

test("what is given to me sounds once, is counted in the title and on the icon, and stands under the bell", async () => {
  await write("Maya", "The jacket is too small")
  await soon(() => page.title()).toMatch(/^\(1\) Maya is waiting · /)
  await soon(async () => (await heard()).tones.length).toBeGreaterThan(0)
  await soon(icon).toMatch(/^data:image\/png/)
  expect((await heard()).shown).toEqual([])
  await bell().click()
  const list = page.getByRole("dialog", { name: "Notifications" })
  await list.getByRole("link", { name: /Maya/ }).waitFor()
  await look(page, "bell")
  await list.getByRole("link", { name: /Maya/ }).click()
  await page.getByRole("heading", { name: "Maya", level: 1 }).waitFor()
  await soon(() => page.title()).not.toMatch(/^\(/)
  await soon(icon).toMatch(/favicon\.svg$/)
})

test("the conversation on the screen is silent, another one is not", async () => {
  const before = (await heard()).tones.length
  await write("Maya", "Still too small")
  await page.getByRole("log", { name: "Timeline" }).getByText("Still too small").first().waitFor()
  expect((await heard()).tones.length).toBe(before)
  await take(await write("Tom", "Where is my invoice"))
  await soon(async () => (await heard()).tones.length).toBeGreaterThan(before)
})

test("a hidden page raises a desktop notification with the words", async () => {
  await page.evaluate(() => {
    window.hiddenByTest = true
  })
  await write("Tom", "Please answer soon")
  await soon(async () => (await heard()).shown.at(-1)).toMatchObject({
    title: "Tom",
    body: expect.stringContaining("Please answer soon"),
  })
})

test("an offer has a tone of its own", async () => {
  const before = (await heard()).tones.length
  await playCustomer(desk, {
    entryPointId: desk.entryPoints.sms,
    from: { value: "+12125550166", name: "Ines" },
    text: "Is the lamp in stock?",
  })
  await page.locator("[data-offer]").first().waitFor()
  await soon(async () => (await heard()).tones.slice(before)).toEqual([660, 880])
  expect((await heard()).shown.at(-1)?.title).toContain("Ines")
  await bell().click()
  await page
    .getByRole("dialog", { name: "Notifications" })
    .getByRole("button", { name: /Ines.*Offered to you/ })
    .waitFor()
  await page.keyboard.press("Escape")
})

test("who switched sounds off hears none, and is still told by the title", async () => {
  await desk.api("PATCH", "/me/preferences", { sounds: false })
  await page.reload()
  await page.mouse.click(700, 400)
  await page.getByRole("log", { name: "Timeline" }).waitFor()
  await take(await write("Grace", "A word of thanks"))
  await soon(() => page.title()).toMatch(/^\(\d+\) /)
  await soon(() => bell().getAttribute("aria-label")).toMatch(/unread/)
  expect((await heard()).tones).toEqual([])
})
