import type { Page } from "playwright"
import { afterAll, beforeAll, expect, test } from "vitest"
import { look } from "./look.ts"
import { newOffice, type Office } from "./office.ts"
import { newPage } from "./pages.ts"

/** The other pages of Settings, by the way a person takes through them. */

let office: Office
let page: Page

beforeAll(async () => {
  office = await newOffice()
  page = office.page
})
afterAll(() => office?.close())

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

const dialog = (name: string | RegExp) => page.getByRole("dialog", { name })
const goTo = async (path: string, title: string) => {
  await page.goto(path)
  await page.getByRole("heading", { name: title, level: 1 }).waitFor()
}

test("S76 an Inbox is created with an SLA that can be one; its name is its own", async () => {
  await goTo("/settings/orchestration/inboxes", "Inboxes")
  await page.getByText("Create your first Inbox").waitFor()
  await look(page, "inboxes-empty")
  for (const name of ["General Support", "Billing"]) {
    await goTo("/settings/orchestration/inboxes?add=true", "Inboxes")
    const form = dialog("Create Inbox")
    await form.getByRole("textbox", { name: "Name" }).fill(name)
    await form.getByRole("textbox", { name: "SLA (minutes)" }).fill("")
    await form.getByRole("button", { name: "Create Inbox" }).click()
    await form.getByText("Enter an SLA. Every Inbox needs one.").waitFor()
    await form.getByRole("textbox", { name: "SLA (minutes)" }).fill("60")
    await form.getByRole("button", { name: "Create Inbox" }).click()
    await page.getByRole("heading", { name, level: 1 }).waitFor()
  }
  await goTo("/settings/orchestration/inboxes?add=true", "Inboxes")
  await dialog("Create Inbox").getByRole("textbox", { name: "Name" }).fill("billing")
  await look(page, "inbox-new")
  await dialog("Create Inbox").getByRole("button", { name: "Create Inbox" }).click()
  await dialog("Create Inbox").getByText("An Inbox called billing exists.").waitFor()
})

test("S20 S36 an agent is added to an Inbox and taken out again, each saved at once", async () => {
  await goTo("/settings/orchestration/inboxes", "Inboxes")
  await look(page, "inboxes")
  await page.getByRole("link", { name: "General Support" }).click()
  await page.getByText("No agents yet. Requests to this Inbox wait until you add one.").first().waitFor()
  await page.getByRole("combobox", { name: "Add an agent" }).click()
  await page.getByRole("option", { name: /Jordan Park/ }).click()
  await page.getByRole("cell", { name: "Jordan Park", exact: true }).waitFor()
  await page.getByText("Jordan Park receives from General Support now.").waitFor()
  await look(page, "inbox-agents")
  await page.getByRole("button", { name: "Remove Jordan Park" }).click()
  await page.getByText("keeps the open conversations").waitFor()
  await page.getByRole("button", { name: "Undo" }).last().click()
  await page.getByRole("cell", { name: "Jordan Park", exact: true }).waitFor()
})

test("S14 S17 S26 S59 several addresses pasted at once get one result each, and wait for forwarding", async () => {
  const domain = office.domain
  await goTo("/settings/channels/email", "Email addresses")
  await page.getByText("No address yet").waitFor()
  await look(page, "email-empty")
  await page.getByRole("button", { name: "Add addresses" }).first().click()
  const form = dialog("Add addresses")
  await form.getByRole("textbox", { name: "Addresses" }).fill(`Support@${domain}\nnot an address`)
  await form.getByRole("button", { name: /^Add/ }).click()
  await form.getByText('"not", "an", and "address" are no addresses.').waitFor()
  await form.getByRole("textbox", { name: "Addresses" }).fill(`Support@${domain}\nbilling@${domain}`)
  await form.getByText(`Saved as support@${domain}`).waitFor()
  await form.getByRole("textbox", { name: "Sender name" }).fill("Retale Support")
  await form.getByRole("button", { name: "Add 2 addresses" }).click()
  await form.getByText("2 addresses added.").waitFor()
  expect(await form.getByRole("button", { name: /Copy forwarding target/ }).count()).toBe(2)
  await look(page, "email-added")
  await form.getByRole("button", { name: "Done" }).click()
  await page
    .getByRole("row", { name: new RegExp(`billing@${domain}`) })
    .getByText("Waiting for forwarding")
    .waitFor()
  await page.getByText("No mail relay is set").waitFor()
  await look(page, "email")
  await page.getByRole("button", { name: `billing@${domain}` }).click()
  await dialog(`billing@${domain}`).getByText("Tell your mail host to forward").waitFor()
  await look(page, "email-address")
  await page.goto("/settings/channels/email?add=true")
  await form.getByRole("textbox", { name: "Addresses" }).fill(`billing@${domain}\npress@${domain}`)
  await form.getByRole("button", { name: "Add 2 addresses" }).click()
  await form.getByText("1 address added. 1 was not.").waitFor()
  await form.getByText("This address is in use already.").waitFor()
  await form.getByRole("button", { name: "Correct the other one" }).click()
  expect(await form.getByRole("textbox", { name: "Addresses" }).inputValue()).toBe(`billing@${domain}`)
})

