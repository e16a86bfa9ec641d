import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestServer, testServer } from "../../../test/server.ts"

let server: TestServer
let general: string
let billing: string
let billingEntryPoint: string
let number: string

beforeAll(async () => {
  server = await testServer()
  const { api, userId } = server
  general = (await api("POST", "/inboxes", { name: "General Support", slaMinutesText: "1440", agentIds: [userId] }))
    .body.id
  billing = (await api("POST", "/inboxes", { name: "Billing", slaMinutesText: "60", agentIds: [userId] })).body.id
})
afterAll(() => server.close())

const jordan = () => server.as({ cookie: server.cookie })

test("S7 a group without an entry point cannot be switched on", async () => {
  const refused = await jordan()("PUT", "/agents/me/availability", { availableFor: ["mail"] })
  expect(refused).toMatchObject({ status: 409, body: { code: "channel_group_not_configured", group: "mail" } })
})

test("S8 S20 from set-up to a routed mail, explained (api.md 8.1)", async () => {
  const { api } = server
  const mailbox = await api(
    "POST",
    "/mailboxes",
    { address: "Billing@Retale.com", senderName: "Retale" },
    { "idempotency-key": "mailbox-billing-1" },
  )
  expect(mailbox.status).toBe(201)
  billingEntryPoint = mailbox.body.entryPointId
  const section = await api("GET", "/channel-routings/email")
  const saved = await api(
    "PUT",
    "/channel-routings/email",
    {
      defaultInboxId: general,
      defaultSlaMinutesText: null,
      exceptions: [{ entryPointId: billingEntryPoint, inboxId: billing, slaMinutesText: "0.66" }],
    },
    { "if-match": section.headers.get("etag") ?? "" },
  )
  expect(saved.status).toBe(200)
  expect((await jordan()("PUT", "/agents/me/availability", { availableFor: ["voice"] })).body).toMatchObject({
    code: "channel_group_not_configured",
  })
  const available = await jordan()("PUT", "/agents/me/availability", { availableFor: ["mail"] })
  expect(available).toMatchObject({
    status: 200,
    body: { status: "logged_in", availableFor: ["mail"], load: { mail: 0 } },
  })
  const sent = await api("POST", "/sandbox/messages", {
    entryPointId: billingEntryPoint,
    from: { kind: "email", value: "maya@example.com", name: "Maya Chen" },
    subject: "Invoice 7",
    text: "Why twice?",
  })
  expect(sent).toMatchObject({
    status: 201,
    body: { resolution: { inboxName: "Billing", inboxSource: "exception", slaSeconds: 40, slaSource: "exception" } },
  })
  const { conversationId } = sent.body
  expect((await api("GET", `/conversations/${conversationId}`)).body).toMatchObject({
    status: "open",
    inboxId: billing,
    assignment: { agentId: server.userId, reason: "automated_assignment" },
  })
  const { body } = await api("GET", `/conversations/${conversationId}/explanation`)
  const texts: string[] = body.steps.map((step: { text: string }) => step.text)
  expect(texts[0]).toMatch(/^Came in by email on billing@retale.com at \d\d:\d\d:\d\d\.$/)
  expect(texts.slice(1, 3)).toEqual([
    "New customer Maya Chen, new conversation.",
    "Entry point exception: goes to Billing (default would be General Support).",
  ])
  expect(texts[3]).toMatch(
    /^SLA 40 s \(0\.66 min\) from the exception \(Inbox Billing: 60 min\)\. Due \d\d:\d\d:\d\d\.$/,
  )
  expect(texts.slice(4)).toEqual([
    "No rule is active.",
    "Queue place 1 of 1.",
    "Assigned to Jordan: member, Mail on, nobody else.",
  ])
  expect(body.result).toMatchObject({
    inboxId: billing,
    slaSeconds: 40,
    dueAt: sent.body.dueAt,
    agentId: server.userId,
  })
  expect(body.candidates).toEqual([{ agentId: server.userId, name: "Jordan", excludedBy: null }])
})

