import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import type { Api } from "../server.ts"
import { type Office, office, secondsBetween } from "./office.ts"

/** A conversation from first message to reopening (api.md 2.11, spec 4, 6 and 11), driven by the test clock. */

let at: Office
let fallback: string
let count = 0
let inboxId: string
let mailEntry: string
let smsEntry: string
let ana: { id: string; api: Api }

beforeAll(async () => {
  at = await office()
  fallback = await at.inbox("Fallback", "1440")
})
afterAll(() => at.server.close())

beforeEach(async () => {
  count++
  inboxId = await at.inbox(`Inbox ${count}`, "60")
  mailEntry = (await at.mailbox(`box${count}@retale.com`)).entryPointId
  smsEntry = (await at.number(`+1415555${String(3000 + count)}`)).entryPointId
  await at.save("email", fallback, [{ entryPointId: mailEntry, inboxId }])
  await at.save("sms", fallback, [{ entryPointId: smsEntry, inboxId }])
  ana = await at.agent(`Ana${count}`, [inboxId])
})

const on = async (api: Api, ...availableFor: string[]) =>
  expect((await api("PUT", "/agents/me/availability", { availableFor })).status).toBe(200)
const reply = async (api: Api, id: string, channel: string, text = "Here you are.") => {
  const answer = await api("POST", `/conversations/${id}/messages`, { channel, text })
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer.body
}
const accept = async (api: Api) => {
  const { items } = (await api("GET", "/offers?status=pending")).body
  expect(items).toHaveLength(1)
  return (await api("PUT", `/offers/${items[0].id}/acceptance`)).body.conversation
}
const customer = () => `customer${count}@example.com`
const phone = () => `+1415556${String(3000 + count)}`

test("the earlier due date wins while an answer is awaited; answered, the next message counts anew", async () => {
  const first = await at.mail(mailEntry, customer())
  await at.save("email", fallback, [{ entryPointId: mailEntry, inboxId, slaMinutesText: "5" }])
  await at.advance(60)
  const second = await at.mail(mailEntry, customer())
  expect(second.conversationId).toBe(first.conversationId)
  const { dueAt } = await at.conversation(first.conversationId)
  expect(dueAt).toBe(second.dueAt)
  await at.save("email", fallback, [{ entryPointId: mailEntry, inboxId, slaMinutesText: "120" }])
  await at.mail(mailEntry, customer())
  expect((await at.conversation(first.conversationId)).dueAt).toBe(dueAt)
  await reply(ana.api, first.conversationId, "email")
  expect(await at.conversation(first.conversationId)).toMatchObject({ status: "waiting", dueAt: null })
  const later = await at.mail(mailEntry, customer())
  const now = await at.conversation(first.conversationId)
  expect(now).toMatchObject({ dueAt: later.dueAt })
  expect(secondsBetween(now.contact.startedAt, now.dueAt)).toBe(7_200)
})

test("a transfer counts the due date by the new Inbox, once and only while an answer is awaited", async () => {
  const slow = await at.inbox(`Slow ${count}`, "240")
  const sent = await at.mail(mailEntry, customer())
  await at.advance(600)
  const moved = await at.jordan("PUT", `/conversations/${sent.conversationId}/assignment`, {
    inboxId: slow,
    agentId: null,
    note: "Yours, I think",
  })
  expect(moved).toMatchObject({ status: 200, body: { inboxId: slow, status: "new", assignment: null } })
  const changed = (await at.events("conversation_inbox.updated")).at(-1)
  expect(secondsBetween(changed.at, moved.body.dueAt)).toBe(14_400)
  expect(changed.data).toMatchObject({ conversationId: sent.conversationId, inboxId: slow, fromInboxId: inboxId })
  const notes = (await at.api("GET", `/conversations/${sent.conversationId}/timeline`)).body.items.filter(
    (one: { kind: string }) => one.kind === "note",
  )
  expect(notes).toMatchObject([{ note: { text: "Yours, I think" } }])
  await on(ana.api, "mail")
  expect(
    await at.jordan("PUT", `/conversations/${sent.conversationId}/assignment`, { inboxId: slow, agentId: ana.id }),
  ).toMatchObject({ status: 409, body: { code: "agent_not_in_inbox" } })
  const back = await at.jordan("PUT", `/conversations/${sent.conversationId}/assignment`, { inboxId, agentId: ana.id })
  expect(back.body).toMatchObject({ status: "open", inboxId, assignment: { agentId: ana.id, reason: "manual" } })
  const queued = await ana.api("DELETE", `/conversations/${sent.conversationId}/assignment`)
  expect(queued.body).toMatchObject({ status: expect.stringMatching(/new|open/), dueAt: back.body.dueAt })
  await reply(ana.api, sent.conversationId, "email")
  expect(
    (await at.jordan("PUT", `/conversations/${sent.conversationId}/assignment`, { inboxId: slow })).body,
  ).toMatchObject({ status: "waiting", dueAt: null })
})

