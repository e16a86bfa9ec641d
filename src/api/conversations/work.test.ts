import { sql } from "kysely"
import { afterAll, beforeAll, expect, test } from "vitest"
import { testStore, type TestStore } from "../../../test/database.ts"
import { type Desk, desk, type Person } from "../../../test/desk.ts"
import { FileCollection } from "../../conversations/file-collection.ts"
import { newId } from "../../ids.ts"

let ground: TestStore
let d: Desk
let jordan: Person
let ana: Person
let ben: Person
let mail = ""
let sms = ""

beforeAll(async () => {
  ground = await testStore()
  d = await desk(ground)
  mail = await d.world.entryPoint("email", d.generalId)
  sms = await d.world.entryPoint("sms", d.generalId)
  jordan = await d.person("Jordan", ["administrator"])
  ana = await d.person("Ana", ["agent"], [d.generalId, d.billingId])
  ben = await d.person("Ben", ["agent"], [d.billingId])
}, 120_000)

afterAll(async () => {
  await d?.stop()
  await ground?.close()
})

let n = 0
const someone = () => `customer${++n}@example.com`

async function received(from = someone(), text = "Why twice?", more: object = {}) {
  const receipt = await d.world.send(mail, "email", from, text, { test: true, ...more })
  return { ...receipt, conversationId: receipt.conversationId ?? "", messageId: receipt.messageId ?? "" }
}

test("S3 S66 a mail is listed, read, answered, and the answer reaches the customer", async () => {
  const from = someone()
  const { conversationId } = await received(from)
  const listed = await ana.call("GET", "/conversations?view=queue")
  expect(listed.body.items.map((one: { id: string }) => one.id)).toContain(conversationId)
  const read = await ana.call("GET", `/conversations/${conversationId}`)
  expect(read.body).toMatchObject({
    status: "new",
    inboxId: d.generalId,
    assignment: null,
    unread: true,
    test: true,
    hiddenItems: 0,
  })
  expect(read.body.contact).toMatchObject({
    channel: "email",
    state: "queued",
    slaSeconds: 86_400,
    slaSource: "inbox",
    dueAt: read.body.dueAt,
  })
  expect(read.body.queueItem).toMatchObject({ inboxId: d.generalId, group: "mail" })

  await ana.call("PUT", `/conversations/${conversationId}/drafts/email`, { text: "Refun" })
  const answered = await ana.call("POST", `/conversations/${conversationId}/messages`, {
    channel: "email",
    text: "Refunded.",
  })
  expect(answered.status, JSON.stringify(answered.body)).toBe(201)
  expect(answered.body).toMatchObject({
    direction: "outbound",
    text: "Refunded.",
    to: [from],
    delivery: { status: "queued" },
    author: { type: "agent", name: "Ana" },
  })
  expect((await ana.call("GET", `/conversations/${conversationId}/drafts/email`)).body.text).toBe("")
  await d.deliver()
  const got = await jordan.call("GET", `/sandbox/deliveries?address=${from}&wait=1`)
  expect(got.body.items).toMatchObject([{ messageId: answered.body.id, channel: "email", to: from, text: "Refunded." }])
  expect((await ana.call("GET", `/messages/${answered.body.id}`)).body.delivery).toMatchObject({
    status: "sent",
    attempts: 1,
  })

  const after = (await ana.call("GET", `/conversations/${conversationId}`)).body
  expect(after).toMatchObject({
    status: "waiting",
    dueAt: null,
    queueItem: null,
    assignment: { agentId: ana.id, reason: "message_outbound" },
  })
  expect(after.contact).toMatchObject({
    state: "ended",
    endReason: "agent_ended",
    fulfilledBy: "responded",
    status: "answered",
  })
  const timeline = (await ana.call("GET", `/conversations/${conversationId}/timeline`)).body.items
  expect(timeline.map((item: { kind: string }) => item.kind)).toEqual(["message", "message", "assignment_change"])
  expect(timeline[1].message).toMatchObject({ text: "Refunded.", delivery: { status: "sent" } })
  await consistent()
})