test("S29 S41 S52 S64 a chat app is named with dots and hyphens, and shows its snippet", async () => {
  await goTo("/settings/channels/chat-apps", "Chat apps")
  await look(page, "chat-apps-empty")
  await page.getByRole("button", { name: "Create chat app" }).first().click()
  const name = dialog("Create chat app").getByRole("textbox", { name: "Name" })
  await name.fill("my shop")
  await page.getByText("Letters, digits, dot, hyphen and underscore, no spaces.").waitFor()
  await name.fill("retale.com-shopping-cart")
  await look(page, "chat-app-new")
  await dialog("Create chat app").getByRole("button", { name: "Create chat app" }).click()
  await page.getByRole("heading", { name: "retale.com-shopping-cart", level: 1 }).waitFor()
  await page.getByText("switchboard.js").first().waitFor()
  await look(page, "chat-app-install")
})

// The preview is the widget itself, with what is not saved yet.
const preview = () => page.frameLocator("iframe[title='The chat on a page']")

test("the look of a chat app is seen before it is saved, with a verdict on its color; its logo is a picture", async () => {
  await goTo("/settings/channels/chat-apps", "Chat apps")
  await page.getByRole("link", { name: /retale.com-shopping-cart/ }).click()
  await page.getByRole("tab", { name: "Look" }).click()
  await page.getByRole("textbox", { name: "Color" }).fill("#FFE066")
  await page.getByText("The text will be dark instead.").waitFor()
  const launcher = preview().getByRole("button", { name: "Chat with us" })
  await expect
    .poll(() => launcher.evaluate((button) => getComputedStyle(button).backgroundColor))
    .toBe("rgb(255, 224, 102)")
  await page.getByRole("radiogroup", { name: "Side" }).getByText("Left").click()
  await expect.poll(async () => (await launcher.boundingBox())?.x ?? 9999).toBeLessThan(1200)
  const logo = page.getByRole("group", { name: "Logo" })
  const pick = (name: string, content: string) =>
    logo.locator("input").setInputFiles({ name, mimeType: "image/png", buffer: Buffer.from(content, "base64") })
  await pick("logo.png", Buffer.from("<svg onload='alert(1)'/>").toString("base64"))
  await logo.getByText("Use a PNG, JPEG, GIF or WebP picture.").waitFor()
  await pick("logo.png", pixel)
  await logo.getByRole("img", { name: "The logo" }).waitFor()
  await look(page, "chat-app-look")
  await page.getByRole("button", { name: "Save" }).click()
  await page.getByText("Everything is saved.").waitFor()
})

test("the greeting of a chat app and what it asks are seen while they are typed", async () => {
  await page.getByRole("tab", { name: "Greeting and questions" }).click()
  await page.getByRole("textbox", { name: "Greeting" }).fill("Hi! How can we help?")
  await preview().getByText("Hi! How can we help?").waitFor()
  expect(
    await preview()
      .locator(".head img")
      .evaluate((image: HTMLImageElement) => image.decode().then(() => true)),
  ).toBe(true)
  await page.getByRole("button", { name: "Add quick action" }).click()
  await page.getByText("Waits until every field is right").waitFor()
  const action = page.getByRole("group", { name: "Quick action 1" })
  await action.getByRole("textbox", { name: "On the button" }).fill("Track it")
  await action.getByRole("textbox", { name: "Writes" }).fill("Where is my order?")
  await preview().getByRole("button", { name: "Track it" }).click()
  await preview().getByRole("textbox", { name: "Your name" }).waitFor()
  await look(page, "chat-app-greeting")
})