test("closing while the customer waits needs force; what is closed is not edited, and opens again", async () => {
  const sent = await at.mail(mailEntry, customer())
  const path = `/conversations/${sent.conversationId}`
  expect(await ana.api("PUT", `${path}/closure`)).toMatchObject({ status: 409, body: { code: "customer_waiting" } })
  const closed = await ana.api("PUT", `${path}/closure`, { force: true })
  expect(closed).toMatchObject({
    status: 200,
    body: {
      status: "closed",
      dueAt: null,
      queueItem: null,
      closure: { closedAt: expect.any(String), closedBy: { id: ana.id }, forced: true },
    },
  })
  expect((await at.api("GET", `${path}/contacts`)).body.items).toMatchObject([
    { state: "ended", status: "unanswered", endReason: "conversation_closed" },
  ])
  const again = await ana.api("PUT", `${path}/closure`, { force: true })
  expect(again).toMatchObject({ status: 200, body: { version: closed.body.version } })
  for (const refused of [
    await ana.api("POST", `${path}/messages`, { channel: "email", text: "Late" }),
    await at.jordan("PUT", `${path}/assignment`, { inboxId: fallback }),
  ])
    expect(refused).toMatchObject({ status: 409, body: { code: "conversation_closed" } })
  const opened = await ana.api("DELETE", `${path}/closure`)
  expect(opened.body).toMatchObject({ status: expect.stringMatching(/open|waiting/), closure: null })
  expect((await ana.api("DELETE", `${path}/closure`)).body.version).toBe(opened.body.version)
})

test("topics may be required before closing", async () => {
  const topic = await at.api("POST", "/topics", { name: `Refund ${count}` })
  expect(topic.status).toBe(201)
  await at.workflow({ topicRequiredToClose: true })
  const sent = await at.mail(mailEntry, customer())
  await reply(ana.api, sent.conversationId, "email")
  expect(await ana.api("PUT", `/conversations/${sent.conversationId}/closure`)).toMatchObject({
    status: 409,
    body: { code: "topic_required" },
  })
  const closed = await ana.api("PUT", `/conversations/${sent.conversationId}/closure`, { topicIds: [topic.body.id] })
  expect(closed.body).toMatchObject({
    status: "closed",
    topics: [{ id: topic.body.id, name: `Refund ${count}` }],
    closure: { forced: false },
  })
  await at.workflow({ topicRequiredToClose: false })
})

test("no reply needed clears the due date and the queue; taken back, both return as they were", async () => {
  const sent = await at.mail(mailEntry, customer())
  const path = `/conversations/${sent.conversationId}/no-reply-needed`
  const before = await at.conversation(sent.conversationId)
  expect((await ana.api("PUT", path)).body).toMatchObject({
    status: "waiting",
    dueAt: null,
    queueItem: null,
    noReplyNeeded: true,
  })
  expect((await at.api("GET", `/conversations/${sent.conversationId}/contacts`)).body.items[0]).toMatchObject({
    state: "ended",
    endReason: "no_reply_needed",
    fulfilledBy: "canceled",
  })
  await at.advance(120)
  expect((await ana.api("DELETE", path)).body).toMatchObject({
    status: "new",
    dueAt: before.dueAt,
    noReplyNeeded: false,
    queueItem: { inboxId, dueAt: before.dueAt },
  })
})

test("within the reopen window a closed conversation opens again, with its entry point's due date; after it a new one begins", async () => {
  const sent = await at.mail(mailEntry, customer())
  await reply(ana.api, sent.conversationId, "email")
  await ana.api("PUT", `/conversations/${sent.conversationId}/closure`)
  await at.advance(604_700)
  const within = await at.mail(mailEntry, customer())
  expect(within.conversationId).toBe(sent.conversationId)
  expect(await at.conversation(sent.conversationId)).toMatchObject({
    status: "new",
    dueAt: within.dueAt,
    closure: null,
  })
  expect((await at.events("conversation.reopened")).at(-1).data).toMatchObject({ conversationId: sent.conversationId })
  await ana.api("PUT", `/conversations/${sent.conversationId}/closure`, { force: true })
  await at.advance(604_900)
  const after = await at.mail(mailEntry, customer())
  expect(after.conversationId).not.toBe(sent.conversationId)
  expect(after.customerId).toBe(sent.customerId)
  expect((await at.conversation(sent.conversationId)).status).toBe("closed")
})