test("reliability 24 sending twice by double click is one message", async () => {
  const { conversationId } = await received()
  const send = () =>
    ana.call(
      "POST",
      `/conversations/${conversationId}/messages`,
      { channel: "email", text: "Once." },
      { "idempotency-key": "draft-0001" },
    )
  const [first, second] = await Promise.all([send(), send()])
  const third = await send()
  const answers = [first, second, third].map((answer) => answer.status)
  expect(answers.filter((status) => status === 201).length).toBeGreaterThanOrEqual(2)
  expect(answers.every((status) => status === 201 || status === 409)).toBe(true)
  expect(third.headers["idempotency-replayed"]).toBe("true")
  const sent = await sql<{
    count: number
  }>`SELECT count(*)::int FROM messages WHERE conversation_id = ${conversationId} AND direction = 'outbound'`.execute(
    ground.db,
  )
  expect(sent.rows[0]?.count).toBe(1)
})

test("a reply answers only what its writer had seen; a later message stays unanswered with its own due date", async () => {
  const from = someone()
  const first = await received(from, "One")
  await new Promise((resolve) => setTimeout(resolve, 20))
  const second = await received(from, "Two")
  expect(second.conversationId).toBe(first.conversationId)
  const answered = await ana.call("POST", `/conversations/${first.conversationId}/messages`, {
    channel: "email",
    text: "To one.",
    seenMessageId: first.messageId,
  })
  expect(answered.status).toBe(201)
  const after = (await ana.call("GET", `/conversations/${first.conversationId}`)).body
  const due = await sql<{
    at: Date
  }>`SELECT received_at + interval '86400 seconds' AS at FROM messages WHERE id = ${second.messageId}`.execute(
    ground.db,
  )
  expect(after).toMatchObject({ status: "open", dueAt: due.rows[0]?.at.toISOString(), assignment: { agentId: ana.id } })
  await ana.call("POST", `/conversations/${first.conversationId}/messages`, {
    channel: "email",
    text: "To both.",
    seenMessageId: second.messageId,
  })
  expect((await ana.call("GET", `/conversations/${first.conversationId}`)).body).toMatchObject({
    status: "waiting",
    dueAt: null,
  })
  await consistent()
})

test("a race of replies and inbound messages leaves no customer unanswered without a due date", async () => {
  for (let round = 0; round < 5; round++) {
    const from = someone()
    const { conversationId, messageId } = await received(from)
    await Promise.all([
      received(from, "And this?"),
      ana.call("POST", `/conversations/${conversationId}/messages`, {
        channel: "email",
        text: "Yes.",
        seenMessageId: messageId,
      }),
    ])
    const after = (await ana.call("GET", `/conversations/${conversationId}`)).body
    expect(after.status).toBe("open")
    expect(after.dueAt).not.toBeNull()
  }
  await consistent()
})

test("a race of closing and inbound messages: refused, or a conversation that waits again", async () => {
  for (let round = 0; round < 5; round++) {
    const from = someone()
    const { conversationId } = await received(from)
    await ana.call("POST", `/conversations/${conversationId}/messages`, { channel: "email", text: "Yes." })
    const [closed, again] = await Promise.all([
      ana.call("PUT", `/conversations/${conversationId}/closure`, {}),
      received(from, "One more"),
    ])
    expect([200, 409]).toContain(closed.status)
    const after = (await ana.call("GET", `/conversations/${again.conversationId}`)).body
    expect(["new", "open"]).toContain(after.status)
  }
  await consistent()
})

