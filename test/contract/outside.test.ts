import { afterAll, beforeAll, expect, test } from "vitest"
import { type Office, office } from "./office.ts"

/** What somebody who knows the contract alone would send, and what it says that comes back. */

let at: Office
let general: string
let mailEntryPoint: string

beforeAll(async () => {
  at = await office()
  general = await at.inbox("General Support", "1440")
  mailEntryPoint = (await at.mailbox("help@retale.com")).entryPointId
})
afterAll(() => at.server.close())

const anyVersion = { "if-match": "*" }

test("the members of an Inbox are a field of its own: named whole, refused by name, told as events", async () => {
  const [ana, ben] = [await at.agent("Ana", []), await at.agent("Ben", [])]
  const inbox = await at.inbox("Returns", "60", [ana.id])
  const path = `/inboxes/${inbox}`
  expect(await at.api("PATCH", path, { agentIds: [ana.id, at.server.orgId] }, anyVersion)).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: "#/agentIds/1", code: "not_an_agent" }] },
  })
  expect((await at.api("PATCH", path, { agentIds: [ben.id] }, anyVersion)).body).toMatchObject({ memberCount: 1 })
  const members = (await at.api("GET", `${path}/members`)).body.items
  expect(members).toMatchObject([{ userId: ben.id }])
  const told = (await at.events("inbox_member.added", "inbox_member.removed")).filter(
    ({ data }) => data.inboxId === inbox,
  )
  expect(told.map(({ type, data }) => [type, data.before?.userId ?? null, data.after?.userId ?? null])).toEqual([
    ["inbox_member.added", null, ana.id],
    ["inbox_member.removed", ana.id, null],
    ["inbox_member.added", null, ben.id],
  ])
})

test("lists that come whole take a limit, and have no second page", async () => {
  for (const path of ["/inboxes", "/channels", "/entry-points", "/channel-routings", "/topics", "/roles"]) {
    const whole = await at.api("GET", path)
    expect((await at.api("GET", `${path}?limit=200`)).body, path).toEqual(whole.body)
    expect((await at.api("GET", `${path}?limit=0`)).body, path).toMatchObject({ errors: [{ parameter: "limit" }] })
    expect((await at.api("GET", `${path}?cursor=x`)).body, path).toMatchObject({ code: "cursor_invalid" })
  }
})

test("what cannot be given as it is asked for is 406; too much names the limit", async () => {
  const asking = (accept: string, path = "/inboxes") => at.api("GET", path, undefined, { accept })
  expect(await asking("application/xml")).toMatchObject({ status: 406, body: { code: "not_acceptable" } })
  expect(await asking("text/csv, application/json;q=0")).toMatchObject({ status: 406 })
  expect(await asking("text/html, */*;q=0.1")).toMatchObject({ status: 200 })
  expect((await asking("text/csv", "/entry-points/overview")).body).toMatch(/^Channel,Entry Points,/)
  const large = await at.api("POST", "/inboxes", { name: "x".repeat(1_100_000) })
  expect(large).toMatchObject({ status: 413, body: { code: "too_large", limitBytes: 1_048_576 } })
})

test("every wrong field is named at once, references too", async () => {
  const wrong = async (method: string, path: string, body: object) =>
    (await at.api(method, path, body)).body.errors.map(({ pointer }: { pointer: string }) => pointer)
  const nobody = at.server.orgId
  const { conversationId } = await at.mail(mailEntryPoint, "wrong@example.com")
  const start = { customerId: nobody, inboxId: nobody, start: "new" }
  expect(await wrong("POST", "/conversations", start)).toEqual(["#/customerId", "#/inboxId"])
  const target = { inboxId: nobody, agentId: nobody }
  expect(await wrong("PUT", `/conversations/${conversationId}/assignment`, target)).toEqual(["#/inboxId", "#/agentId"])
  const number = { carrierAccountId: nobody, e164: "12" }
  expect(await wrong("POST", "/phone-numbers", number)).toEqual(["#/carrierAccountId", "#/e164"])
  expect((await at.api("POST", "/mailboxes", { address: "nowhere", inbound: "pop" })).body.errors).toMatchObject([
    { pointer: "#/address", code: "pattern" },
    { pointer: "#/inbound", code: "not_in_list" },
  ])
})

