import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Office, office, secondsBetween } from "./office.ts"

let at: Office
let general: string
let billing: string
let vip: string

beforeAll(async () => {
  at = await office()
  general = await at.inbox("General Support", "1440")
  billing = await at.inbox("Billing", "60")
  vip = await at.inbox("VIP", "30")
})
afterAll(() => at.server.close())

const resolution = async (entryPointId: string) =>
  (await at.api("GET", `/entry-points/${entryPointId}/resolution`)).body

test("S1 S13 a channel is in use while it has an entry point, and only then; none is forced", async () => {
  const channel = async (name: string) =>
    (await at.api("GET", "/channels")).body.items.find((one: { channel: string }) => one.channel === name)
  expect((await at.api("GET", "/channels")).body.items.map((one: { channel: string }) => one.channel).sort()).toEqual(
    ["chat", "email", "facebook", "instagram", "sms", "twitter_dm", "voice", "whatsapp"].sort(),
  )
  expect(await channel("email")).toMatchObject({ inUse: false, supported: false, entryPointCount: 0 })
  expect(await channel("whatsapp")).toMatchObject({
    inUse: false,
    supported: false,
    entryPointCount: 0,
    group: "messaging",
  })
  const { id } = await at.mailbox("s1@retale.com")
  expect(await channel("email")).toMatchObject({ inUse: true, supported: true, entryPointCount: 1 })
  await at.api("PUT", `/mailboxes/${id}/deletion`)
  expect(await channel("email")).toMatchObject({ inUse: false, supported: false, entryPointCount: 0 })
})

test("S12 S22 S53 the first entry point of each channel takes the fallback Inbox as its section's default, and receives at once", async () => {
  const { entryPointId } = await at.mailbox("s53@retale.com")
  const { entryPointId: number } = await at.number("+14155550153")
  const chat = await at.chatApp("s53")
  for (const id of [entryPointId, number, chat]) {
    expect(await resolution(id)).toEqual({
      inboxId: general,
      inboxName: "General Support",
      inboxSource: "default",
      slaSeconds: 86_400,
      slaSource: "inbox",
    })
  }
  expect((await at.mail(entryPointId, "s53@example.com")).resolution.inboxId).toBe(general)
  expect((await at.text(number, "+14155550953")).resolution.inboxId).toBe(general)
  const { body } = await at.api("GET", "/entry-points/overview")
  for (const id of [entryPointId, number, chat]) {
    const row = body.items.find((one: { entryPointIds: string[] }) => one.entryPointIds.includes(id))
    expect(row).toMatchObject({
      reachable: [{ inboxId: general, name: "General Support", via: "direct", viaLabel: null }],
      slaSeconds: 86_400,
    })
  }
})

test("S25 what was added is at once in the section's list, to be chosen for an exception", async () => {
  const mailbox = await at.mailbox("s25@retale.com")
  const chat = await at.chatApp("s25")
  const number = await at.number("+14155550125")
  for (const [section, id] of [
    ["email", mailbox.entryPointId],
    ["chat", chat],
    ["sms", number.entryPointId],
  ] as const) {
    const free = (await at.api("GET", `/entry-points?section=${section}&excepted=false&status=active`)).body.items
    expect(free.map((one: { id: string }) => one.id)).toContain(id)
    await at.save(section, general, [{ entryPointId: id, inboxId: vip }])
    const left = (await at.api("GET", `/entry-points?section=${section}&excepted=false&status=active`)).body.items
    expect(left.map((one: { id: string }) => one.id)).not.toContain(id)
    const taken = (await at.api("GET", `/entry-points?section=${section}&excepted=true`)).body.items
    expect(taken.map((one: { id: string }) => one.id)).toEqual([id])
    await at.save(section, general)
  }
})

