import type { Page } from "playwright"
import { afterAll, beforeAll, expect, test } from "vitest"
import { look } from "../look.ts"
import { newColleague } from "../office.ts"
import { type Desk, newDesk, playCustomer } from "./desk.ts"

/** Finding people and what was said: the field in the header, the list of customers, a customer's page. */

let desk: Desk
let page: Page

const field = () => page.getByRole("textbox", { name: "Search customers and conversations" })
const option = (name: string | RegExp) => page.getByRole("option", { name })

beforeAll(async () => {
  desk = await newDesk()
  page = desk.page
  const { support, billing, sms } = desk.entryPoints
  const write = (entryPointId: string, value: string, name: string, text: string, subject?: string) =>
    playCustomer(desk, { entryPointId, from: { value, name }, text, ...(subject && { subject }) })
  await write(support, "maya@customer.example", "Maya Chen", "The green rain jacket is too small.", "Jacket")
  await write(billing, "tom@customer.example", "Tom Okafor", "Where is invoice 48107?", "Invoice 48107")
  await write(sms, "+12125550188", "Ines Almeida", "Is the lamp in stock?")
  await page.goto("/work")
  await field().waitFor()
})
afterAll(() => desk?.close())

test("a name leads to the customer by keyboard alone, and Escape closes", async () => {
  await page.keyboard.press("Control+k")
  await page.keyboard.type("maya")
  await option(/Maya Chen.*maya@customer\.example/).waitFor()
  await page.keyboard.press("ArrowDown")
  await look(page, "search-results") // On a phone the field is away, and what was typed with it.
  await page.keyboard.press("Control+k")
  await page.keyboard.type("maya")
  await option(/Maya Chen.*maya@customer\.example/).waitFor()
  await page.keyboard.press("ArrowDown")
  await page.keyboard.press("Enter")
  await page.getByRole("heading", { name: "Maya Chen", level: 1 }).waitFor()
  expect(new URL(page.url()).pathname).toMatch(/^\/customers\//)
  await page.keyboard.press("Control+k")
  await page.keyboard.type("maya")
  await option(/Maya Chen.*maya@/).waitFor()
  await page.keyboard.press("Escape")
  await option(/Maya Chen.*maya@/).waitFor({ state: "hidden" })
})

test("words that were said lead to the conversation, a telephone number in any notation to its owner", async () => {
  await field().fill("48107")
  await option(/Tom Okafor/).click()
  await page.getByRole("heading", { name: "Tom Okafor", level: 1 }).waitFor()
  expect(new URL(page.url()).pathname).toMatch(/^\/work\/c\//)
  await field().fill("(212) 555-0188")
  await option(/Ines Almeida/)
    .first()
    .waitFor()
  await field().fill("nobody at all")
  await page.getByText('No customer or conversation fits "nobody at all".').waitFor()
  await field().fill("")
})

test("the list of customers stands in the menu, filters as one types, and finds what was said", async () => {
  await page.getByRole("button", { name: "Open menu" }).click()
  await page.getByRole("dialog").getByRole("link", { name: "Customers" }).click()
  await page.getByRole("heading", { name: "Customers", level: 1 }).waitFor()
  await page.getByRole("link", { name: "Ines Almeida" }).waitFor()
  await look(page, "customers")
  await page.getByRole("searchbox").fill("jacket")
  await page.getByText("No customer called “jacket”").waitFor()
  await page
    .getByRole("region", { name: "Conversations" })
    .getByRole("link", { name: /Maya Chen/ })
    .waitFor()
  expect(new URL(page.url()).search).toBe("?q=jacket")
  await page.getByRole("searchbox").fill("tom@")
  await page.getByRole("link", { name: "Tom Okafor" }).first().click()
  await page.getByRole("heading", { name: "Tom Okafor", level: 1 }).waitFor()
})

test("a customer's page shows the whole history, to read, and leads to the conversation", async () => {
  const log = page.getByRole("log", { name: "Timeline" })
  await log.getByText("Where is invoice 48107?").waitFor()
  await page.getByText("tom@customer.example").first().waitFor()
  expect(await page.getByRole("region", { name: "Answer" }).count()).toBe(0)
  await look(page, "customer")
  await playCustomer(desk, {
    entryPointId: desk.entryPoints.billing,
    from: { value: "tom@customer.example" },
    subject: "Invoice 48107",
    text: "And the one of May?",
  })
  await log.getByText("And the one of May?").waitFor()
  await page.getByRole("link", { name: "Open conversation" }).click()
  await page.waitForURL(/\/work\/c\//)
})

test("who is not in the Inbox finds neither the customer nor what was said", async () => {
  const colleague = await newColleague(desk, "Ana", ["agent"], [desk.inboxes.returns])
  await colleague.page.goto("/customers")
  await colleague.page.getByRole("link", { name: "Ines Almeida" }).waitFor()
  expect(await colleague.page.getByRole("link", { name: "Maya Chen" }).count()).toBe(0)
  await colleague.page.getByRole("textbox", { name: "Search customers and conversations" }).fill("jacket")
  await colleague.page.getByText('No customer or conversation fits "jacket".').waitFor()
  await colleague.close()
})
