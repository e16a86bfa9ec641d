import type { Page } from "playwright"
import { afterAll, beforeAll, expect, test } from "vitest"
import { look } from "./look.ts"
import { newColleague, newOffice, type Office } from "./office.ts"

/** The Entry Points page in a browser: spec 2.3, 2.4, 2.6. */

type Thing = { id: string }
type Section = {
  version: number
  defaultSlaMinutesText: string | null
  exceptions: { entryPointId: string; inboxId: string; slaMinutesText: string | null; slaSeconds: number | null }[]
}

let office: Office
let page: Page
let inboxes: Record<"general" | "billing" | "returns" | "vip", string>

const path = "/settings/channels/entry-points"
const names = ["support", "sales", "billing", "returns", "press", "jobs", "wholesale", "feedback"]
const address = (name: string) => `${name}@${office.domain}`
const section = (name: string) => page.getByRole("region", { name, exact: true })
const form = (name: string) => page.getByRole("form", { name: `${name}, editing` })
const row = (number: number) => form("Email").getByRole("group", { name: `Exception ${number}` })
const stored = (name = "email") => office.api<Section>("GET", `/channel-routings/${name}`)

beforeAll(async () => {
  office = await newOffice()
  page = office.page
  const create = async (name: string, slaMinutesText: string, agentIds: string[] = []) =>
    (await office.api<Thing>("POST", "/inboxes", { name, slaMinutesText, agentIds })).id
  inboxes = {
    general: await create("General Support", "1440", [office.userId]),
    billing: await create("Billing", "60"),
    returns: await create("Returns", "60", [office.userId]),
    vip: await create("VIP Customers", "10", [office.userId]),
  }
  for (const name of names) await office.api("POST", "/mailboxes", { address: address(name) })
  for (const name of ["retale.com-shopping-cart", "platinum"]) await office.api("POST", "/chat-apps", { name })
})
afterAll(() => office?.close())

async function open(): Promise<void> {
  await page.goto(path)
  await page.getByRole("heading", { name: "Entry Points", level: 1 }).waitFor()
  await section("Email").waitFor()
}

async function edit(name: string): Promise<void> {
  await page.getByRole("button", { name: `Edit ${name}`, exact: true }).click()
  await form(name).waitFor()
}

/** Fills in a row; absent fields are left. */
async function fillRow(
  name: string,
  number: number,
  values: { entryPoint?: string; inbox?: string; sla?: string },
): Promise<void> {
  const fields = form(name).getByRole("group", { name: `Exception ${number}` })
  if (values.entryPoint) await choose(fields.getByRole("combobox", { name: "Entry Point" }), values.entryPoint)
  if (values.inbox) await choose(fields.getByRole("combobox", { name: "Inbox" }), values.inbox)
  if (values.sla !== undefined) await fields.getByRole("textbox", { name: "SLA (minutes)" }).fill(values.sla)
}

async function choose(field: ReturnType<Page["getByRole"]>, option: string): Promise<void> {
  await field.click()
  await page.getByRole("option", { name: option, exact: true }).click()
}

test("S61 S62 S63 the menu at the top left opens Settings, and its category Channels has Entry Points", async () => {
  await page.goto("/work")
  const menu = page.getByRole("button", { name: "Open menu" })
  const box = await menu.boundingBox()
  expect(box && box.x < 20 && box.y < 20).toBe(true)
  await menu.click()
  await page.getByRole("dialog").getByRole("link", { name: "Settings" }).click()
  const channels = page.getByRole("navigation", { name: "Settings" }).getByRole("region", { name: "Channels" })
  await channels.getByRole("link", { name: "Entry Points" }).click()
  await page.getByRole("heading", { name: "Entry Points", level: 1 }).waitFor()
})