test("closing needs force while the customer waits, and a topic where one is wanted; it is repeatable", async () => {
  const { conversationId } = await received()
  expect((await ana.call("PUT", `/conversations/${conversationId}/closure`, {})).body).toMatchObject({
    status: 409,
    code: "customer_waiting",
    topicRequired: false,
  })
  const closed = await ana.call("PUT", `/conversations/${conversationId}/closure`, { force: true })
  expect(closed.body).toMatchObject({
    status: "closed",
    queueItem: null,
    assignment: null,
    closure: { forced: true, closedBy: { id: ana.id } },
    contact: { state: "ended", endReason: "conversation_closed", status: "unanswered" },
  })
  const version = closed.body.version
  expect((await ana.call("PUT", `/conversations/${conversationId}/closure`, { force: true })).body.version).toBe(
    version,
  )
  expect(
    (await ana.call("POST", `/conversations/${conversationId}/messages`, { channel: "email", text: "x" })).body.code,
  ).toBe("conversation_closed")
  expect((await ana.call("PUT", `/conversations/${conversationId}/assignment`, { agentId: ana.id })).body.code).toBe(
    "conversation_closed",
  )
  const reopened = await ana.call("DELETE", `/conversations/${conversationId}/closure`)
  expect(reopened.body).toMatchObject({
    status: "waiting",
    closure: null,
    assignment: { agentId: ana.id, reason: "manual" },
  })

  await d.world.settings((settings) => {
    settings.topicRequiredToClose = true
  })
  expect((await ana.call("PUT", `/conversations/${conversationId}/closure`, {})).body.code).toBe("topic_required")
  const topic = await jordan.call("POST", "/topics", { name: "Refund" })
  expect((await jordan.call("POST", "/topics", { name: "refund" })).body.code).toBe("name_taken")
  const done = await ana.call("PUT", `/conversations/${conversationId}/closure`, { topicIds: [topic.body.id] })
  expect(done.body).toMatchObject({ status: "closed", topics: [{ id: topic.body.id, name: "Refund" }] })
  const waiting = await received()
  const refused = (await ana.call("PUT", `/conversations/${waiting.conversationId}/closure`, {})).body
  expect(refused).toMatchObject({ code: "customer_waiting", topicRequired: true })
  await d.world.settings(() => {})
  await consistent()
})

test("a transfer to another Inbox counts from now, keeps the place by age, and an agent must be a member", async () => {
  const { conversationId } = await received()
  const before = (await ana.call("GET", `/conversations/${conversationId}`)).body
  const refused = await ben.call("PUT", `/conversations/${conversationId}/assignment`, { inboxId: d.billingId })
  expect(refused.status).toBe(404)
  const moved = await ana.call("PUT", `/conversations/${conversationId}/assignment`, {
    inboxId: d.billingId,
    note: "Please look",
  })
  expect(moved.status, JSON.stringify(moved.body)).toBe(200)
  expect(moved.body).toMatchObject({
    status: "new",
    inboxId: d.billingId,
    assignment: null,
    queueItem: { inboxId: d.billingId, waitingSince: before.queueItem.waitingSince },
  })
  const dueIn = new Date(moved.body.dueAt).getTime() - Date.now()
  expect(dueIn).toBeGreaterThan(3_590_000)
  expect(dueIn).toBeLessThanOrEqual(3_600_000)
  expect(
    (await ben.call("PUT", `/conversations/${conversationId}/assignment`, { inboxId: d.generalId })).body,
  ).toMatchObject({ status: 403, code: "not_permitted", action: "conversation.assign" })
  expect(
    (await jordan.call("PUT", `/conversations/${conversationId}/assignment`, { inboxId: d.generalId, agentId: ben.id }))
      .body.code,
  ).toBe("agent_not_in_inbox")
  const taken = await ben.call("PUT", `/conversations/${conversationId}/assignment`, { agentId: ben.id })
  expect(taken.body).toMatchObject({
    status: "open",
    assignment: { agentId: ben.id, reason: "manual" },
    queueItem: null,
    dueAt: moved.body.dueAt,
  })
  const stale = await ben.call("DELETE", `/conversations/${conversationId}/assignment`, undefined, {
    "if-match": `"${moved.body.version}"`,
  })
  expect(stale.body).toMatchObject({ status: 412, code: "version_conflict", currentVersion: taken.body.version })
  const back = await ben.call("DELETE", `/conversations/${conversationId}/assignment`)
  expect(back.body).toMatchObject({
    status: "new",
    assignment: null,
    queueItem: { inboxId: d.billingId },
    dueAt: moved.body.dueAt,
  })
  const kinds = (await ben.call("GET", `/conversations/${conversationId}/timeline?order=newest`)).body.items.map(
    (item: { kind: string }) => item.kind,
  )
  expect(kinds).toEqual(["assignment_change", "assignment_change", "note", "message"])
  await consistent()
})