test("S9 the second mail waits for Next: its place, why, and then it comes", async () => {
  const { api } = server
  const sent = await api("POST", "/sandbox/messages", {
    entryPointId: billingEntryPoint,
    from: { kind: "email", value: "di@example.com" },
    subject: "Hi",
    text: "Hello",
  })
  const waiting = await api("GET", `/queue-items?inboxId=${billing}`)
  expect(waiting.body.items).toEqual([
    expect.objectContaining({
      conversationId: sent.body.conversationId,
      group: "mail",
      position: 1,
      dueAt: sent.body.dueAt,
    }),
  ])
  const why = await api("GET", `/conversations/${sent.body.conversationId}/explanation`)
  expect(why.body.candidates).toEqual([{ agentId: server.userId, name: "Jordan", excludedBy: "mail_by_next" }])
  expect(why.body.steps.at(-2).text).toBe("Waits in Billing, place 1 of 1 for an agent with Mail on.")
  expect((await jordan()("GET", "/agents/me/inboxes/counts")).body).toMatchObject({
    mail: { waiting: 1, earliestDueAt: sent.body.dueAt },
  })
  const own = await jordan()("POST", "/agents/me/pulls", {})
  expect(own).toMatchObject({ status: 201, body: { conversation: { customer: { name: "Maya Chen" } } } })
  const position = 1_000_000
  await jordan()("PUT", `/conversations/${own.body.conversation.id}/read-mark`, { upToPosition: position })
  const next = await jordan()("POST", "/agents/me/pulls", {})
  expect(next).toMatchObject({
    status: 201,
    body: { conversation: { id: sent.body.conversationId }, assignment: { agentId: server.userId } },
  })
  await jordan()("PUT", `/conversations/${sent.body.conversationId}/read-mark`, { upToPosition: position })
  expect(await jordan()("POST", "/agents/me/pulls", {})).toMatchObject({ status: 200, body: { conversation: null } })
})

test("S8 a text is offered, accepted once, and answered with who has it; declining gives it back", async () => {
  const { api } = server
  const accounts = await api("GET", "/carrier-accounts")
  const free = await api("GET", `/carrier-accounts/${accounts.body.items[0].id}/numbers`)
  const adopted = await api("POST", "/phone-numbers", {
    carrierAccountId: accounts.body.items[0].id,
    e164: free.body.items[0].e164,
    origin: "adopted",
  })
  number = adopted.body.id
  expect((await api("PUT", `/phone-numbers/${number}/sms-activation`, {})).status).toBe(200)
  const entryPoint = (await api("GET", "/entry-points?section=sms")).body.items[0].id
  await jordan()("PUT", "/agents/me/availability", { availableFor: ["messaging"] })
  const sent = await api("POST", "/sandbox/messages", {
    entryPointId: entryPoint,
    from: { kind: "phone", value: "+14155550123" },
    text: "Hi",
  })
  expect(sent.status).toBe(201)
  const offered = await jordan()("GET", "/offers?status=pending")
  expect(offered.body.items).toEqual([
    expect.objectContaining({
      conversationId: sent.body.conversationId,
      channel: "sms",
      preview: "Hi",
      agentId: server.userId,
    }),
  ])
  const { id } = offered.body.items[0]
  expect((await server.api("GET", `/offers/${id}`)).status).toBe(403)
  const declined = await jordan()("PUT", `/offers/${id}/decline`, { reason: "declined" })
  expect(declined).toMatchObject({ status: 200, body: { status: "declined" } })
  expect(await jordan()("PUT", `/offers/${id}/acceptance`)).toMatchObject({
    status: 409,
    body: { code: "offer_ended", status: "declined" },
  })
  // Nobody else is there: it comes again after a minute.
  await api("POST", "/sandbox/clock/advances", { seconds: 61 })
  const again = (await jordan()("GET", "/offers?status=pending")).body.items[0]
  const accepted = await jordan()("PUT", `/offers/${again.id}/acceptance`)
  expect(accepted).toMatchObject({
    status: 200,
    body: {
      offer: { status: "accepted" },
      conversation: { id: sent.body.conversationId, status: "open" },
      callId: null,
    },
  })
  expect((await jordan()("PUT", `/offers/${again.id}/acceptance`)).status).toBe(200)
})