test("S22 S24 S52 S64 each section shows its default Inbox, where its SLA comes from, and how many have no exception", async () => {
  await open()
  await page.getByText("Add an entry point only when you are ready to receive.").waitFor()
  await section("Email").getByText("General Support").waitFor()
  await section("Email").getByText("1440 min, from Inbox").waitFor()
  await section("Email").getByText("8 of 8").waitFor()
  await section("Chat").getByText("platinum").waitFor()
  await section("Chat").getByText("retale.com-shopping-cart").waitFor()
  await section("WhatsApp").getByText("Not in use").waitFor()
  await look(page, "entry-points-read")
})

test("S26 S28 S29 Add entry point leads to a form for an address, a number, a chat app, each with the warning of S52", async () => {
  for (const [item, dialog] of [
    ["Email address", "Add addresses"],
    ["SMS number", "Add SMS number"],
    ["Chat app", "Create chat app"],
  ] as const) {
    await open()
    await page.getByRole("button", { name: "Add entry point" }).click()
    await page.getByRole("menuitem", { name: item }).click()
    await page
      .getByRole("dialog", { name: dialog })
      .getByText("Add an entry point only when you are ready to receive.")
      .waitFor()
  }
})

test("S19 S25 S60 S67 S70 S71 S72 S78 an exception: three inputs, only what is free, stored by Save and not before", async () => {
  await open()
  await edit("Email")
  const add = form("Email").getByRole("button", { name: "Add exception" })
  await add.click()
  expect(await row(1).getByRole("combobox").or(row(1).getByRole("textbox")).count()).toBe(3) // S70
  await row(1).getByRole("combobox", { name: "Entry Point" }).click()
  const offered = await page.getByRole("option").allTextContents()
  expect(offered.sort()).toEqual(names.map(address).sort()) // S71: this channel's only
  await page.getByRole("option", { name: address("billing") }).click()
  await row(1).getByRole("combobox", { name: "Inbox" }).click()
  expect((await page.getByRole("option").allTextContents()).sort()).toEqual([
    "Billing",
    "General Support",
    "Returns",
    "VIP Customers",
  ]) // S72
  await page.getByRole("option", { name: "Billing" }).click()
  await row(1).getByText("No agents.").waitFor() // S20: a warning, not a wall
  await add.click()
  await row(2).getByRole("combobox", { name: "Entry Point" }).click()
  expect(await page.getByRole("option", { name: address("billing") }).count()).toBe(0)
  await page.keyboard.press("Escape")
  await row(2)
    .getByRole("button", { name: /Delete exception/ })
    .click()
  await form("Email").getByText("7 of 8").waitFor()
  await form("Email").getByText("1 change not saved.").waitFor()
  await page.getByRole("complementary", { name: "Where Email goes" }).getByText("With your changes").waitFor()
  await look(page, "entry-points-edit")
  expect((await stored()).exceptions).toEqual([])
  await form("Email").getByRole("button", { name: "Save" }).click()
  await section("Email").getByText("7 of 8").waitFor()
  await page.reload()
  await section("Email").getByText("60 min, from Inbox").waitFor()
  expect((await stored()).exceptions.map(({ inboxId, slaMinutesText }) => [inboxId, slaMinutesText])).toEqual([
    [inboxes.billing, null],
  ])
})

test("S73 S74 S75 an SLA of its own is shown as typed after a reload; an empty one shows the Inbox's", async () => {
  await open()
  await edit("Chat")
  await form("Chat").getByRole("button", { name: "Add exception" }).click()
  await fillRow("Chat", 1, { entryPoint: "platinum", inbox: "VIP Customers" })
  const sla = form("Chat").getByRole("group", { name: "Exception 1" }).getByRole("textbox", { name: "SLA (minutes)" })
  expect(await sla.getAttribute("placeholder")).toBe("10")
  await sla.fill("0.66")
  await form("Chat").getByText("= 40 s").waitFor()
  await form("Chat").getByRole("button", { name: "Save" }).click()
  await section("Chat").getByText("1 of 2").waitFor()
  await page.reload()
  await section("Chat").getByText("0.66 min").waitFor()
  expect((await stored("chat")).exceptions[0]).toMatchObject({ slaMinutesText: "0.66", slaSeconds: 40 })
})