test("hours of a chat app are seen at once, and saved together with its greeting", async () => {
  await page.getByRole("tab", { name: "Hours" }).click()
  await page.getByRole("switch", { name: "Only at certain hours" }).click()
  await page.getByRole("group", { name: "Monday" }).getByLabel("Monday from").waitFor()
  await page.getByRole("textbox", { name: "After-hours text" }).fill("Back at <b>nine</b>.<img src=x onerror=alert(1)>")
  await preview().getByText("Back at nine.").waitFor()
  await look(page, "chat-app-hours")
  await page.getByRole("button", { name: "Save" }).click()
  await page.getByText("Everything is saved.").waitFor()
  const { items } = await office.api<{
    items: {
      greeting: string
      appearance: { color: string; logoId: string }
      hours: { timeZone: string }
      installation: { seenAt: string | null }
    }[]
  }>("GET", "/chat-apps")
  expect(items[0]).toMatchObject({
    greeting: "Hi! How can we help?",
    appearance: { color: "#FFE066" },
    hours: { timeZone: "America/Los_Angeles" },
    quickActions: [{ label: "Track it", text: "Where is my order?", url: null }],
    installation: { seenAt: null },
  })
  expect(items[0]?.appearance.logoId).toEqual(expect.any(String))
  await goTo("/settings/channels/chat-apps", "Chat apps")
  await look(page, "chat-apps")
})

test("a chat app is removed after one question that says what stops, also with changes not saved", async () => {
  const { id } = await office.api<{ id: string }>("POST", "/chat-apps", { name: "retale.com-old" })
  await goTo(`/settings/channels/chat-apps/${id}`, "retale.com-old")
  await page.getByRole("combobox", { name: "Not on pages" }).fill("/cart")
  await page.keyboard.press("Tab")
  await page.getByText("Changes not saved.").waitFor()
  await page.getByRole("button", { name: "Remove chat app" }).click()
  const question = dialog("Remove retale.com-old?")
  await question.getByText("Nobody can write in it any more", { exact: false }).waitFor()
  await question.getByRole("button", { name: "Remove chat app" }).click()
  await page.getByText("This chat app was removed").waitFor()
  await look(page, "chat-app-removed")
  await page.getByRole("link", { name: "All chat apps" }).click()
  await page.getByRole("heading", { name: "Chat apps", level: 1 }).waitFor()
  expect(await page.getByRole("link", { name: "retale.com-old" }).count()).toBe(0)
})

test("S15 S28 a number of the sandbox is taken, and is an entry point of SMS", async () => {
  await goTo("/settings/channels/sms?add=true", "SMS")
  const form = dialog("Add SMS number")
  await form.getByRole("combobox", { name: "Number" }).fill("+1 415 555 9812")
  await look(page, "sms-add")
  await form.getByRole("button", { name: "Add and activate" }).click()
  await page.getByText("(415) 555-9812 takes text messages now.").waitFor()
  await form.waitFor({ state: "detached" })
  await page
    .getByRole("row", { name: /\(415\) 555-9812/ })
    .getByText("Active")
    .waitFor()
  await look(page, "sms")
  await page.goto("/settings/channels/entry-points")
  await page.getByRole("region", { name: "SMS", exact: true }).getByText("(415) 555-9812").waitFor()
})

test("a number that is ours without text messages, as a try that failed leaves it, is taken; one that has them is not", async () => {
  const { items } = await office.api<{ items: { id: string }[] }>("GET", "/carrier-accounts")
  const number = { carrierAccountId: items[0]?.id, e164: "+14155559813", origin: "adopted" }
  await office.api("POST", "/phone-numbers", number)
  const add = async () => {
    await goTo("/settings/channels/sms?add=true", "SMS")
    await dialog("Add SMS number").getByRole("combobox", { name: "Number" }).fill("+1 415 555 9813")
    await dialog("Add SMS number").getByRole("button", { name: "Add and activate" }).click()
  }
  await add()
  await page.getByText("(415) 555-9813 takes text messages now.").waitFor()
  await add()
  await dialog("Add SMS number").getByText("This number takes text messages already.").waitFor()
})

