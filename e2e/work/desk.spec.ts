import type { Locator, Page } from "playwright"
import { afterAll, beforeAll, expect, test } from "vitest"
import { look as lookAt } from "../look.ts"
import { newColleague } from "../office.ts"
import { type Desk, delivered, newDesk, playCustomer, sendMail } from "./desk.ts"

/** The agent's workspace in a browser (ui.md 4.2): one company, one day, in order. */

let desk: Desk
let page: Page
const complaints: string[] = []
/** The machine may be busy with other tests. */
const patiently = { timeout: 15_000 }

const list = () => page.getByRole("listbox")
const row = (name: string) => list().getByRole("option").filter({ hasText: name })
const timeline = () => page.getByRole("log", { name: "Timeline" })
const composer = () => page.getByRole("region", { name: "Answer" })
const availability = (name: string) => page.getByRole("switch", { name: new RegExp(`^${name}`) })
const offer = () => page.locator("[data-offer]")

beforeAll(async () => {
  desk = await newDesk()
  // Pictures are taken while an offer stands, on whatever machine.
  await desk.api("PATCH", "/workflow-settings", { messaging: { offerSeconds: 300 } }, "*")
  page = desk.page
  page.on("pageerror", (error) => complaints.push(error.message))
  page.on("console", (message) => message.text().includes("Content Security Policy") && complaints.push(message.text()))
  await page.goto("/work")
  await page.getByText("You are not available.").waitFor()
})
afterAll(() => desk?.close())

async function switchTo(name: string, on: boolean): Promise<void> {
  const control = availability(name)
  if ((await control.getAttribute("aria-checked")) !== String(on)) await control.click()
  await expect.poll(() => control.getAttribute("aria-checked"), patiently).toBe(String(on))
}

async function open(name: string): Promise<void> {
  await row(name).click()
  await page.getByRole("heading", { name, level: 1 }).waitFor()
}

/** With the hand off the page: tooltips stand outside of it. */
async function look(on: Page, name: string): Promise<void> {
  await on.mouse.move(700, 300)
  await lookAt(on, name)
}

async function isGone(locator: Locator): Promise<void> {
  await locator.waitFor({ state: "detached" })
}

test("S10 exactly the groups of configured channels stand in the top bar; nobody available is told", async () => {
  expect(await page.getByRole("group", { name: "Availability" }).getByRole("switch").allTextContents()).toEqual([
    "Messaging",
    "Mail",
  ])
  await look(page, "work-empty")
})

test("S3 S8 a mail over SMTP stands on the screen of the available agent without a reload, and the answer reaches the customer", async () => {
  await switchTo("Mail", true)
  await page.getByText("You are available for Mail.").waitFor()
  await sendMail({
    from: "Tom Okafor <tom@customer.example>",
    to: `billing@${desk.domain}`,
    subject: "Invoice 48107",
    text: "The VAT number is missing.\n\n> On Monday you wrote:\n> here is your invoice",
  })
  await row("Tom Okafor").waitFor()
  await open("Tom Okafor")
  await timeline().getByText("The VAT number is missing.").waitFor()
  await page.getByText("Entry point exception: goes to Billing").waitFor()
  await timeline().getByText("Sender not verified: nothing proves that this is from Tom Okafor").first().waitFor()
  expect(await composer().getByLabel("Subject").inputValue()).toBe("Re: Invoice 48107")
  const field = composer().locator(".ProseMirror")
  await field.click()
  await page.keyboard.type("Here is the corrected invoice.")
  await page.keyboard.press("Control+Enter")
  await timeline().getByText("Here is the corrected invoice.").waitFor()
  await composer()
    .getByText(/Sending in \d s/)
    .waitFor()
  const mails = await delivered(desk, "tom@customer.example")
  expect(mails.at(-1)).toMatchObject({
    subject: "Re: Invoice 48107",
    text: expect.stringContaining("Here is the corrected invoice."),
  })
  await timeline()
    .getByText(/Sent|Delivered/)
    .first()
    .waitFor()
  await page.getByText("Waiting for customer").first().waitFor()
  await look(page, "work-mail")
})