test("S21 S78 a saved default Inbox counts for the next contact; earlier ones stay; before the save nothing changes", async () => {
  const { entryPointId } = await at.mailbox("s21@retale.com")
  const body = { defaultInboxId: billing, defaultSlaMinutesText: null, exceptions: [] }
  const before = await at.mail(entryPointId, "s21-before@example.com")
  const preview = await at.api("POST", "/channel-routings/email/previews", body)
  expect(preview.status).toBe(200)
  expect(preview.body.entryPoints.find((one: { id: string }) => one.id === entryPointId)).toMatchObject({
    before: { inboxId: general },
    after: { inboxId: billing },
  })
  expect((await at.mail(entryPointId, "s21-preview@example.com")).resolution.inboxId).toBe(general)
  await at.save("email", billing)
  const after = await at.mail(entryPointId, "s21-after@example.com")
  expect(after.resolution).toMatchObject({ inboxId: billing, inboxSource: "default", slaSeconds: 3600 })
  expect((await at.conversation(before.conversationId)).inboxId).toBe(general)
  expect((await at.conversation(after.conversationId)).inboxId).toBe(billing)
  expect((await at.section("email")).defaultInboxId).toBe(billing)
  await at.save("email", general)
})

test("S60 an exception sends its entry point elsewhere, and its end sends it back", async () => {
  const { entryPointId } = await at.mailbox("s60@retale.com")
  await at.save("email", general, [{ entryPointId, inboxId: vip }])
  expect((await at.mail(entryPointId, "s60-1@example.com")).resolution).toMatchObject({
    inboxId: vip,
    inboxSource: "exception",
  })
  await at.save("email", general)
  expect((await at.mail(entryPointId, "s60-2@example.com")).resolution).toMatchObject({
    inboxId: general,
    inboxSource: "default",
  })
})

test("S29 S64 S65 S69 chat apps stand in section Chat by their names, in the default but for one exception", async () => {
  const cart = await at.chatApp("retale.com-shopping-cart")
  const platinum = await at.chatApp("platinum")
  const listed = (await at.api("GET", "/entry-points?section=chat")).body.items
  const shown = (id: string) => listed.find((one: { id: string }) => one.id === id)
  expect(shown(cart)).toMatchObject({
    channel: "chat",
    kind: "chat_app",
    displayName: "retale.com-shopping-cart",
    status: "active",
  })
  expect(shown(platinum)).toMatchObject({ displayName: "platinum" })
  for (const one of listed) expect(one.resolution).toMatchObject({ inboxId: general, inboxSource: "default" })
  await at.save("chat", general, [{ entryPointId: platinum, inboxId: vip }])
  expect(await resolution(platinum)).toMatchObject({
    inboxName: "VIP",
    inboxSource: "exception",
    slaSeconds: 1800,
    slaSource: "inbox",
  })
  for (const one of listed)
    if (one.id !== platinum)
      expect(await resolution(one.id)).toMatchObject({ inboxId: general, inboxSource: "default" })
  await at.save("chat", general)
})

test("S50 no mix of channels in an Inbox is refused, for every assignment of entry points to Inboxes", async () => {
  const inboxes = [general, billing, vip]
  const bySection: Record<string, string[]> = { email: [], sms: [], chat: [] }
  for (const section of Object.keys(bySection)) {
    for (const one of (await at.api("GET", `/entry-points?section=${section}&status=active`)).body.items.slice(0, 2))
      bySection[section]?.push(one.id)
  }
  // All 27 choices of defaults, each with exceptions that lie one Inbox further.
  for (let choice = 0; choice < 27; choice++) {
    const picks = [choice % 3, Math.floor(choice / 3) % 3, Math.floor(choice / 9)]
    for (const [index, [section, ids]] of Object.entries(bySection).entries()) {
      const pick = picks[index] ?? 0
      const exceptions = ids.map((entryPointId, row) => ({
        entryPointId,
        inboxId: inboxes[(pick + row + choice) % 3] ?? general,
      }))
      await at.save(section, inboxes[pick] ?? general, exceptions)
    }
  }
  for (const section of Object.keys(bySection)) await at.save(section, vip)
  expect((await at.api("GET", `/inboxes/${vip}`)).body.channels.sort()).toEqual(["chat", "email", "sms"])
  for (const section of Object.keys(bySection)) await at.save(section, general)
})