test("S76 S77 S71 what cannot be an SLA is refused at the field, and nothing is sent", async () => {
  await open()
  await edit("Email")
  const { version } = await stored()
  const sla = row(1).getByRole("textbox", { name: "SLA (minutes)" })
  for (const [typed, answer] of [
    ["0", "Enter more than 0. Empty means 60, from Billing."],
    ["0.0", "Enter more than 0. Empty means 60, from Billing."],
    ["00", "Enter more than 0. Empty means 60, from Billing."],
    ["-1", "Minus signs are not allowed. Enter minutes such as 5 or 0.66."],
    ["5-", "Minus signs are not allowed. Enter minutes such as 5 or 0.66."],
    ["1,5", "Use digits and one dot, such as 1.5."],
    ["0.001", "Too small. 0.01 is one second."],
    ["525601", "At most 525600 minutes (365 days)."],
  ] as const) {
    await sla.fill(typed)
    await form("Email").getByRole("button", { name: "Save" }).click()
    await row(1).getByText(answer).waitFor()
    await form("Email").getByText("1 field needs attention").waitFor()
    expect(await sla.evaluate((field) => field === document.activeElement)).toBe(true)
  }
  expect((await stored()).version).toBe(version)
  await form("Email").getByRole("button", { name: "Cancel" }).click()
  await page.getByRole("button", { name: "Discard" }).click()
  await section("Email").waitFor()
})

test("S68 an exception may keep the default Inbox and differ only in its SLA", async () => {
  await open()
  await edit("Email")
  await form("Email").getByRole("button", { name: "Add exception" }).click()
  await fillRow("Email", 2, { entryPoint: address("press"), inbox: "General Support", sla: "2" })
  await form("Email").getByRole("button", { name: "Save" }).click()
  await section("Email").getByText("6 of 8").waitFor()
  const saved = (await stored()).exceptions.find((each) => each.slaMinutesText === "2")
  expect(saved).toMatchObject({ inboxId: inboxes.general, slaSeconds: 120 })
})

test("S21 S65 the default Inbox and SLA of a section are changed, and what has an exception keeps it", async () => {
  await open()
  await edit("Email")
  await choose(form("Email").getByRole("combobox", { name: "Default Inbox" }), "Returns")
  await form("Email").getByRole("textbox", { name: "SLA (minutes)" }).first().fill("5")
  await form("Email").getByRole("button", { name: "Save" }).click()
  await section("Email").getByText("5 min").waitFor()
  const { items } = await office.api<{ items: { address: string; resolution: { inboxName: string } }[] }>(
    "GET",
    "/entry-points?section=email",
  )
  const inboxOf = (name: string) => items.find((each) => each.address === address(name))?.resolution.inboxName
  expect([inboxOf("support"), inboxOf("billing")]).toEqual(["Returns", "Billing"])
})

test("S60 deleting an exception and saving gives its entry point back to the default", async () => {
  await open()
  await edit("Email")
  await row(1)
    .getByRole("button", { name: `Delete exception for ${address("billing")}` })
    .click()
  await form("Email").getByRole("button", { name: "Save" }).click()
  await section("Email").getByText("7 of 8").waitFor()
  expect((await stored()).exceptions).toHaveLength(1)
})

test("S67 Add exception is off when every entry point of the section has one", async () => {
  await open()
  await edit("Chat")
  const add = form("Chat").getByRole("button", { name: "Add exception" })
  expect(await add.isDisabled()).toBe(false)
  await add.click()
  await form("Chat").getByText("0 of 2").waitFor()
  expect(await add.isDisabled()).toBe(true)
  await page.keyboard.press("Escape")
})