test("a mail can be taken back for some seconds; its text returns to the writer", async () => {
  await composer().locator(".ProseMirror").click()
  await page.keyboard.type("Too early")
  await page.keyboard.press("Control+Enter")
  await composer().getByRole("button", { name: "Undo" }).click()
  await expect.poll(() => composer().locator(".ProseMirror").innerText(), patiently).toBe("Too early")
  await isGone(timeline().getByText("Too early"))
  await composer().locator(".ProseMirror").fill("")
})

test("a mail's frame is as high as its text, runs nothing, and a long mail is folded until it is asked for", async () => {
  const lines = Array.from({ length: 30 }, (_, line) => `<p style="font-size:15px">Line ${line}</p>`).join("")
  await sendMail({
    from: "Tom Okafor <tom@customer.example>",
    to: `billing@${desk.domain}`,
    subject: "Re: Invoice 48107",
    text: "Lines",
    html: `${lines}<script>document.body.textContent = "ran"</script>`,
  })
  const frame = timeline().locator("iframe").last()
  const inside = frame.contentFrame()
  await inside.getByText("Line 29").waitFor()
  expect(await frame.getAttribute("sandbox")).not.toMatch(/allow-scripts|allow-same-origin/)
  const text = await inside.locator("body").evaluate((body) => body.scrollHeight)
  expect((await frame.boundingBox())?.height).toBe(text)
  const folded = () => frame.locator("xpath=..").boundingBox()
  expect((await folded())?.height).toBeLessThan(text)
  await page.getByRole("button", { name: "Show the whole mail" }).click()
  expect((await folded())?.height).toBe(text)
})

test("S2 S8 a text with a picture is offered; F8 accepts it, the answer reaches the phone", async () => {
  await switchTo("Messaging", true)
  const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
  const from = { kind: "phone", value: "+14155550131" }
  await playCustomer(desk, {
    entryPointId: desk.entryPoints.sms,
    from,
    text: "Do the boots run small?",
    attachments: [{ name: "boots.png", type: "image/png", base64: pixel }],
  })
  await offer().getByText("Do the boots run small?").waitFor()
  await expect.poll(() => page.title(), patiently).toMatch(/^\(\d+\) /)
  await look(page, "work-offer")
  await page.keyboard.press("F8")
  await page.getByRole("heading", { name: "(415) 555-0131", level: 1 }).waitFor()
  await isGone(offer())
  await timeline().locator("img").waitFor()
  const field = composer().getByRole("textbox", { name: /^Write to/ })
  await field.fill("Take 40, the soles are thick.")
  await composer().getByText("29/160").waitFor()
  await field.press("Control+Enter")
  expect((await delivered(desk, "+14155550131")).at(-1)?.text).toBe("Take 40, the soles are thick.")
  await timeline().getByText("Delivered").waitFor()
})

test("a declined offer leaves the screen and waits in the queue", async () => {
  await playCustomer(desk, {
    entryPointId: desk.entryPoints.sms,
    from: { kind: "phone", value: "+14155550177" },
    text: "Is anybody there?",
  })
  await offer().getByText("Is anybody there?").waitFor()
  await page.waitForTimeout(500)
  await page.keyboard.press("F9")
  await isGone(offer().getByText("Is anybody there?"))
  await page.getByText("Queue", { exact: false }).first().click()
  await row("(415) 555-0177").waitFor()
  await look(page, "work-queue")
  await page.getByText("Mine", { exact: false }).first().click()
})

test("S6 a chat is answered with Enter, and what the customer writes appears without a reload", async () => {
  const from = { kind: "visitor", value: "visitor-of-the-desk-test", name: "Aiko Tanaka" }
  await playCustomer(desk, { entryPointId: desk.entryPoints.chat, from, text: "Can I still change my order?" })
  await offer().getByText("Can I still change my order?").waitFor()
  await page.waitForTimeout(500)
  await offer()
    .filter({ hasText: "Can I still change my order?" })
    .getByRole("button", { name: /^Accept/ })
    .click()
  await page.getByRole("heading", { name: "Aiko Tanaka", level: 1 }).waitFor()
  const field = composer().getByRole("textbox", { name: /^Write to/ })
  await field.fill("Yes, until tonight.")
  await field.press("Enter")
  await timeline().getByText("Yes, until tonight.").waitFor()
  await playCustomer(desk, { entryPointId: desk.entryPoints.chat, from, text: "Then one size up, please." })
  await timeline().getByText("Then one size up, please.").waitFor()
  await look(page, "work-chat")
})