describe("due dates", () => {
  let entryPointId: string
  let count = 0
  /** Seconds from receiving to due of the next contact. */
  async function due(): Promise<number> {
    const sent = await at.mail(entryPointId, `due-${count++}@example.com`)
    const contact = (await at.conversation(sent.conversationId)).contact
    expect(contact.dueAt).toBe(sent.dueAt)
    expect(contact.slaSeconds).toBe(sent.resolution.slaSeconds)
    expect(contact.slaSource).toBe(sent.resolution.slaSource)
    return secondsBetween(contact.startedAt, contact.dueAt)
  }
  const sla = async (inboxId: string, slaMinutesText: string) =>
    expect((await at.api("PATCH", `/inboxes/${inboxId}`, { slaMinutesText }, { "if-match": "*" })).status).toBe(200)

  beforeAll(async () => {
    entryPointId = (await at.mailbox("due@retale.com")).entryPointId
  })

  test("S66 left as it is: the default Inbox and its SLA, or the section's", async () => {
    expect(await due()).toBe(86_400)
    const saved = await at.save("email", general, [], "5")
    expect(saved).toMatchObject({
      defaultSlaMinutesText: "5",
      defaultSlaSeconds: 300,
      effectiveSla: { seconds: 300, source: "channel_default" },
    })
    expect(await due()).toBe(300)
    await at.save("email", general)
  })

  test("S68 an exception to the default Inbox itself, for another SLA only", async () => {
    await at.save("email", general, [{ entryPointId, inboxId: general, slaMinutesText: "2" }])
    expect(await due()).toBe(120)
    await at.save("email", general)
  })

  test("S73 a blank SLA is the chosen Inbox's, today's and tomorrow's, never the section's", async () => {
    for (const blank of [null, "", "   "]) {
      const saved = await at.save("email", general, [{ entryPointId, inboxId: billing, slaMinutesText: blank }], "5")
      expect(saved.exceptions).toEqual([
        {
          entryPointId,
          inboxId: billing,
          slaMinutesText: null,
          slaSeconds: null,
          effectiveSla: { seconds: 3600, source: "inbox" },
        },
      ])
    }
    expect(await due()).toBe(3600)
    await sla(billing, "30")
    expect(await due()).toBe(1800)
    await sla(billing, "60")
  })

  test("S74 an SLA that was entered wins over the Inbox's, longer or shorter, and over the section's", async () => {
    for (const [typed, seconds] of [
      ["5", 300],
      ["120", 7200],
    ] as const) {
      await at.save("email", general, [{ entryPointId, inboxId: billing, slaMinutesText: typed }], "7")
      expect(await due()).toBe(seconds)
    }
  })

  test("S75 fractions of minutes become whole seconds and read back as typed", async () => {
    const table = [
      ["0.66", 40],
      ["1.025", 62],
      [".25", 15],
      ["1.5", 90],
      ["1.", 60],
      ["5", 300],
      ["120", 7200],
      [" 0.5 ", 30],
      ["525600", 31_536_000],
    ] as const
    for (const [typed, seconds] of table) {
      await at.save("email", general, [{ entryPointId, inboxId: billing, slaMinutesText: typed }])
      expect((await at.section("email")).exceptions).toEqual([
        {
          entryPointId,
          inboxId: billing,
          slaMinutesText: typed.trim(),
          slaSeconds: seconds,
          effectiveSla: { seconds, source: "exception" },
        },
      ])
    }
    await at.save("email", general, [{ entryPointId, inboxId: billing, slaMinutesText: "0.66" }])
    expect(await due()).toBe(40)
  })

  test("S71 S72 S76 S77 what is refused, with nothing stored", async () => {
    await at.save("email", general)
    const stored = await at.section("email")
    const closed = await at.inbox("Closed")
    expect((await at.api("PUT", `/inboxes/${closed}/deactivation`)).status).toBe(200)
    const put = (exceptions: unknown[], more: object = {}) =>
      at.api(
        "PUT",
        "/channel-routings/email",
        { defaultInboxId: general, defaultSlaMinutesText: null, exceptions, ...more },
        { "if-match": "*" },
      )
    const slas: [unknown, string][] = [
      ["-1", "sla_minus"],
      ["5-", "sla_minus"],
      ["3-5", "sla_minus"],
      ["-0", "sla_minus"],
      ["−1", "sla_minus"],
      ["3–5", "sla_minus"],
      ["0", "sla_zero"],
      ["0.0", "sla_zero"],
      ["00", "sla_zero"],
      [".0", "sla_zero"],
      ["abc", "sla_not_a_number"],
      ["1e3", "sla_not_a_number"],
      ["+5", "sla_not_a_number"],
      ["1,5", "sla_not_a_number"],
      ["1.2.3", "sla_not_a_number"],
      [".", "sla_not_a_number"],
      [5, "type"],
      ["0.001", "sla_too_small"],
      ["525601", "sla_too_large"],
    ]
    for (const [typed, code] of slas) {
      expect(await put([{ entryPointId, inboxId: general, slaMinutesText: typed }]), String(typed)).toMatchObject({
        status: 422,
        body: { code: "validation_failed", errors: [{ pointer: "#/exceptions/0/slaMinutesText", code }] },
      })
      const asDefault = await put([], { defaultSlaMinutesText: typed })
      expect(asDefault.body.errors, String(typed)).toMatchObject([{ pointer: "#/defaultSlaMinutesText", code }])
      const inInbox = await at.api("POST", "/inboxes", { name: "Never", slaMinutesText: typed })
      expect(inInbox.body.errors, String(typed)).toMatchObject([{ pointer: "#/slaMinutesText", code }])
    }
    const missing = "01900000-0000-7000-8000-000000000000"
    const row = { entryPointId, inboxId: general, slaMinutesText: null }
    const rows: [unknown[], string, string][] = [
      [[{ ...row, inboxId: missing }], "#/exceptions/0/inboxId", "unknown_reference"],
      [[{ ...row, inboxId: closed }], "#/exceptions/0/inboxId", "inbox_deactivated"],
      [[{ ...row, inboxId: null }], "#/exceptions/0/inboxId", "required"],
      [[{ ...row, entryPointId: missing }], "#/exceptions/0/entryPointId", "unknown_reference"],
      [[{ ...row, entryPointId: null }], "#/exceptions/0/entryPointId", "required"],
      [[row, row], "#/exceptions/1/entryPointId", "duplicate"],
    ]
    for (const [exceptions, pointer, code] of rows)
      expect((await put(exceptions)).body.errors).toMatchObject([{ pointer, code }])
    expect((await put([], { defaultInboxId: null })).body.errors).toMatchObject([
      { pointer: "#/defaultInboxId", code: "required" },
    ])
    expect((await put([], { defaultInboxId: closed })).body.errors).toMatchObject([
      { pointer: "#/defaultInboxId", code: "inbox_deactivated" },
    ])
    expect(await put([{ ...row, priority: 1 }])).toMatchObject({
      status: 400,
      body: { code: "unknown_field", errors: [{ pointer: "#/exceptions/0/priority" }] },
    })
    expect(await at.section("email")).toEqual(stored)
  })

  test("S11 an exception of the Email section cannot name an entry point of another channel", async () => {
    const number = (await at.api("GET", "/entry-points?section=sms")).body.items[0].id
    const refused = await at.api(
      "PUT",
      "/channel-routings/email",
      {
        defaultInboxId: general,
        defaultSlaMinutesText: null,
        exceptions: [{ entryPointId: number, inboxId: vip, slaMinutesText: null }],
      },
      { "if-match": "*" },
    )
    expect(refused).toMatchObject({
      status: 422,
      body: {
        errors: [
          {
            pointer: "#/exceptions/0/entryPointId",
            code: "wrong_channel",
            detail: "This entry point belongs to SMS, not Email.",
          },
        ],
      },
    })
  })
})