test("somebody saved meanwhile: nothing is overwritten, the person chooses", async () => {
  await open()
  await edit("Email")
  const { version, ...rest } = await stored()
  await office.api(
    "PUT",
    "/channel-routings/email",
    { defaultInboxId: inboxes.vip, defaultSlaMinutesText: null, exceptions: [] },
    version,
  )
  expect(rest.exceptions).toHaveLength(1)
  await form("Email").getByRole("textbox", { name: "SLA (minutes)" }).first().fill("7")
  await form("Email").getByRole("button", { name: "Save" }).click()
  await form("Email")
    .getByText(/Jordan Park changed Email/)
    .waitFor()
  await form("Email").getByRole("button", { name: "Show differences" }).click()
  await look(page, "entry-points-conflict")
  await form("Email").getByRole("button", { name: "Take theirs" }).click()
  await form("Email").getByText("No changes yet.").waitFor()
  expect((await stored()).defaultSlaMinutesText).toBeNull()
})

test("leaving with changes asks first; Stay keeps them", async () => {
  await open()
  await edit("Email")
  await form("Email").getByRole("textbox", { name: "SLA (minutes)" }).first().fill("9")
  await page.getByRole("link", { name: "Inboxes" }).click()
  const dialog = page.getByRole("dialog", { name: /Leave without saving 1 change to Email/ })
  await dialog.getByRole("button", { name: "Stay" }).click()
  expect(await form("Email").getByRole("textbox", { name: "SLA (minutes)" }).first().inputValue()).toBe("9")
  await page.getByRole("link", { name: "Inboxes" }).click()
  await dialog.getByRole("button", { name: "Discard" }).click()
  await page.getByRole("heading", { name: "Inboxes", level: 1 }).waitFor()
})

test("S22 S36 S42 the table shows each entry point with the Inboxes that it reaches, and gives it as CSV", async () => {
  await page.goto(`${path}?view=table`)
  await page.getByRole("cell", { name: "platinum" }).waitFor()
  await look(page, "entry-points-table")
  const csv = await page.request.get("/api/entry-points/overview?format=csv")
  expect(await csv.text()).toContain("platinum")
})

test("S80 every 'View permissions by role' opens the table that enforces them", async () => {
  await open()
  await page.getByRole("link", { name: "View permissions by role" }).click()
  await page.getByRole("heading", { name: "Roles and permissions", level: 1 }).waitFor()
  const cell = page.getByRole("row", { name: /^Edit entry points and their routing/ }).getByRole("cell")
  await cell.first().waitFor()
  expect(await cell.allTextContents()).toEqual(["allowed", ...Array.from({ length: 6 }, () => "–not allowed")])
  await look(page, "roles")
})

test("S51 an agent has no entry for it in Settings, and the server refuses", async () => {
  const agent = await newColleague(office, "Ana", ["agent"], [inboxes.general])
  await agent.page.goto("/settings")
  const nav = agent.page.getByRole("navigation", { name: "Settings" })
  await nav.getByRole("link", { name: "Inboxes" }).waitFor()
  expect(await nav.getByRole("link", { name: "Entry Points" }).count()).toBe(0)
  expect(await nav.getByRole("link", { name: "Chat apps" }).count()).toBe(0)
  await expect(
    agent.api("PUT", "/channel-routings/chat", { defaultInboxId: inboxes.vip, exceptions: [] }, "*"),
  ).rejects.toThrow(/403.*entryPoint\.edit/s)
  await agent.page.goto(path)
  await agent.page.getByText("You may not see this page").waitFor()
  await agent.page.getByText("You are signed in as Agent.").waitFor()
  // Who may change it is no answer to who may not even read it.
  expect(await agent.page.getByText("Required role").count()).toBe(0)
  await agent.page.goto("/settings/people/users?add=true")
  await agent.page.getByRole("heading", { name: "Users", level: 1 }).waitFor()
  expect(await agent.page.getByRole("button", { name: "Invite people" }).count()).toBe(0)
  await agent.page.goto("/settings/channels/carrier-account")
  await agent.page.getByText("It takes the role Administrator.").waitFor()
  await look(agent.page, "entry-points-forbidden")
  await agent.close()
})