test("no reply needed ends what waits, and taken back it waits again at its old place", async () => {
  const { conversationId } = await received()
  const before = (await ana.call("GET", `/conversations/${conversationId}`)).body
  const set = await ana.call("PUT", `/conversations/${conversationId}/no-reply-needed`)
  expect(set.body).toMatchObject({
    status: "waiting",
    noReplyNeeded: true,
    dueAt: null,
    queueItem: null,
    contact: { endReason: "no_reply_needed", fulfilledBy: "canceled", status: "unanswered" },
  })
  expect((await ana.call("PUT", `/conversations/${conversationId}/no-reply-needed`)).body.version).toBe(
    set.body.version,
  )
  const back = await ana.call("DELETE", `/conversations/${conversationId}/no-reply-needed`)
  expect(back.body).toMatchObject({
    status: "new",
    noReplyNeeded: false,
    dueAt: before.dueAt,
    queueItem: { waitingSince: before.queueItem.waitingSince, dueAt: before.dueAt },
    contact: { channel: "email", state: "queued" },
  })
  const items = (await ana.call("GET", `/customers/${before.customer.id}/timeline`)).body.items
  const changes = items.filter((item: { kind: string }) => item.kind === "status_change")
  expect(changes).toMatchObject([
    { actor: { type: "user", id: ana.id }, statusChange: { from: "new", to: "waiting", reason: "no_reply_needed" } },
    { actor: { id: ana.id }, statusChange: { from: "waiting", to: "new", reason: "no_reply_needed_taken_back" } },
  ])
  await consistent()
})

test("undo while queued: the customer waits again at the old place, and the message is gone from the timeline", async () => {
  const { conversationId } = await received()
  const before = (await ana.call("GET", `/conversations/${conversationId}`)).body
  await sql`UPDATE users SET preferences = '{"undoSeconds": 5}' WHERE id = ${ana.id}`.execute(ground.db)
  const sent = await ana.call("POST", `/conversations/${conversationId}/messages`, { channel: "email", text: "Oops" })
  await sql`UPDATE users SET preferences = '{}' WHERE id = ${ana.id}`.execute(ground.db)
  await d.deliver()
  const [delivery] = (await ana.call("GET", `/messages/${sent.body.id}/deliveries`)).body.items
  expect(delivery).toMatchObject({ status: "queued", attempts: 0 })
  expect((await ana.call("DELETE", `/messages/${sent.body.id}/deliveries/${delivery.id}`)).status).toBe(204)
  expect((await ana.call("DELETE", `/messages/${sent.body.id}/deliveries/${delivery.id}`)).status).toBe(204)
  const after = (await ana.call("GET", `/conversations/${conversationId}`)).body
  expect(after).toMatchObject({
    status: "open",
    dueAt: before.dueAt,
    assignment: { agentId: ana.id },
    contact: { state: "active" },
  })
  const kinds = (await ana.call("GET", `/conversations/${conversationId}/timeline`)).body.items.map(
    (item: { kind: string }) => item.kind,
  )
  expect(kinds).toEqual(["message", "assignment_change"])
  const gone = await ana.call("POST", `/conversations/${conversationId}/messages`, { channel: "email", text: "Right" })
  await d.deliver()
  const [left] = (await ana.call("GET", `/messages/${gone.body.id}/deliveries`)).body.items
  expect((await ana.call("DELETE", `/messages/${gone.body.id}/deliveries/${left.id}`)).body.code).toBe("already_sent")
  await consistent()
})

test("S2 a picture goes with the message; what was not uploaded by the writer does not", async () => {
  const { conversationId } = await received()
  const file = await upload(
    ana,
    "../photo.png",
    "image/png",
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]),
  )
  expect(file.body).toMatchObject({ name: "photo.png", type: "image/png", sizeBytes: 11 })
  const other = await upload(ben, "x.txt", "text/plain", Buffer.from("x"))
  const refused = await ana.call("POST", `/conversations/${conversationId}/messages`, {
    channel: "email",
    text: "Look",
    attachmentIds: [other.body.id],
  })
  expect(refused.body.errors).toMatchObject([{ pointer: "#/attachmentIds/0", code: "unknown_reference" }])
  const sent = await ana.call("POST", `/conversations/${conversationId}/messages`, {
    channel: "email",
    text: "Look",
    attachmentIds: [file.body.id],
  })
  expect(sent.body.attachments).toMatchObject([{ id: file.body.id, name: "photo.png" }])
  await d.deliver()
  const out = d.far.email.sent.find((message) => message.messageId === sent.body.id)
  expect(await out?.files[0]?.read()).toHaveLength(11)
})