test("S51 an agent may neither read nor save a section; a missing one answers the same; an administrator may", async () => {
  const ana = await at.agent("Ana", [general])
  const body = { defaultInboxId: general, defaultSlaMinutesText: null, exceptions: [] }
  for (const section of ["chat", "nonsense"]) {
    expect(await ana.api("PUT", `/channel-routings/${section}`, body, { "if-match": "*" })).toMatchObject({
      status: 403,
      body: { code: "not_permitted", action: "entryPoint.edit", requiredRoles: ["administrator"] },
    })
  }
  expect((await ana.api("GET", "/me")).body.actions).not.toContain("entryPoint.edit")
  expect((await at.api("PUT", "/channel-routings/chat", body, { "if-match": "*" })).status).toBe(200)
})

test("S72 an Inbox in use is not deactivated before each of its uses has another", async () => {
  const inboxId = await at.inbox("Returns", "45")
  const { entryPointId } = await at.mailbox("s72@retale.com")
  await at.save("sms", inboxId)
  expect((await at.api("GET", `/inboxes/${inboxId}/uses`)).body.items).toEqual([
    { kind: "channel_default", id: "sms", label: "Default Inbox of SMS" },
  ])
  await at.save("sms", general)
  await at.save("email", general, [{ entryPointId, inboxId }])
  const refused = await at.api("PUT", `/inboxes/${inboxId}/deactivation`)
  expect(refused).toMatchObject({
    status: 409,
    body: { code: "inbox_in_use", uses: [{ kind: "exception", id: entryPointId, label: expect.any(String) }] },
  })
  const done = await at.api("PUT", `/inboxes/${inboxId}/deactivation`, {
    replacements: [{ use: { kind: "exception", id: entryPointId }, inboxId: vip }],
  })
  expect(done).toMatchObject({
    status: 200,
    body: { deactivation: { at: expect.any(String), by: { name: expect.any(String) } } },
  })
  expect(await resolution(entryPointId)).toMatchObject({ inboxId: vip, inboxSource: "exception" })
  expect(await at.api("PUT", `/inboxes/${inboxId}/deactivation`)).toMatchObject({ status: 200, body: done.body })
})