test("focus, pause and status end offers and keep what was set; reasons are checked", async () => {
  expect((await jordan()("PUT", "/agents/me/focus")).body).toMatchObject({
    focusedAt: expect.any(String),
    availableFor: ["messaging"],
  })
  expect((await jordan()("DELETE", "/agents/me/focus")).body).toMatchObject({
    focusedAt: null,
    availableFor: ["messaging"],
  })
  expect((await jordan()("PUT", "/agents/me/pause", { reason: "settings" })).body).toMatchObject({ paused: true })
  expect((await jordan()("DELETE", "/agents/me/pause")).body).toMatchObject({ paused: false })
  const reason = await server.api("POST", "/away-reasons", { name: "Lunch", kind: "away" })
  expect(reason.status).toBe(201)
  expect((await jordan()("PUT", "/agents/me/status", { status: "away", reasonId: reason.body.id })).body).toMatchObject(
    { status: "away", awayReasonId: reason.body.id },
  )
  expect((await jordan()("PUT", "/agents/me/status", { status: "away", reasonId: server.userId })).status).toBe(422)
  expect((await jordan()("PUT", "/agents/me/status", { status: "logged_in" })).body).toMatchObject({
    status: "logged_in",
    availableFor: ["messaging"],
  })
})

test("another's switches need agent.manage; the list is by inbox and group", async () => {
  const ana = await server.person({ name: "Ana", email: "ana@retale.com", roles: ["agent"], inboxIds: [general] })
  expect((await ana.api("GET", `/agents/${server.userId}`)).status).toBe(403)
  expect((await ana.api("GET", "/agents/me")).body).toMatchObject({
    name: "Ana",
    status: "logged_out",
    availableFor: [],
    capacity: { messaging: { standard: 3, maximum: 6 } },
  })
  const set = await server.api("PUT", `/agents/${ana.id}/availability`, { availableFor: ["messaging"] })
  expect(set).toMatchObject({ status: 200, body: { id: ana.id, availableFor: ["messaging"] } })
  const listed = await server.api("GET", `/agents?inboxId=${general}&group=messaging`)
  expect(listed.body.items.map((agent: { name: string }) => agent.name)).toEqual(["Ana", "Jordan"])
  expect(
    (await server.api("GET", `/agents?inboxId=${billing}&group=messaging`)).body.items.map(
      (agent: { name: string }) => agent.name,
    ),
  ).toEqual(["Jordan"])
})

test("S9 an item taken by hand is no longer there for the next", async () => {
  const sent = await server.api("POST", "/sandbox/messages", {
    entryPointId: billingEntryPoint,
    from: { kind: "email", value: "eve@example.com" },
    subject: "Hi",
    text: "Hello",
  })
  const [item] = (await server.api("GET", "/queue-items?group=mail")).body.items
  expect(item.conversationId).toBe(sent.body.conversationId)
  const taken = await jordan()("PUT", `/queue-items/${item.id}/take`)
  expect(taken).toMatchObject({
    status: 200,
    body: { conversationId: item.conversationId, agentId: server.userId, reason: "manual" },
  })
  const ben = await server.person({ name: "Ben", email: "ben@retale.com", roles: ["agent"], inboxIds: [billing] })
  expect(await ben.api("PUT", `/queue-items/${item.id}/take`)).toMatchObject({
    status: 409,
    body: { code: "already_taken", agentId: server.userId },
  })
})

test("the alarm: 'nobody is available' goes to the Administrators once when the oldest is overdue", async () => {
  await jordan()("PUT", "/agents/me/status", { status: "logged_out" })
  for (const agent of (await server.api("GET", "/agents")).body.items)
    await server.api("PUT", `/agents/${agent.id}/status`, { status: "logged_out" })
  await server.api("POST", "/sandbox/messages", {
    entryPointId: billingEntryPoint,
    from: { kind: "email", value: "fay@example.com" },
    subject: "Hi",
    text: "Hello",
  })
  await server.api("POST", "/sandbox/clock/advances", { seconds: 60 })
  await server.api("POST", "/sandbox/clock/advances", { seconds: 60 })
  const mails = await server.api("GET", "/sandbox/deliveries?address=jordan@retale.com")
  expect(mails.body.items.filter((mail: { subject: string }) => /nobody is available/.test(mail.subject))).toHaveLength(
    1,
  )
})