test("reliability 24 a draft survives a reload, and a browser that lost everything of its own", async () => {
  const field = () => composer().getByRole("textbox", { name: /^Write to/ })
  await field().fill("I have changed it to")
  await composer().getByText("Draft saved").waitFor()
  await page.reload()
  await expect.poll(() => field().inputValue(), patiently).toBe("I have changed it to")
  await page.evaluate(() => localStorage.clear())
  await page.reload()
  await expect.poll(() => field().inputValue(), patiently).toBe("I have changed it to")
  await field().fill("")
})

test("reliability 24 of a mail also subject, copies and files survive a browser that lost everything", async () => {
  await open("Tom Okafor")
  await composer().getByLabel("Subject").fill("Your invoice, corrected")
  await composer().getByRole("button", { name: "Cc, Bcc" }).click()
  await composer().getByLabel("Cc", { exact: true }).fill("books@customer.example")
  await composer()
    .locator('input[type="file"]')
    .setInputFiles({ name: "invoice.txt", mimeType: "text/plain", buffer: Buffer.from("48107") })
  await composer().getByText("invoice.txt").waitFor()
  await composer().locator(".ProseMirror").click()
  await page.keyboard.type("See the file")
  await composer().getByText("Draft saved").waitFor()
  await page.evaluate(() => localStorage.clear())
  await page.reload()
  await composer().getByText("invoice.txt").waitFor()
  await composer().getByText("books@customer.example").waitFor()
  await composer().locator(".ProseMirror").getByText("See the file").waitFor()
  expect(await composer().getByLabel("Subject").inputValue()).toBe("Your invoice, corrected")
  await open("Aiko Tanaka")
})

test("a note is for the team only; @ finds a colleague, and the bell of the mentioned one rings", async () => {
  const priya = await newColleague(desk, "Priya", ["agent"], [desk.inboxes.general])
  await page.reload()
  await page.getByRole("heading", { name: "Aiko Tanaka", level: 1 }).waitFor()
  await timeline().focus()
  await page.keyboard.press("n")
  const note = page.getByRole("region", { name: "Note for the team" })
  await note.getByRole("textbox").fill("Please look at the stock, @Pri")
  await note.getByRole("button", { name: "@Priya" }).click()
  await look(page, "work-note")
  await note.getByRole("button", { name: "Add note" }).click()
  await timeline().getByText("Please look at the stock, @Priya").waitFor()
  await priya.page.goto("/work")
  await priya.page.getByRole("button", { name: "Notifications, 1 unread" }).click()
  await priya.page.getByText("You were mentioned in a note").waitFor()
  await priya.close()
})

test("a transfer to another Inbox changes the due date and leaves the own list", async () => {
  await timeline().focus()
  await page.keyboard.press("t")
  const dialog = page.getByRole("dialog", { name: "Transfer the conversation" })
  await dialog.getByRole("combobox", { name: "Inbox" }).click()
  await page.getByRole("option", { name: "Returns", exact: true }).click()
  await dialog.getByRole("combobox", { name: "Agent" }).click()
  await page.getByRole("option", { name: /Jordan Park/ }).click()
  await look(page, "work-transfer")
  await dialog.getByRole("button", { name: "Transfer" }).click()
  await isGone(dialog)
  await page.getByRole("button", { name: "Inbox Returns, transfer" }).waitFor()
})