test("me is the caller's own id in filters too", async () => {
  const mine = await at.inbox("Own work")
  const { id, api } = await at.agent("Mia", [mine])
  const { conversationId } = await at.mail(mailEntryPoint, "me-filter@example.com")
  await at.api("PUT", `/conversations/${conversationId}/assignment`, { inboxId: mine, agentId: id })
  const idsOf = async (query: string) => (await api("GET", query)).body.items.map((item: { id: string }) => item.id)
  expect(await idsOf("/conversations?agentId=me")).toEqual([conversationId])
  expect(await idsOf(`/conversations?agentId=${id}`)).toEqual([conversationId])
  expect(await idsOf("/queue-items?agentId=me")).toEqual(await idsOf(`/queue-items?agentId=${id}`))
  expect((await api("GET", "/conversations?agentId=you")).body.errors).toMatchObject([
    { parameter: "agentId", code: "pattern" },
  ])
})

test("a wrong type is told in words of people", async () => {
  const told = async (settings: object) =>
    (await at.api("PATCH", "/workflow-settings", settings, anyVersion)).body.errors.map(
      ({ pointer, code, detail }: Record<string, string>) => `${pointer} ${code}: ${detail}`,
    )
  const autoReply = { enabled: "yes", text: 5 }
  expect((await told({ reopenSeconds: 1.5, mail: { autoReply } })).sort()).toEqual([
    "#/mail/autoReply/enabled type: Send true or false.",
    "#/mail/autoReply/text type: Send text.",
    "#/reopenSeconds type: Send a whole number.",
  ])
  expect(await told({ messaging: [] })).toEqual(["#/messaging type: Send an object."])
})

test("names and subjects stand on one line: what would begin another header or row is refused at its field", async () => {
  const { conversationId } = await at.mail(mailEntryPoint, "one-line@example.com")
  const typed = "Retale\r\nBcc: all@example.com"
  const cases: [string, string, object][] = [
    ["POST", "/inboxes", { name: typed }],
    ["POST", "/topics", { name: typed }],
    ["POST", "/customers", { name: typed }],
    ["POST", "/mailboxes", { address: "one-line@retale.com", senderName: typed }],
    ["PATCH", "/me", { name: typed }],
    ["POST", `/conversations/${conversationId}/messages`, { channel: "email", text: "Hi", subject: typed }],
  ]
  for (const [method, path, body] of cases) {
    const field = Object.entries(body).find(([, value]) => value === typed)?.[0]
    expect(await at.jordan(method, path, body), path).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: `#/${field}`, code: "pattern", detail: "Write it on one line." }] },
    })
  }
})

test("an answer leaves from where the customer wrote last; a first mail from the Inbox's address, else its writer chooses", async () => {
  const [first, second] = [await at.number("+14155550161"), await at.number("+14155550162")]
  const { conversationId } = await at.text(first.entryPointId, "+14155550961")
  expect((await at.text(second.entryPointId, "+14155550961")).conversationId).toBe(conversationId)
  const answer = async (more: object = {}) =>
    at.api("POST", `/conversations/${conversationId}/messages`, { channel: "sms", text: "Hi", ...more })
  expect((await answer()).body.entryPoint.id).toBe(second.entryPointId)
  await at.api("DELETE", `/phone-numbers/${second.id}/sms-activation`)
  expect((await answer()).body.entryPoint.id).toBe(first.entryPointId)

  const addresses = [{ kind: "email", value: "first-mail@example.com" }]
  const customerId = (await at.api("POST", "/customers", { name: "Flo", addresses })).body.id
  const desk = await at.inbox("First mails")
  const { id } = (await at.api("POST", "/conversations", { customerId, inboxId: desk, start: "new" })).body
  const write = () => at.api("POST", `/conversations/${id}/messages`, { channel: "email", subject: "S", text: "Hi" })
  expect(await write()).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: "#/entryPointId", code: "from_required" }] },
  })
  const mailbox = await at.mailbox("first@retale.com")
  await at.api("PATCH", `/inboxes/${desk}`, { defaultMailboxId: mailbox.id }, anyVersion)
  expect(await write()).toMatchObject({ status: 201, body: { entryPoint: { id: mailbox.entryPointId } } })
})