test("reliability 40 a link to a file works for its reader, signed in, for a while, and says nothing to a browser that could run it", async () => {
  const { conversationId } = await received()
  const file = await upload(ana, "page.html", "text/html", Buffer.from("<script>alert(1)</script>"))
  await ana.call("POST", `/conversations/${conversationId}/messages`, {
    channel: "email",
    text: "x",
    attachmentIds: [file.body.id],
  })
  const url = (await ana.call("GET", `/attachments/${file.body.id}`)).body.contentUrl.replace("/api", "")
  const got = await ana.call("GET", url)
  expect(got.status).toBe(200)
  expect(got.headers).toMatchObject({
    "content-type": "application/octet-stream",
    "x-content-type-options": "nosniff",
    "cache-control": "private, max-age=300",
  })
  expect(String(got.headers["content-disposition"])).toMatch(/^attachment; /)
  expect(String(got.headers["content-security-policy"])).toContain("sandbox")
  expect((await ben.call("GET", url)).status).toBe(404)
  expect((await jordan.call("GET", url)).status).toBe(404)
  expect((await d.server.app.inject({ method: "GET", url: `/api${url}` })).statusCode).toBe(401)
  const expired = url.replace(/expires=\d+/, "expires=1000000000")
  const guessed = url.replace(/signature=.{4}/, "signature=AAAA")
  expect((await ana.call("GET", expired)).status).toBe(404)
  expect((await ana.call("GET", guessed)).status).toBe(404)
  await sql`UPDATE users SET status = 'deactivated', deactivated_at = now() WHERE id = ${ana.id}`.execute(ground.db)
  expect((await ana.call("GET", url)).status).toBe(401)
  await sql`UPDATE users SET status = 'active', deactivated_at = NULL WHERE id = ${ana.id}`.execute(ground.db)
})

test("reliability 38 an upload above 25 MiB ends while it streams", async () => {
  const big = await upload(ana, "big.bin", "application/octet-stream", Buffer.alloc(25 * 1024 * 1024 + 1))
  expect(big.status).toBe(413)
  expect(big.body.code).toBe("too_large")
  const text = await ana.call("POST", "/attachments", { file: "x" })
  expect(text.body.code).toBe("type_not_supported")
})

test("reliability 24 a draft survives, is one's own, and a note is a channel of it", async () => {
  const { conversationId } = await received()
  const path = `/conversations/${conversationId}/drafts/email`
  expect((await ana.call("GET", path)).body).toMatchObject({ text: "", updatedAt: null })
  const choices = { entryPointId: newId(), toAddressId: newId() }
  await ana.call("PUT", path, { text: "Dear Maya", subject: "Re: Invoice", cc: ["leo@retale.com", "le"], ...choices })
  expect((await ana.call("GET", path)).body).toMatchObject({
    channel: "email",
    text: "Dear Maya",
    subject: "Re: Invoice",
    cc: ["leo@retale.com", "le"],
    bcc: [],
    ...choices,
    attachmentIds: [],
  })
  expect((await jordan.call("GET", path)).body.text).toBe("")
  expect((await ana.call("PUT", `/conversations/${conversationId}/drafts/note`, { text: "n" })).status).toBe(200)
  expect((await ana.call("DELETE", path)).status).toBe(204)
  expect((await ana.call("GET", path)).body.text).toBe("")
  expect((await ana.call("GET", `/conversations/${conversationId}/drafts/pigeon`)).status).toBe(404)
})

test("notes are for colleagues, mention them, and only their author takes them back", async () => {
  const { conversationId } = await received()
  const note = await ana.call("POST", `/conversations/${conversationId}/notes`, {
    text: "@Jordan look",
    mentionUserIds: [jordan.id, ben.id],
  })
  expect(note.body).toMatchObject({
    text: "@Jordan look",
    author: { id: ana.id, name: "Ana" },
    mentionUserIds: [jordan.id, ben.id],
  })
  const bell = await sql<{ userId: string }>`SELECT user_id FROM notifications WHERE kind = 'mention'`.execute(
    ground.db,
  )
  // Ben may not read conversations of this Inbox: neither its text nor a link that leads nowhere.
  expect(bell.rows).toEqual([{ userId: jordan.id }])
  expect(
    (await ana.call("POST", `/conversations/${conversationId}/notes`, { text: "x", mentionUserIds: [newId()] })).body
      .errors[0],
  ).toMatchObject({ pointer: "#/mentionUserIds/0", code: "unknown_reference" })
  expect((await jordan.call("DELETE", `/conversations/${conversationId}/notes/${note.body.id}`)).status).toBe(404)
  expect((await ana.call("DELETE", `/conversations/${conversationId}/notes/${note.body.id}`)).status).toBe(204)
  const items = (await ana.call("GET", `/conversations/${conversationId}/timeline`)).body.items
  expect(items.map((item: { kind: string }) => item.kind)).toEqual(["message"])
})