test("closing while the customer waits asks once, for the topic too; Close and next brings the one who waits", async () => {
  await playCustomer(desk, {
    entryPointId: desk.entryPoints.support,
    from: { kind: "email", value: "grace@customer.example", name: "Grace Adeyemi" },
    subject: "Replacement",
    text: "Has it left the warehouse?",
  })
  await page.getByRole("button", { name: "Close and next" }).click()
  const question = page.getByRole("dialog", { name: "Close without an answer?" })
  await question.waitFor()
  await question.getByRole("button", { name: "Keep it open" }).click()
  await isGone(question)
  const needsTopic = (topicRequiredToClose: boolean) =>
    desk.api("PATCH", "/workflow-settings", { topicRequiredToClose }, "*")
  await needsTopic(true)
  await page.getByRole("button", { name: "Close and next" }).click()
  await question.getByRole("button", { name: "Close anyway" }).click()
  await question.getByText("Choose at least one.").waitFor()
  await question.getByText("Aiko Tanaka wrote just now and has no answer.").waitFor()
  await look(page, "work-close")
  await question.getByRole("checkbox", { name: "Exchange" }).check()
  await question.getByRole("button", { name: "Close anyway" }).click()
  await page.getByRole("heading", { name: "Grace Adeyemi", level: 1 }).waitFor()
  await needsTopic(false)
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent), patiently).toBe("Grace Adeyemi")
  await page.getByText("Closed", { exact: true }).first().click()
  await open("Aiko Tanaka")
  await look(page, "work-closed")
  await page.getByRole("button", { name: "Reopen" }).click()
  await page.getByRole("button", { name: "Reopen" }).waitFor({ state: "detached" })
  await page.getByText("Mine", { exact: false }).first().click()
})

test("the search field finds customers by any notation of their number, and conversations by words", async () => {
  await page.keyboard.press("Control+k")
  await page.keyboard.type("415 555 0131")
  const results = page.getByRole("listbox", { name: "Results" })
  await results
    .getByRole("option", { name: /\(415\) 555-0131/ })
    .first()
    .waitFor()
  await look(page, "work-search")
  await page.getByRole("textbox", { name: "Search customers and conversations" }).fill("corrected")
  await results.getByRole("option", { name: /Tom Okafor/ }).waitFor()
  await page.keyboard.press("ArrowDown")
  await page.keyboard.press("Enter")
  await page.getByRole("heading", { name: "Tom Okafor", level: 1 }).waitFor()
})

test("the list is walked by keys, and an address is added to the customer", async () => {
  await timeline().focus()
  await page.keyboard.press("j")
  await page.keyboard.press("Home")
  const first = await list().getByRole("option").first().getAttribute("data-row")
  expect(await page.evaluate(() => document.activeElement?.getAttribute("data-row"))).toBe(first)
  await page.keyboard.press("j")
  expect(await page.evaluate(() => document.activeElement?.getAttribute("data-row"))).not.toBe(first)
  await open("Tom Okafor")
  await page.getByRole("button", { name: "Add an address" }).click()
  await page.getByRole("textbox", { name: "Address" }).fill("tom.private@customer.example")
  await page.getByRole("button", { name: "Add", exact: true }).click()
  await page.getByText("tom.private@customer.example").waitFor()
})

test("nothing is lost while the line is away: what was sent waits, and goes when it is back", async () => {
  await open("(415) 555-0131")
  await page.context().setOffline(true)
  const field = composer().getByRole("textbox", { name: /^Write to/ })
  await field.fill("We are here.")
  await field.press("Control+Enter")
  await timeline().getByText("Waiting for connection").waitFor()
  await page.getByRole("region", { name: "Connection" }).getByText("Reconnecting…").waitFor()
  await page.context().setOffline(false)
  await isGone(timeline().getByText("Waiting for connection"))
  await expect
    .poll(async () => (await delivered(desk, "+14155550131")).map(({ text }) => text), patiently)
    .toContain("We are here.")
})