test("S11 S71 S72 S76 S77 the refused example of the contract, with its own words, over HTTP", async () => {
  const inboxId = await at.inbox("VIP of 8.2", "60")
  const closed = await at.inbox("Closed of 8.2")
  await at.api("PUT", `/inboxes/${closed}/deactivation`)
  const platinum = await at.chatApp("platinum-8.2")
  const { entryPointId: phone } = await at.number("+14155550182")
  const body = {
    defaultInboxId: general,
    defaultSlaMinutesText: null,
    exceptions: [
      { entryPointId: platinum, inboxId, slaMinutesText: "0.0" },
      { entryPointId: platinum, inboxId: closed, slaMinutesText: "3-5" },
      { entryPointId: phone, inboxId: null, slaMinutesText: "1,5" },
    ],
  }
  const refused = await at.api("PUT", "/channel-routings/chat", body, {
    "if-match": "*",
    "x-request-id": "0199-request",
  })
  expect(refused.headers.get("content-type")).toMatch(/^application\/problem\+json/)
  expect(refused.body).toEqual({
    type: "/docs/problems#validation_failed",
    title: "Some fields need attention",
    status: 422,
    code: "validation_failed",
    detail: "7 fields need attention. Nothing was stored.",
    instance: "/api/channel-routings/chat",
    requestId: "0199-request",
    errors: [
      {
        pointer: "#/exceptions/0/slaMinutesText",
        code: "sla_zero",
        detail: "Enter more than 0. Empty means 60, from VIP of 8.2.",
      },
      {
        pointer: "#/exceptions/1/entryPointId",
        code: "duplicate",
        detail: "This entry point already has an exception (row 1).",
      },
      {
        pointer: "#/exceptions/1/inboxId",
        code: "inbox_deactivated",
        detail: "This Inbox is deactivated. Choose an active one.",
      },
      {
        pointer: "#/exceptions/1/slaMinutesText",
        code: "sla_minus",
        detail: "Minus signs are not allowed. Enter minutes such as 5 or 0.66.",
      },
      {
        pointer: "#/exceptions/2/entryPointId",
        code: "wrong_channel",
        detail: "This entry point belongs to SMS, not Chat.",
      },
      { pointer: "#/exceptions/2/inboxId", code: "required", detail: "Choose an Inbox." },
      {
        pointer: "#/exceptions/2/slaMinutesText",
        code: "sla_not_a_number",
        detail: "Use digits and one dot, such as 1.5.",
      },
    ],
  })
})