test("a part of a part of a chat app is changed alone; null clears; a week needs a zone that exists", async () => {
  const made = await at.api("POST", "/chat-apps", {
    name: "parts",
    appearance: { color: "#112233" },
    hours: { timeZone: "Europe/Berlin", monday: [{ start: "09:00", stop: "17:00" }] },
    greeting: "Hello",
  })
  expect(made).toMatchObject({
    status: 201,
    body: { appearance: { color: "#112233", button: "icon" }, hours: { timeZone: "Europe/Berlin", sunday: [] } },
  })
  const path = `/chat-apps/${made.body.id}`
  const change = { appearance: { button: "text", text: "Chat" }, search: { enabled: true }, greeting: null }
  expect((await at.api("PATCH", path, change, anyVersion)).body).toMatchObject({
    appearance: { button: "text", text: "Chat", color: "#112233", position: "bottom_right" },
    search: { enabled: true, url: null },
    greeting: "",
    hours: { monday: [{ start: "09:00" }] },
  })
  const wrong = { hours: { timeZone: "Mars/Olympus" }, appearance: { color: "red" } }
  expect((await at.api("PATCH", path, wrong, anyVersion)).body.errors).toMatchObject([
    { pointer: "#/appearance/color" },
    { pointer: "#/hours/timeZone", code: "not_in_list" },
  ])
  expect((await at.api("PATCH", path, { hours: null }, anyVersion)).body).toMatchObject({ hours: null, open: true })
  expect((await at.api("PATCH", path, { hours: { monday: [] } }, anyVersion)).body.errors).toMatchObject([
    { pointer: "#/hours/timeZone", code: "required" },
  ])
})

test("addresses of a customer: all wrong ones at once, twice in one body, and whose it is already", async () => {
  const create = (name: string, ...addresses: object[]) => at.api("POST", "/customers", { name, addresses })
  const mail = (value: string) => ({ kind: "email", value })
  const zoe = await create("Zoë Ax", mail("ZOE@example.com"), { kind: "phone", value: "(415) 555-2671" })
  expect(zoe.status).toBe(201)
  expect(
    (await create("Q", { kind: "phone", value: "1" }, mail("x"), mail("q@e.de"), mail("Q@e.de"))).body,
  ).toMatchObject({
    errors: [
      { pointer: "#/addresses/0/value", code: "phone_number_invalid" },
      { pointer: "#/addresses/1/value", code: "pattern" },
      { pointer: "#/addresses/3/value", code: "duplicate" },
    ],
  })
  const taken = { code: "address_taken", customerId: zoe.body.id }
  expect((await create("Q", mail("q@e.de"), mail("zoe@example.com"))).body).toMatchObject({
    ...taken,
    pointer: "#/addresses/1/value",
  })
  const other = (await create("Quentin")).body
  expect((await at.api("POST", `/customers/${other.id}/addresses`, mail("zoe@example.com"))).body).toMatchObject({
    ...taken,
    pointer: "#/value",
  })
  for (const q of ["ax zoë", "Zo A", "415-555-2671", "zoe@"]) {
    const found = (await at.api("GET", `/customers?q=${encodeURIComponent(q)}`)).body.items
    expect(found, q).toMatchObject([{ id: zoe.body.id }])
  }
})

test("whoever plays a customer is told what does not fit the channel", async () => {
  const play = async (from: object, entryPointId: string, more = {}) =>
    (await at.api("POST", "/sandbox/messages", { entryPointId, from, text: "Hi", ...more })).body
  const pigeon = { kind: "pigeon", value: "x" }
  expect(await play(pigeon, mailEntryPoint)).toMatchObject({
    errors: [{ pointer: "#/from/kind", code: "not_in_list" }],
  })
  expect(await play({ kind: "phone", value: "+12025550143" }, mailEntryPoint)).toMatchObject({
    errors: [{ pointer: "#/from/kind", code: "wrong_channel" }],
  })
  expect(await play({ kind: "email", value: "nobody" }, mailEntryPoint)).toMatchObject({
    errors: [{ pointer: "#/from/value", code: "pattern" }],
  })
  const file = { name: "a.bin", type: "application/octet-stream", base64: "@@@" }
  expect(await play({ value: "a@example.com" }, mailEntryPoint, { attachments: [file] })).toMatchObject({
    errors: [{ pointer: "#/attachments/0/base64" }],
  })
  const nowhere = { from: { value: "v" }, text: "Hi", to: { channel: "chat", address: "nowhere" } }
  expect((await at.api("POST", "/sandbox/messages", nowhere)).body).toMatchObject({
    errors: [{ pointer: "#/to/address", code: "unknown_recipient" }],
  })
  expect(await play({ kind: "email", value: "a@example.com" }, mailEntryPoint, { to: null, kind: null })).toMatchObject(
    {
      arrived: true,
    },
  )
})