test("read marks make a conversation read, and unread again", async () => {
  const { conversationId } = await received()
  const [item] = (await ana.call("GET", `/conversations/${conversationId}/timeline`)).body.items
  await ana.call("PUT", `/conversations/${conversationId}/read-mark`, { upToPosition: item.position })
  expect((await ana.call("GET", `/conversations/${conversationId}`)).body.unread).toBe(false)
  expect((await jordan.call("GET", `/conversations/${conversationId}`)).body.unread).toBe(true)
  await ana.call("PUT", `/conversations/${conversationId}/read-mark`, { upToPosition: item.position - 1 })
  expect((await ana.call("GET", `/conversations/${conversationId}`)).body.unread).toBe(true)
})

test("who answers has read what he answered, and not what came meanwhile", async () => {
  const from = someone()
  const first = await received(from)
  const { conversationId } = first
  const answer = (seenMessageId?: string) =>
    ana.call("POST", `/conversations/${conversationId}/messages`, { channel: "email", text: "Yes.", seenMessageId })
  await received(from, "And one more thing")
  expect((await answer(first.messageId)).status).toBe(201)
  expect((await ana.call("GET", `/conversations/${conversationId}`)).body.unread).toBe(true)
  expect((await answer()).status).toBe(201)
  expect((await ana.call("GET", `/conversations/${conversationId}`)).body.unread).toBe(false)
  expect((await jordan.call("GET", `/conversations/${conversationId}`)).body.unread).toBe(true)
})

test("S43 writing first: a customer is made, a conversation begun in an Inbox, and an answer comes to the writer", async () => {
  const made = await ana.call("POST", "/customers", {
    name: "Maya Chen",
    addresses: [
      { kind: "phone", value: "(415) 555-0188" },
      { kind: "email", value: "Maya.C@Example.com" },
    ],
  })
  expect(made.body).toMatchObject({
    name: "Maya Chen",
    addresses: [{ kind: "phone", value: "+14155550188", proved: true }, { value: "maya.c@example.com" }],
  })
  expect(
    (await ana.call("POST", "/customers", { addresses: [{ kind: "email", value: "maya.c@example.com" }] })).body,
  ).toMatchObject({ code: "address_taken", customerId: made.body.id })
  const begun = await ana.call("POST", "/conversations", {
    customerId: made.body.id,
    inboxId: d.generalId,
    start: "new",
  })
  expect(begun.body, JSON.stringify(begun.body)).toMatchObject({
    status: "waiting",
    inboxId: d.generalId,
    assignment: { agentId: ana.id, reason: "message_outbound" },
  })
  expect(
    (await ana.call("POST", "/conversations", { customerId: made.body.id, inboxId: d.generalId })).body,
  ).toMatchObject({ code: "conversation_active", conversationId: begun.body.id })
  const options = (await ana.call("GET", `/conversations/${begun.body.id}/reply-options`)).body.items
  expect(options.find((one: { channel: string }) => one.channel === "sms")).toMatchObject({
    allowed: true,
    from: [{ entryPointId: sms, default: true }],
    to: [{ value: "+14155550188" }],
    lengthMax: 1600,
  })
  const sent = await ana.call("POST", `/conversations/${begun.body.id}/messages`, {
    channel: "sms",
    text: "Your parcel is here.",
  })
  expect(sent.status, JSON.stringify(sent.body)).toBe(201)
  const contact = (await ana.call("GET", `/conversations/${begun.body.id}/contacts`)).body.items
  expect(contact).toMatchObject([{ channel: "sms", direction: "outbound", state: "fulfilled" }])
  const reply = await d.world.send(sms, "sms", "+14155550188", "Thanks")
  expect(reply.conversationId).toBe(begun.body.id)
  await consistent()
})