describe("an explanation of what nobody sent", () => {
  const where = async (more: object) => (await at.api("POST", "/explanations", more)).body
  const said = (explanation: { steps: { text: string }[] }) => explanation.steps.map(({ text }) => text).join(" ")

  test("S74 it says Inbox, SLA, due date and who could take it, by what is saved and by what is not; nothing is made", async () => {
    const chat = await at.chatApp("imagined")
    const { id, api } = await at.agent("Iris", [vip])
    await at.save("chat", general, [{ entryPointId: chat, inboxId: vip, slaMinutesText: "0.66" }])
    const before = (await at.api("GET", "/events?types=contact.*,conversation.*,customer.*&limit=1000")).body.items
      .length
    const saved = await where({ entryPointId: chat, at: "2026-11-21T10:00:00+01:00", text: "Hi", digits: "1" })
    expect(saved).toMatchObject({
      result: { inboxId: vip, slaSeconds: 40, dueAt: "2026-11-21T09:00:40.000Z", agentId: null },
      candidates: [{ agentId: id, name: "Iris", excludedBy: "logged_out" }],
    })
    expect(said(saved)).toContain(
      "Entry point exception: goes to VIP (default would be General Support). SLA 40 s (0.66 min)",
    )
    await api("PUT", "/agents/me/availability", { availableFor: ["messaging"] })
    await expect
      .poll(async () => (await where({ entryPointId: chat })).candidates, { timeout: 8_000 })
      .toMatchObject([{ agentId: id, excludedBy: null }])
    const unsaved = await where({
      entryPointId: chat,
      customer: { attributes: { tier: "platinum" } },
      routing: { defaultInboxId: billing, defaultSlaMinutesText: "1.025", exceptions: [] },
    })
    expect(unsaved).toMatchObject({ result: { inboxId: billing, slaSeconds: 62 }, candidates: [] })
    expect(said(unsaved)).toContain("Default of Chat: goes to Billing. SLA 1 min 2 s (1.025 min)")
    expect(
      (await at.api("GET", "/events?types=contact.*,conversation.*,customer.*&limit=1000")).body.items.length,
    ).toBe(before)
    expect((await resolution(chat)).inboxId).toBe(vip)
    await api("PUT", "/agents/me/availability", { availableFor: [] })
    await at.save("chat", general)
  })

  test("a known customer's open conversation keeps its Inbox and its agent", async () => {
    const { entryPointId } = await at.mailbox("imagined@retale.com")
    const desk = await at.inbox("Imagined", "60")
    const { id, api } = await at.agent("Ivo", [desk])
    await at.save("email", general, [{ entryPointId, inboxId: desk }])
    const chat = await at.chatApp("imagined-too")
    const { conversationId, customerId } = await at.mail(entryPointId, "imagined@example.com")
    await at.save("chat", general, [{ entryPointId: chat, inboxId: vip }])
    // It waits as mail; a chat that joins it makes it a matter for whoever takes messages.
    await api("PUT", "/agents/me/availability", { availableFor: ["messaging"] })
    await expect
      .poll(async () => where({ entryPointId: chat, customerId }), { timeout: 8_000 })
      .toMatchObject({
        result: { inboxId: desk, slaSeconds: 1_800 },
        candidates: [{ agentId: id, excludedBy: null }],
      })
    await at.api("PUT", `/conversations/${conversationId}/assignment`, { inboxId: desk, agentId: id })
    const kept = await where({ entryPointId: chat, customerId })
    expect(kept).toMatchObject({ result: { inboxId: desk, agentId: id }, candidates: [{ agentId: id }] })
    expect(said(kept)).toContain("Ivo has the conversation and is there. The open conversation stays in its Inbox")
    await at.save("chat", general)
    await at.save("email", general)
  })

  test("what does not exist is refused at its field, the unsaved section's errors at theirs", async () => {
    const nobody = at.server.orgId
    const pointers = async (body: object) =>
      (await where(body)).errors.map(({ pointer, code }: { pointer: string; code: string }) => `${pointer} ${code}`)
    expect(await pointers({ entryPointId: nobody, customerId: nobody })).toEqual([
      "#/entryPointId unknown_reference",
      "#/customerId unknown_reference",
    ])
    const { entryPointId } = await at.mailbox("imagined-three@retale.com")
    const routing = { exceptions: [{ entryPointId, inboxId: nobody, slaMinutesText: "0" }] }
    expect(await pointers({ entryPointId, routing })).toEqual([
      "#/routing/defaultInboxId required",
      "#/routing/exceptions/0/inboxId unknown_reference",
      "#/routing/exceptions/0/slaMinutesText sla_zero",
    ])
    const { api } = await at.agent("Ina", [])
    expect(await api("POST", "/explanations", { entryPointId })).toMatchObject({
      status: 403,
      body: { action: "routing.explain" },
    })
  })
})