test("null in a message says what absence says", async () => {
  const { conversationId } = await at.mail(mailEntryPoint, "null@example.com")
  const sent = await at.api("POST", `/conversations/${conversationId}/messages`, {
    channel: "email",
    text: "Here.",
    html: null,
    subject: null,
    entryPointId: null,
    toAddressId: null,
    inReplyToId: null,
  })
  expect(sent).toMatchObject({ status: 201, body: { text: "Here.", html: null, subject: "Re: Hello" } })
})

test("whoever plays the customer's phone decides what becomes of a text", async () => {
  const number = await at.number("+14155550181")
  const { conversationId } = await at.text(number.entryPointId, "+12025550181")
  const sent = (await at.api("POST", `/conversations/${conversationId}/messages`, { channel: "sms", text: "Yes." }))
    .body
  const [far] = (await at.api("GET", "/sandbox/deliveries?address=%2B12025550181&wait=10")).body.items
  const told = { status: "failed", failureCode: "unreachable" }
  expect((await at.api("POST", `/sandbox/deliveries/${far.id}/statuses`, told)).status).toBe(202)
  await expect
    .poll(async () => (await at.api("GET", `/messages/${sent.id}`)).body.delivery, { timeout: 5_000 })
    .toMatchObject({ status: "failed", failure: { code: "unreachable" } })
  await at.api("PATCH", "/sandbox/carrier", { failNext: { operation: "send", count: 1, code: "30006" } })
  const refused = await at.api("POST", `/conversations/${conversationId}/messages`, { channel: "sms", text: "No." })
  await expect
    .poll(async () => (await at.api("GET", `/messages/${refused.body.id}`)).body.delivery.failure, { timeout: 5_000 })
    .toEqual({ code: "landline", text: expect.any(String), retryable: false })
})

test("text messages are switched on and off twice with the same answer", async () => {
  const { id, entryPointId } = await at.number("+14155550182")
  const path = `/phone-numbers/${id}`
  await at.api("PUT", `${path}/sms-activation`, { helpText: "Call us." })
  const { version } = (await at.api("GET", path)).body
  expect((await at.api("PUT", `${path}/sms-activation`)).body).toMatchObject({ id: entryPointId, status: "active" })
  expect((await at.api("GET", path)).body).toMatchObject({ helpText: "Call us.", version })
  const off = () => at.api("DELETE", `/phone-numbers/${id}/sms-activation`)
  const first = await off()
  expect(first).toMatchObject({ status: 200, body: { id: entryPointId, status: "deleted" } })
  expect(await off()).toMatchObject({ status: 200, body: first.body })
})

test("events of entry points and mailboxes hold the whole thing and where it leads", async () => {
  const { id, entryPointId } = await at.mailbox("events@retale.com")
  await at.api("PATCH", `/entry-points/${entryPointId}`, { displayName: "Events" }, anyVersion)
  await at.api("PATCH", `/mailboxes/${id}`, { senderName: "Retale Events" }, anyVersion)
  await at.api("PUT", `/mailboxes/${id}/deletion`)
  const told = (await at.events("entry_point.*")).map(({ type, data }) => ({ type, ...data }))
  expect(told.filter(({ entryPoint }) => entryPoint.id === entryPointId)).toMatchObject([
    {
      type: "entry_point.created",
      entryPoint: { section: "email", kind: "email", address: "events@retale.com", status: "active", mailboxId: id },
      resolution: { inboxId: general, inboxSource: "default", slaSeconds: 86_400, slaSource: "inbox" },
    },
    { type: "entry_point.updated", entryPoint: { displayName: "Events" }, resolution: { inboxId: general } },
    { type: "entry_point.deleted", entryPoint: { status: "deleted" }, resolution: null },
  ])
  const mailboxes = (await at.events("mailbox.added", "mailbox.updated", "mailbox.removed")).map(({ data }) => data)
  expect(mailboxes.filter(({ mailboxId }) => mailboxId === id)).toMatchObject([
    { before: null, after: { address: "events@retale.com" } },
    { before: { senderName: "Retale" }, after: { senderName: "Retale Events" } },
    { before: { address: "events@retale.com" }, after: null },
  ])
})

test("a conversation's first event says from where to where, and by whom", async () => {
  const taken = await at.mail(mailEntryPoint, "first@example.com")
  const created = (await at.events("conversation.created")).find(
    ({ data }) => data.conversationId === taken.conversationId,
  )
  expect(created.data).toMatchObject({ from: null, to: "new", by: taken.customerId })
})