test("lists are searched by words, names and addresses, filtered, and paged without loss", async () => {
  const from = `maya.search.${n}@example.com`
  const { conversationId } = await received(from, "The xylophone is out of tune")
  for (const q of ["xylophone", "xylo tune", "maya.search"]) {
    const found = await jordan.call("GET", `/conversations?q=${encodeURIComponent(q)}`)
    expect(
      found.body.items.map((one: { id: string }) => one.id),
      q,
    ).toEqual([conversationId])
  }
  expect((await jordan.call("GET", "/customers?q=(415)%20555-0188")).body.items).toMatchObject([{ name: "Maya Chen" }])
  expect((await jordan.call("GET", "/customers?address=415-555-0188")).body.items).toHaveLength(1)
  expect((await jordan.call("GET", "/conversations?status=open,new&overdue=true")).body.items).toEqual([])
  const all = (await jordan.call("GET", "/conversations?limit=200")).body.items.map((one: { id: string }) => one.id)
  const paged: string[] = []
  let cursor: string | null = null
  do {
    const page = await jordan.call("GET", `/conversations?limit=3${cursor ? `&cursor=${cursor}` : ""}`)
    paged.push(...page.body.items.map((one: { id: string }) => one.id))
    cursor = page.body.nextCursor
  } while (cursor)
  expect(paged).toEqual(all)
  expect((await jordan.call("GET", "/conversations?sort=name")).status).toBe(422)
})

test("reliability 39 an agent sees conversations of own inboxes and those that he has, nothing else; other organizations see nothing", async () => {
  const { conversationId, messageId, customerId } = await received()
  const paths = [
    `/conversations/${conversationId}`,
    `/conversations/${conversationId}/timeline`,
    `/conversations/${conversationId}/contacts`,
    `/conversations/${conversationId}/reply-options`,
    `/messages/${messageId}`,
    `/messages/${messageId}/source`,
    `/messages/${messageId}/deliveries`,
    `/customers/${customerId}`,
    `/customers/${customerId}/timeline`,
  ]
  for (const path of paths) {
    expect((await ana.call("GET", path)).status, path).toBe(200)
    expect((await ben.call("GET", path)).status, path).toBe(404)
  }
  expect(
    (await ben.call("GET", "/conversations?limit=200")).body.items.map((one: { id: string }) => one.id),
  ).not.toContain(conversationId)
  const other = await desk(ground)
  const stranger = await other.person("Eve", ["administrator", "compliance_administrator", "agent"])
  const missing = newId()
  const acts = [
    ["PUT", "closure", { force: true }],
    ["PUT", "assignment", {}],
    ["POST", "messages", { channel: "email", text: "x" }],
    ["PUT", "no-reply-needed", undefined],
    ["POST", "notes", { text: "x" }],
    ["PUT", "read-mark", { upToPosition: 1 }],
    ["PUT", "topics", { topicIds: [] }],
    ["PUT", "drafts/email", { text: "x" }],
  ] as const
  for (const [method, what, body] of acts) {
    const theirs = await stranger.call(method, `/conversations/${conversationId}/${what}`, body)
    const none = await stranger.call(method, `/conversations/${missing}/${what}`, body)
    expect(theirs.status, what).toBe(404)
    const same = (answer: { body: Record<string, unknown> }) => ({ ...answer.body, requestId: 0, instance: 0 })
    expect(same(theirs)).toEqual(same(none))
  }
  for (const path of paths) expect((await stranger.call("GET", path)).status, path).toBe(404)
  expect((await stranger.call("DELETE", `/customers/${customerId}`)).status).toBe(404)
  await other.stop()
})

test("an administrator who is no member answers without being assigned; the place in the queue is given back", async () => {
  const { conversationId } = await received()
  await jordan.call("POST", `/conversations/${conversationId}/messages`, { channel: "email", text: "From above" })
  expect((await jordan.call("GET", `/conversations/${conversationId}`)).body).toMatchObject({
    status: "waiting",
    assignment: null,
    queueItem: null,
  })
  const key = await d.apiKey(jordan, ["administrator"])
  const next = await received()
  expect(
    (
      await key.call("POST", `/conversations/${next.conversationId}/messages`, {
        channel: "email",
        html: "<p>Hi <script>x</script><b>there</b></p>",
      })
    ).body,
  ).toMatchObject({ author: { type: "api_key" }, text: "Hi there", html: "<p>Hi <b>there</b></p>" })
  await consistent()
})