test("reopened within the same-agent limit it goes to its agent who is there; to the queue when he is not, or later", async () => {
  await on(ana.api, "messaging")
  const sent = await at.text(smsEntry, phone())
  await accept(ana.api)
  await reply(ana.api, sent.conversationId, "sms")
  await ana.api("PUT", `/conversations/${sent.conversationId}/closure`)
  await at.advance(800)
  await at.text(smsEntry, phone(), "One more thing")
  expect(await at.conversation(sent.conversationId)).toMatchObject({
    status: "open",
    assignment: { agentId: ana.id, reason: "contact_inbound" },
  })
  await reply(ana.api, sent.conversationId, "sms")
  await ana.api("PUT", `/conversations/${sent.conversationId}/closure`)
  await ana.api("PUT", "/agents/me/status", { status: "away" })
  await at.text(smsEntry, phone(), "And another")
  expect(await at.conversation(sent.conversationId)).toMatchObject({
    status: "new",
    assignment: null,
    queueItem: { inboxId },
  })
  await ana.api("PUT", "/agents/me/status", { status: "logged_in" })
  await accept(ana.api)
  await reply(ana.api, sent.conversationId, "sms")
  await ana.api("PUT", `/conversations/${sent.conversationId}/closure`)
  await at.advance(1_000)
  await at.text(smsEntry, phone(), "Later")
  expect((await at.conversation(sent.conversationId)).assignment).toBeNull()
})

test("an agent who stays away keeps awaited work only for the grace, and its due date stays", async () => {
  await on(ana.api, "messaging", "mail")
  const sent = await at.text(smsEntry, phone())
  await accept(ana.api)
  const letter = await at.mail(mailEntry, customer())
  expect((await at.conversation(letter.conversationId)).assignment).toMatchObject({ agentId: ana.id })
  await ana.api("PUT", "/agents/me/status", { status: "logged_out" })
  await at.advance(110)
  expect((await at.conversation(sent.conversationId)).assignment).toMatchObject({ agentId: ana.id })
  await at.advance(20)
  expect(await at.conversation(sent.conversationId)).toMatchObject({
    status: "new",
    assignment: null,
    dueAt: sent.dueAt,
    queueItem: { dueAt: sent.dueAt },
  })
  expect((await at.conversation(letter.conversationId)).assignment).toMatchObject({ agentId: ana.id })
  await at.advance(14_400)
  expect(await at.conversation(letter.conversationId)).toMatchObject({
    status: "new",
    assignment: null,
    dueAt: letter.dueAt,
  })
  const reasons = (await at.events("conversation_assignee.updated"))
    .filter((one) => one.data.fromAgentId === ana.id)
    .map((one) => one.data.reason)
  expect(reasons).toEqual(["agent_absent", "agent_absent"])
})

test("a message session without an answer from the customer ends by itself and frees its place", async () => {
  await on(ana.api, "messaging")
  const sent = await at.text(smsEntry, phone())
  await accept(ana.api)
  expect((await ana.api("GET", "/agents/me")).body.load.messaging).toBe(1)
  await at.advance(950)
  expect((await ana.api("GET", "/agents/me")).body.load.messaging).toBe(1)
  await reply(ana.api, sent.conversationId, "sms")
  await at.advance(950)
  expect((await ana.api("GET", "/agents/me")).body.load.messaging).toBe(0)
  expect(await at.conversation(sent.conversationId)).toMatchObject({
    status: "waiting",
    assignment: { agentId: ana.id },
    contact: { state: "ended", endReason: "customer_no_reply", status: "answered" },
  })
})