test("a message that did not arrive says why, and is tried again", async () => {
  await desk.api("PATCH", "/sandbox/carrier", { failNext: { operation: "send", code: "30003" } })
  const field = composer().getByRole("textbox", { name: /^Write to/ })
  await field.fill("Until six o'clock.")
  await field.press("Control+Enter")
  await timeline().getByText("Not delivered: The phone cannot be reached").waitFor()
  await timeline().getByRole("button", { name: "Try again" }).click()
  await isGone(timeline().getByText("Not delivered"))
  expect((await delivered(desk, "+14155550131")).map(({ text }) => text)).toContain("Until six o'clock.")
})

test("writing first: a text to a number that nobody knows yet", async () => {
  await page.getByRole("button", { name: "New message" }).click()
  const dialog = page.getByRole("dialog", { name: "New message" })
  await dialog.getByText("SMS", { exact: true }).click()
  await dialog.getByLabel("To", { exact: true }).fill("not a number")
  await dialog.getByRole("combobox", { name: "Inbox" }).click()
  await page.getByRole("option", { name: "Returns", exact: true }).click()
  await dialog.getByRole("button", { name: "Write" }).click()
  await dialog.locator("[aria-invalid=true]").waitFor()
  await dialog.getByLabel("To", { exact: true }).fill("(415) 555-0166")
  await dialog.getByRole("button", { name: "Write" }).click()
  await page.getByRole("heading", { name: "(415) 555-0166", level: 1 }).waitFor()
  await composer().locator("[data-composer]:focus").waitFor()
  await page.keyboard.type("Your tent is here.")
  await page.keyboard.press("Control+Enter")
  expect((await delivered(desk, "+14155550166")).map(({ text }) => text)).toContain("Your tent is here.")
  await timeline().focus()
  await page.keyboard.press("e")
  await page.getByText("This conversation is closed.").waitFor()
})

test("the panes are as wide as the person wants them, by drag and by keys, also after a reload", async () => {
  const divider = page.getByRole("separator", { name: "Width of the list" })
  const box = await divider.boundingBox()
  const x = (box?.x ?? 0) + 4
  await page.mouse.move(x, 500)
  await page.mouse.down()
  await page.mouse.move(x + 60, 500, { steps: 3 })
  await page.mouse.up()
  await divider.press("ArrowRight")
  await page.reload()
  await expect.poll(() => divider.getAttribute("aria-valuenow"), patiently).toBe("396")
  expect((await page.getByRole("navigation", { name: "Your work" }).boundingBox())?.width).toBe(396)
  await divider.press("Enter")
  await page.getByRole("button", { name: "Show the list" }).click()
  await divider.dblclick()
  await expect.poll(() => divider.getAttribute("aria-valuenow"), patiently).toBe("320")
})

test("an offer on a phone neither covers nor moves what is being written", async () => {
  await open("Tom Okafor")
  await page.setViewportSize({ width: 390, height: 844 })
  const field = composer().locator(".ProseMirror")
  await field.click()
  await page.keyboard.press("End")
  await page.keyboard.type(", please")
  const before = await composer().boundingBox()
  await playCustomer(desk, {
    entryPointId: desk.entryPoints.sms,
    from: { kind: "phone", value: "+14155550188" },
    text: "Do you open on Sunday?",
  })
  await offer().waitFor()
  await page.keyboard.type(" and thank you")
  expect(await field.innerText()).toContain("See the file, please and thank you")
  expect(await composer().boundingBox()).toEqual(before)
  const card = await offer().boundingBox()
  expect((card?.y ?? 0) + (card?.height ?? 0)).toBeLessThan(before?.y ?? 0)
})

test("on a phone one pane at a time, the customer as a sheet", async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto("/work")
  await row("Tom Okafor").click()
  await page.getByRole("heading", { name: "Tom Okafor", level: 1 }).waitFor()
  expect(await list().isVisible()).toBe(false)
  await page.getByRole("button", { name: "Customer details" }).click()
  await page.getByRole("dialog", { name: "Customer" }).getByText("Verified").first().waitFor()
  await page.keyboard.press("Escape")
  await page.getByRole("link", { name: "Back to the list" }).click()
  await row("Tom Okafor").waitFor()
})

test("nothing broke on the way, and nothing offended the page's CSP", () => {
  expect(complaints).toEqual([])
})