test("a forgotten customer: who, how and what is gone, and nothing waits", async () => {
  const clara = await d.person("Clara", ["compliance_administrator"])
  const from = someone()
  const { conversationId, customerId, messageId } = await received(from, "secret words")
  expect((await ana.call("DELETE", `/customers/${customerId}`)).body.code).toBe("not_permitted")
  expect((await clara.call("DELETE", `/customers/${customerId}`)).status).toBe(204)
  expect((await clara.call("GET", `/customers/${customerId}`)).status).toBe(404)
  expect((await ana.call("GET", `/messages/${messageId}`)).body).toMatchObject({ text: "", flags: { deleted: true } })
  expect((await ana.call("GET", `/conversations/${conversationId}`)).body).toMatchObject({
    status: "closed",
    customer: { name: null },
    contact: { endReason: "customer_deleted" },
  })
  const told = await sql<{ data: unknown }>`SELECT data FROM events WHERE data->>'customerId' = ${customerId}`.execute(
    ground.db,
  )
  expect(told.rows.length).toBeGreaterThan(0)
  expect(JSON.stringify(told.rows)).not.toContain(from)
  expect((await received(from)).customerId).not.toBe(customerId)
  await consistent()
})

async function upload(person: Person, name: string, type: string, content: Buffer) {
  const boundary = "----desk"
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`
  const body = Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${boundary}--\r\n`)])
  return person.call("POST", "/attachments", body, { "content-type": `multipart/form-data; boundary=${boundary}` })
}

/** routing.md 6: I4, I5, I6, I8. */
async function consistent(): Promise<void> {
  const { rows } = await sql<{ what: string; id: string }>`
    SELECT 'I4' AS what, c.id FROM conversations c FULL JOIN (SELECT * FROM assignments WHERE ended_at IS NULL) a ON a.conversation_id = c.id
      WHERE c.agent_id IS DISTINCT FROM a.agent_id
    UNION ALL SELECT 'I5', q.id FROM queue_items q WHERE (q.state = 'offered') <> EXISTS (SELECT 1 FROM offers o WHERE o.queue_item_id = q.id AND o.state = 'pending')
    UNION ALL SELECT 'I6', s.agent_id FROM agent_states s WHERE s.messaging_load + s.mail_load <>
      (SELECT count(*) FROM seats t WHERE t.agent_id = s.agent_id AND t.channel_group <> 'voice')
    UNION ALL SELECT 'I6 seat', t.conversation_id FROM seats t WHERE t.holder_id = t.conversation_id AND NOT EXISTS (
      SELECT 1 FROM conversations c JOIN contacts k ON k.conversation_id = c.id AND k.state = 'active'
      WHERE c.id = t.conversation_id AND c.agent_id = t.agent_id)
    UNION ALL SELECT 'I8', c.id FROM conversations c WHERE c.status = 'new' AND NOT EXISTS (
      SELECT 1 FROM queue_items q WHERE q.conversation_id = c.id AND q.state IN ('waiting', 'offered'))
    UNION ALL SELECT 'due', c.id FROM conversations c WHERE c.awaiting_since IS NOT NULL AND c.due_at IS NULL`.execute(
    ground.db,
  )
  expect(rows).toEqual([])
}

test("files that nobody sent are collected, those of messages and drafts stay", async () => {
  const { conversationId } = await received()
  const [sent, drafted, orphan] = [
    await upload(ana, "a.txt", "text/plain", Buffer.from("aa")),
    await upload(ana, "b.txt", "text/plain", Buffer.from("bb")),
    await upload(ana, "c.txt", "text/plain", Buffer.from("cc")),
  ]
  await ana.call("POST", `/conversations/${conversationId}/messages`, {
    channel: "email",
    text: "x",
    attachmentIds: [sent.body.id],
  })
  await ana.call("PUT", `/conversations/${conversationId}/drafts/email`, {
    text: "y",
    attachmentIds: [drafted.body.id],
  })
  await sql`UPDATE attachments SET created_at = now() - interval '8 days'`.execute(ground.db)
  const { store, clock } = ground
  const tomorrow = { ...clock, real: () => new Date(Date.now() + 25 * 3_600_000) }
  await new FileCollection({
    store,
    blobs: d.blobs,
    clock: tomorrow,
    onError: (error) => expect.unreachable(String(error)),
  }).collect()
  const sizes = await Promise.all([sent, drafted, orphan].map((file) => d.blobs.size(file.body.sha256)))
  expect(sizes).toEqual([2, 2, null])
  expect((await ana.call("GET", `/attachments/${orphan.body.id}`)).status).toBe(404)
})