test("a country is one that exists", async () => {
  expect((await at.api("PATCH", "/organization", { country: "ZZ" }, anyVersion)).body.errors).toMatchObject([
    { pointer: "#/country", code: "not_in_list" },
  ])
})

test("a part of an object is changed alone (merge patch)", async () => {
  const keep = async (retentionDays: object | null) =>
    (await at.api("PATCH", "/organization", { retentionDays }, anyVersion)).body.retentionDays
  expect(await keep({ recordings: 30 })).toEqual({ recordings: 30, messages: null })
  expect(await keep({ messages: 90 })).toEqual({ recordings: 30, messages: 90 })
  expect(await keep({ recordings: null })).toEqual({ recordings: null, messages: 90 })
  expect(await keep(null)).toBeNull()
  const { id } = await at.agent("Carl", [])
  const capacity = (wanted: object | null) => at.api("PATCH", `/users/${id}`, { capacity: wanted }, anyVersion)
  expect((await capacity({ standard: 2 })).body.errors).toMatchObject([
    { pointer: "#/capacity/maximum", code: "required" },
  ])
  expect((await capacity({ standard: 2, maximum: 4 })).status).toBe(200)
  expect((await capacity({ standard: 3 })).body.capacity).toEqual({ standard: 3, maximum: 4 })
  expect((await capacity({ standard: 5 })).body.errors).toMatchObject([
    { pointer: "#/capacity/standard", code: "capacity_order" },
  ])
  expect((await at.api("GET", `/agents/${id}`)).body.capacity.messaging).toEqual({ standard: 3, maximum: 4 })
})

test("an Inbox says that customers wait and nobody is available, until somebody is", async () => {
  const inbox = await at.inbox("Night desk", "60")
  const dora = await at.agent("Dora", [inbox])
  const entryPointId = await at.chatApp("night")
  await at.save("chat", general, [{ entryPointId, inboxId: inbox }])
  const warnings = async () => (await at.api("GET", `/inboxes/${inbox}`)).body.warnings
  expect(await warnings()).toEqual([])
  const from = { kind: "visitor", value: "night-owl" }
  await at.api("POST", "/sandbox/messages", { entryPointId, from, text: "Anybody?" })
  expect(await warnings()).toMatchObject([{ code: "nobody_available", inboxId: inbox }])
  await dora.api("PUT", "/agents/me/availability", { availableFor: ["messaging"] })
  expect(await warnings()).toEqual([])
})

test("who is given a conversation by somebody else finds it under the bell", async () => {
  const inbox = await at.inbox("Handed on", "60")
  const [eva, finn] = [await at.agent("Eva", [inbox]), await at.agent("Finn", [inbox])]
  const { entryPointId } = await at.mailbox("handed@retale.com")
  await at.save("email", general, [{ entryPointId, inboxId: inbox }])
  const { conversationId } = await at.mail(entryPointId, "handed@example.com")
  const give = (to: { id: string }, by = at.api) =>
    by("PUT", `/conversations/${conversationId}/assignment`, { inboxId: inbox, agentId: to.id })
  const bell = async (of: typeof eva) => (await of.api("GET", "/notifications?unread=true")).body.items
  expect((await give(eva, eva.api)).status).toBe(200)
  expect(await bell(eva)).toEqual([])
  for (let twice = 0; twice < 2; twice++) expect((await give(finn, eva.api)).status).toBe(200)
  expect(await bell(finn)).toMatchObject([
    { kind: "assigned", link: `/work/c/${conversationId}`, data: { conversationId, by: "Eva" } },
  ])
})

test("where the sandbox is switched off none of its paths is one", async () => {
  const { id } = await at.mailbox("off@retale.com")
  const paths = ["/sandbox/deliveries", "/sandbox/carrier", `/sandbox/mail-forwarding/${id}`]
  for (const sandboxEnabled of [false, true]) {
    expect((await at.api("PATCH", "/organization", { sandboxEnabled }, anyVersion)).body).toMatchObject({
      sandboxEnabled,
    })
    for (const path of paths) {
      const answer = await at.api("GET", path)
      expect(answer.status, path).toBe(sandboxEnabled ? 200 : 404)
      if (!sandboxEnabled) expect(answer.body.code, path).toBe("route_not_found")
    }
  }
})