test("who answers what nobody has gets it; writing first begins a conversation with the writer", async () => {
  const sent = await at.mail(mailEntry, customer())
  await reply(ana.api, sent.conversationId, "email")
  expect((await at.conversation(sent.conversationId)).assignment).toMatchObject({
    agentId: ana.id,
    reason: "message_outbound",
  })
  const made = await ana.api("POST", "/customers", {
    name: "Tom Reyes",
    addresses: [{ kind: "email", value: `Tom${count}@Example.com` }],
  })
  expect(made).toMatchObject({
    status: 201,
    body: { name: "Tom Reyes", addresses: [{ kind: "email", value: `tom${count}@example.com` }] },
  })
  const begun = await ana.api("POST", "/conversations", { customerId: made.body.id, inboxId, start: "new" })
  expect(begun.status).toBe(201)
  expect(await ana.api("POST", "/conversations", { customerId: made.body.id, inboxId, start: "new" })).toMatchObject({
    status: 409,
    body: { code: "conversation_active", conversationId: begun.body.id },
  })
  const message = await ana.api("POST", `/conversations/${begun.body.id}/messages`, {
    channel: "email",
    entryPointId: mailEntry,
    subject: "Your order",
    text: "It left today.",
  })
  expect(message).toMatchObject({
    status: 201,
    body: { direction: "outbound", to: [`tom${count}@example.com`], delivery: { status: "queued" } },
  })
  expect((await at.conversation(begun.body.id)).assignment).toMatchObject({ agentId: ana.id })
})

test("STOP keeps us from sending to that number, START lifts it; the words stand in the conversation", async () => {
  const sent = await at.text(smsEntry, phone())
  const own = (await at.api("GET", `/entry-points/${smsEntry}`)).body
  await at.text(smsEntry, phone(), " stop ")
  expect((await at.api("GET", `/opt-outs?customerAddress=${encodeURIComponent(phone())}`)).body.items).toEqual([
    expect.objectContaining({
      customerAddress: phone(),
      phoneNumberId: own.phoneNumberId,
      keyword: expect.stringMatching(/^stop$/i),
      since: expect.any(String),
    }),
  ])
  expect(
    await ana.api("POST", `/conversations/${sent.conversationId}/messages`, { channel: "sms", text: "Hi" }),
  ).toMatchObject({ status: 409, body: { code: "opted_out", detail: expect.stringMatching(/START/) } })
  const option = (await ana.api("GET", `/conversations/${sent.conversationId}/reply-options`)).body.items.find(
    (one: { channel: string }) => one.channel === "sms",
  )
  expect(option).toMatchObject({ allowed: false, reason: "opted_out" })
  await at.text(smsEntry, phone(), "STOP PLEASE")
  await at.text(smsEntry, phone(), "Start")
  expect((await at.api("GET", `/opt-outs?customerAddress=${encodeURIComponent(phone())}`)).body.items).toEqual([])
  await reply(ana.api, sent.conversationId, "sms", "Welcome back")
  const texts = (await at.api("GET", `/conversations/${sent.conversationId}/timeline`)).body.items
    .filter((one: { kind: string }) => one.kind === "message")
    .map((one: { message: { text: string } }) => one.message.text.trim())
  expect(texts).toEqual(["Hi", "stop", "STOP PLEASE", "Start", "Welcome back"])
})

test("S43 one Inbox fed by two channels has both in its agents' list; a customer on both is one conversation", async () => {
  const letter = await at.mail(mailEntry, customer())
  const message = await at.text(smsEntry, phone())
  const listed = (await ana.api("GET", `/conversations?inboxId=${inboxId}`)).body.items.map(
    (one: { id: string }) => one.id,
  )
  expect(listed.sort()).toEqual([letter.conversationId, message.conversationId].sort())
  expect((await at.api("GET", `/inboxes/${inboxId}`)).body.channels.sort()).toEqual(["email", "sms"])
})

test("a customer's addresses are replaced as a whole; those of another are refused", async () => {
  const made = (
    await at.api("POST", "/customers", { name: "Lena", addresses: [{ kind: "phone", value: "(415) 555-0171" }] })
  ).body
  const patch = (addresses: object[]) => at.api("PATCH", `/customers/${made.id}`, { addresses }, { "if-match": "*" })
  const changed = await patch([
    { kind: "phone", value: "+14155550171" },
    { kind: "email", value: "Lena@Example.com" },
  ])
  expect(changed.body.addresses).toMatchObject([
    { id: made.addresses[0].id },
    { kind: "email", value: "lena@example.com", proved: true },
  ])
  expect((await patch(changed.body.addresses)).body.addresses).toEqual(changed.body.addresses)
  expect((await patch([{ kind: "email", value: "lena@example.com" }])).body.addresses).toMatchObject([
    { kind: "email" },
  ])
  await at.mail(mailEntry, "taken@example.com")
  expect(await patch([{ kind: "email", value: "taken@example.com" }])).toMatchObject({
    status: 409,
    body: { code: "address_taken", customerId: expect.any(String) },
  })
})