test("the sandbox stands under Carrier account from the start; a token that Twilio refuses is not stored", async () => {
  await goTo("/settings/channels/carrier-account", "Carrier account")
  await page.getByText("A pretended company inside this server").waitFor()
  await look(page, "carrier-account")
  await page.getByRole("button", { name: "Connect Twilio" }).click()
  await dialog("Connect Twilio").getByRole("button", { name: "Connect", exact: true }).click()
  await dialog("Connect Twilio").getByText("Enter the token.").waitFor()
  await look(page, "carrier-account-new")
})

test("people are invited together; who accepts is there with the roles given", async () => {
  await goTo("/settings/people/users", "Users")
  await page.getByRole("button", { name: "Invite people" }).click()
  const form = dialog("Invite people")
  const email = `ana@${office.domain}`
  await form.getByRole("textbox", { name: "E-mail addresses" }).fill(`${email}\nleo@${office.domain}`)
  await look(page, "users-invite")
  await form.getByRole("button", { name: "Send 2 invitations" }).click()
  await form.getByText("2 invitations are on their way.").waitFor()
  await look(page, "users-invited")
  await form.getByRole("button", { name: "Done" }).click()
  await page.getByRole("region", { name: "Invitations" }).getByText(email).waitFor()
  await page.getByRole("button", { name: `Resend to ${email}` }).click()
  await dialog("New link")
    .getByText(/invitation#token=/)
    .waitFor()
  const link =
    (await dialog("New link")
      .getByText(/invitation#token=/)
      .textContent()) ?? ""
  await dialog("New link").getByRole("button", { name: "Done" }).click()
  const guest = await newPage()
  await guest.goto(link)
  await guest.getByRole("textbox", { name: "Name" }).fill("Ana Silva")
  await guest.getByRole("textbox", { name: "Password" }).fill("a long enough password")
  await guest.getByRole("button", { name: "Join" }).click()
  await guest.waitForURL(/\/work/)
  await guest.context().close()
  await goTo("/settings/people/users", "Users")
  await page.getByRole("button", { name: "Ana Silva" }).click()
  await dialog("Ana Silva").getByRole("checkbox", { name: "Agent" }).waitFor()
  expect(await dialog("Ana Silva").getByRole("checkbox", { name: "Agent" }).isChecked()).toBe(true)
  await look(page, "users-person")
})

test("by keyboard: a person opens by Enter, Esc asks before changes are lost, focus returns to the row", async () => {
  await goTo("/settings/people/users", "Users")
  const row = page.getByRole("button", { name: "Ana Silva" })
  await row.focus()
  await page.keyboard.press("Enter")
  const sheet = dialog("Ana Silva")
  await sheet.getByRole("textbox", { name: "Name" }).fill("Ana Costa")
  await page.keyboard.press("Escape")
  const stay = dialog("Close without saving your changes?").getByRole("button", { name: "Stay" })
  await stay.waitFor()
  await page.keyboard.press("Enter")
  await stay.waitFor({ state: "detached" })
  expect(await sheet.getByRole("textbox", { name: "Name" }).inputValue()).toBe("Ana Costa")
  await page.keyboard.press("Escape")
  await stay.waitFor()
  await page.keyboard.press("Shift+Tab")
  await page.keyboard.press("Enter")
  await sheet.waitFor({ state: "detached" })
  await expect.poll(() => row.evaluate((element) => element === document.activeElement)).toBe(true)
  await page.keyboard.press("Enter")
  expect(await sheet.getByRole("textbox", { name: "Name" }).inputValue()).toBe("Ana Silva")
  await page.keyboard.press("Escape")
  await sheet.waitFor({ state: "detached" })
})

test("a page whose data does not come says so and tries again; what is not there is said, too", async () => {
  let answers = false
  await page.route("**/api/mailboxes*", (route) =>
    answers
      ? route.fallback()
      : route.fulfill({ status: 503, json: { code: "unavailable", detail: "The database is away." } }),
  )
  await goTo("/settings/channels/email", "Email addresses")
  await page.getByText("The database is away.").waitFor()
  await look(page, "settings-error")
  answers = true
  await page.getByRole("button", { name: "Retry" }).click()
  await page.getByRole("row", { name: /billing@/ }).waitFor()
  await page.unrouteAll()
  await goTo("/settings/orchestration/inboxes/01900000-0000-7000-8000-000000000000", "Inbox")
  await page.getByText("This is not here").waitFor()
  await look(page, "settings-missing")
})

test("what is typed outlives what somebody else saves; keeping mine keeps theirs where I typed nothing", async () => {
  const { items } = await office.api<{ items: { id: string; name: string; version: number }[] }>("GET", "/inboxes")
  const billing = items.find(({ name }) => name === "Billing") as (typeof items)[0]
  await goTo(`/settings/orchestration/inboxes/${billing.id}`, "Billing")
  await page.getByRole("tab", { name: "Settings" }).click()
  const name = page.getByRole("textbox", { name: "Name" })
  await name.fill("Invoices")
  await office.api("PATCH", `/inboxes/${billing.id}`, { slaMinutesText: "45" }, billing.version)
  await page.getByText("Requests are due within 45 min").waitFor()
  expect(await name.inputValue()).toBe("Invoices")
  await page.getByRole("button", { name: "Save" }).click()
  await page.getByText(/Jordan Park changed Billing .* Your changes are not stored\./).waitFor()
  await page.getByRole("button", { name: "Show differences" }).click()
  await page.getByText("Name: yours Invoices, theirs Billing").waitFor()
  await look(page, "inbox-conflict")
  await page.getByRole("button", { name: "Keep mine" }).click()
  await page.getByRole("heading", { name: "Invoices", level: 1 }).waitFor()
  const saved = await office.api<{ name: string; slaMinutesText: string; version: number }>(
    "GET",
    `/inboxes/${billing.id}`,
  )
  expect(saved).toMatchObject({ name: "Invoices", slaMinutesText: "45" })
  await office.api("PATCH", `/inboxes/${billing.id}`, { name: "Billing" }, saved.version)
})

test("the last administrator stays, and it is said where it was tried", async () => {
  await goTo("/settings/people/users", "Users")
  await page.getByRole("button", { name: "Jordan Park", exact: true }).click()
  const sheet = dialog("Jordan Park")
  const administrator = sheet.getByRole("checkbox", { name: "Administrator", exact: true })
  await administrator.uncheck()
  await sheet.getByRole("button", { name: "Save" }).click()
  await sheet.getByText("Someone must stay Administrator.").waitFor()
  await expect.poll(() => administrator.evaluate((box) => box === document.activeElement)).toBe(true)
  await administrator.check()
  await sheet.getByRole("button", { name: "Deactivate user" }).click()
  await dialog("Deactivate Jordan Park?").getByText("Open conversations go back to their Inboxes.").waitFor()
  await dialog("Deactivate Jordan Park?").getByRole("button", { name: "Deactivate user" }).click()
  await sheet.getByText("Someone must stay Administrator.").waitFor()
})

test("parked messages say why, and are replayed together", async () => {
  await goTo("/settings/channels/parked", "Parked messages")
  await page.getByText("Everything that arrived was processed.").waitFor()
  // Nothing that a person can do makes an event that cannot be taken in: the answers are played.
  const event = (id: string, parkedReason: string) => ({
    id,
    channel: "email",
    entryPointId: "gone",
    externalId: id,
    receivedAt: "2026-01-02T03:04:05.000Z",
    parkedAt: "2026-01-02T03:04:05.000Z",
    parkedReason,
    discardedAt: null,
    attempts: 1,
    messageId: null,
  })
  const items = [event("a", "no_inbox"), event("b", "processing_failed: out of range")]
  await page.route(/\/api\/inbound-events\?parked=true/, (route) =>
    route.fulfill({ json: { items, nextCursor: null } }),
  )
  await page.route(/\/inbound-events\/.\/replays/, (route) => {
    const isFirst = route.request().url().includes("/a/")
    if (isFirst) items.splice(0, 1)
    return route.fulfill({ status: 201, json: { status: isFirst ? "done" : "parked" } })
  })
  await goTo("/settings/channels/parked", "Parked messages")
  await page.getByText("No Inbox takes it. Set the channel's default Inbox, then replay it.").waitFor()
  await page.getByRole("region", { name: "Needs an administrator" }).getByRole("link", { name: "Show" }).waitFor()
  await look(page, "parked")
  await page.getByRole("button", { name: "Replay all 2" }).click()
  await page.getByText("1 message was processed.").waitFor()
  await page.getByText("1 message failed again.").waitFor()
  await page.getByText("Processing it failed: out of range").waitFor()
  await page.unrouteAll()
})

test("an Inbox that is still used ends only with others in its places", async () => {
  await goTo("/settings/orchestration/inboxes", "Inboxes")
  await page.getByRole("link", { name: "General Support" }).click()
  await page.getByRole("tab", { name: "What feeds it" }).click()
  await page.getByText(`billing@${office.domain}`).waitFor()
  await look(page, "inbox-uses")
  await page.getByRole("tab", { name: "Settings" }).click()
  await look(page, "inbox-settings")
  await page.getByRole("button", { name: "Deactivate Inbox" }).click()
  const form = dialog("Deactivate General Support")
  await form.getByRole("button", { name: "Replace and deactivate" }).click()
  await form.getByText("Choose an Inbox.").first().waitFor()
  await look(page, "inbox-deactivate")
  const fields = form.getByRole("combobox")
  for (let at = 0; at < (await fields.count()); at++) {
    await fields.nth(at).click()
    await page.getByRole("option", { name: "Billing" }).click()
  }
  await form.getByRole("button", { name: "Replace and deactivate" }).click()
  await page.getByText("This Inbox is deactivated").waitFor()
})

test("Conversation workflow is saved as a whole and says each default", async () => {
  await goTo("/settings/orchestration/workflow", "Conversation workflow")
  await look(page, "workflow")
  const field = page.getByRole("textbox", { name: "Given automatically, at most" })
  await field.fill("2")
  await page.getByText("Changes not saved.").waitFor()
  // Somebody else's change arrives meanwhile.
  const before = await office.api<{ version: number }>("GET", "/workflow-settings")
  await office.api("PATCH", "/workflow-settings", { topicRequiredToClose: true }, before.version)
  await page.getByRole("button", { name: "Save" }).click()
  await page.getByText(/Jordan Park changed Conversation workflow/).waitFor()
  expect(await field.inputValue()).toBe("2")
  await page.getByRole("button", { name: "Keep mine" }).click()
  await page.getByText("Everything is saved.").waitFor()
  expect(await page.getByRole("switch", { name: "A topic is required to close" }).isChecked()).toBe(true)
  await page.getByRole("switch", { name: "A topic is required to close" }).click()
  await page.getByRole("button", { name: "Save" }).click()
  await page.getByText("Everything is saved.").waitFor()
  expect(
    (await office.api<{ messaging: { standardCapacity: number } }>("GET", "/workflow-settings")).messaging
      .standardCapacity,
  ).toBe(2)
  await page.getByRole("button", { name: "Reset to default: Given automatically, at most" }).click()
  expect(await field.inputValue()).toBe("3")
})

test("S7 S10 the top bar has a switch for each group that is configured, and Settings pauses them", async () => {
  await page.goto("/work")
  const switches = page.getByRole("group", { name: "Availability" }).getByRole("switch")
  await switches.first().waitFor()
  expect((await switches.allTextContents()).map((text) => text.replace(/\d.*/, ""))).toEqual(["Messaging", "Mail"])
  await page.getByRole("switch", { name: /^Mail/ }).click()
  await page.getByRole("switch", { name: /^Mail: available/ }).waitFor()
  await expect
    .poll(async () => (await office.api<{ availableFor: string[] }>("GET", "/agents/me")).availableFor)
    .toEqual(["mail"])
  await page.goto("/settings/channels/entry-points")
  await page.getByText("Paused while in Settings").waitFor()
  await page.getByRole("link", { name: "Back to work" }).click()
  await page.getByRole("switch", { name: /^Mail: available/ }).click()
  await page.getByRole("switch", { name: /^Mail: unavailable/ }).waitFor()
})

test("the profile keeps theme and sounds, and shows the sessions", async () => {
  await goTo("/profile", "Profile")
  await page.getByText("this one").waitFor()
  await look(page, "profile")
  await page.getByRole("switch", { name: "Sounds" }).click()
  await expect.poll(async () => (await office.api<{ sounds: boolean }>("GET", "/me/preferences")).sounds).toBe(false)
  await page.getByRole("button", { name: "Change password" }).click()
  await page.getByText("Enter your current password.").waitFor()
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute("autocomplete")))
    .toBe("current-password")
  await page.getByRole("radiogroup", { name: "Theme" }).getByText("Dark", { exact: true }).click()
  expect(await page.evaluate(() => document.documentElement.dataset.mantineColorScheme)).toBe("dark")
})
