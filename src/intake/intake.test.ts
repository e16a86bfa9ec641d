import { sql } from "kysely"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { routingWorld, type RoutingWorld } from "../../test/routing-world.ts"
import { setFault } from "../fault.ts"
import { newId } from "../ids.ts"
import { findBroken } from "../routing/invariants.ts"
import { createStore } from "../store/store.ts"
import type { InboundEvent } from "./inbound-event.ts"
import { createIntake } from "./intake.ts"
import { createParkedEvents } from "./parked.ts"

let base: TestStore
let world: RoutingWorld
let inbox: string

beforeAll(async () => {
  base = await testStore()
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await routingWorld(base)
  inbox = await world.inbox("General")
})
afterEach(async () => {
  setFault("intake.beforeCommit", null)
  await world.routing.settled(world.orgId)
  expect(await findBroken(base.db, world.orgId, base.clock.now())).toEqual([])
  await world.stop()
})

async function count(
  table: "messages" | "conversations" | "contacts" | "customers" | "inboundEvents" | "queueItems",
): Promise<number> {
  const row = await base.db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .where("orgId", "=", world.orgId)
    .executeTakeFirstOrThrow()
  return Number(row.n)
}
async function eventTypes(): Promise<string[]> {
  const rows = await base.db
    .selectFrom("events")
    .select("type")
    .where("orgId", "=", world.orgId)
    .orderBy("position")
    .execute()
  return rows.map((row) => row.type)
}
function mailOf(more: Partial<NonNullable<InboundEvent["mail"]>> = {}): NonNullable<InboundEvent["mail"]> {
  return {
    envelopeFrom: "maya@example.com",
    fromHeader: "Maya <maya@example.com>",
    to: ["support@retale.com"],
    cc: [],
    messageId: `${newId()}@example.com`,
    references: [],
    tokenConversationId: null,
    automatic: false,
    ...more,
  }
}

test("reliability 15 the same event again, one after the other and 20 at once, is one message", async () => {
  const sms = await world.entryPoint("sms", inbox)
  const send = () => world.send(sms, "sms", "+14155550100", "Hi", { externalId: "SM1" })
  const first = await send()
  const again = await send()
  const many = await Promise.all(Array.from({ length: 20 }, send))
  expect(first.duplicate).toBe(false)
  for (const receipt of [again, ...many]) expect(receipt).toEqual({ ...first, duplicate: true })
  expect([await count("messages"), await count("conversations"), await count("inboundEvents")]).toEqual([1, 1, 1])
  expect((await eventTypes()).filter((type) => type === "contact.message_received")).toHaveLength(1)
})

test("reliability 16 ten first messages of a new customer at once are one customer, one conversation, in the order of their time", async () => {
  const sms = await world.entryPoint("sms", inbox)
  const began = base.clock.now().getTime() - 60_000
  const texts = Array.from({ length: 10 }, (_, index) => `image ${index}`)
  const shuffled = [3, 1, 9, 0, 2, 8, 4, 7, 5, 6]
  await Promise.all(
    shuffled.map((index) =>
      world.send(sms, "sms", "+14155550101", texts[index], { sentAt: new Date(began + index * 100) }),
    ),
  )
  expect([
    await count("messages"),
    await count("conversations"),
    await count("contacts"),
    await count("customers"),
    await count("queueItems"),
  ]).toEqual([10, 1, 1, 1, 1])
  const { rows } = await sql<{ text: string }>`
    SELECT m.text FROM timeline_items t JOIN messages m ON m.org_id = t.org_id AND m.id = t.thing_id WHERE t.org_id = ${world.orgId} ORDER BY t.at, t.position`.execute(
    base.db,
  )
  expect(rows.map((row) => row.text)).toEqual(texts)
})

test("reliability 15, 16 two processes take the same messages of new customers at once: each once, one customer of each", async () => {
  const sms = await world.entryPoint("sms", inbox)
  const other = createIntake({
    store: createStore({ db: base.db, clock: base.clock, bus: base.bus }),
    clock: base.clock,
  })
  const event = (from: string, externalId: string, text: string): InboundEvent => ({
    orgId: world.orgId,
    entryPointId: sms,
    channel: "sms",
    externalId,
    from: { kind: "phone", value: from, name: null, verifiedBy: "channel" },
    sentAt: null,
    raw: { bytes: Buffer.from(text) },
    content: { kind: "text", text, html: null, subject: null },
    test: false,
  })
  const same = event("+14155550200", "SM-same", "Hi")
  const sent = Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? world.intake : other).accept(same))
  // The senders in another order on each side, so that each holds what the other one waits for if it can.
  const firsts = [0, 1, 2, 3].flatMap((sender) =>
    [0, 1, 2, 3, 4].map((n) => event(`+1415555030${sender}`, `SM-${sender}-${n}`, `image ${n}`)),
  )
  for (const [n, one] of firsts.entries()) sent.push((n % 2 === 0 ? world.intake : other).accept(one))
  for (const [n, one] of firsts.toReversed().entries()) sent.push((n % 2 === 0 ? other : world.intake).accept(one))
  const receipts = await Promise.all(sent)
  expect(receipts.filter(({ parked }) => parked)).toEqual([])
  expect(receipts.filter(({ duplicate }) => !duplicate)).toHaveLength(1 + firsts.length)
  expect(new Set(receipts.slice(0, 20).map(({ messageId }) => messageId)).size).toBe(1)
  expect([
    await count("messages"),
    await count("inboundEvents"),
    await count("customers"),
    await count("conversations"),
    await count("contacts"),
    await count("queueItems"),
  ]).toEqual([21, 21, 5, 5, 5, 5])
})

test("reliability 2 a crash between commit and reply: the repeat gets the first receipt", async () => {
  const sms = await world.entryPoint("sms", inbox)
  setFault("intake.afterCommit", () => {
    throw new Error("killed")
  })
  await world.send(sms, "sms", "+14155550102", "Hi", { externalId: "SM9" }).catch(() => null)
  setFault("intake.afterCommit", null)
  expect(await world.send(sms, "sms", "+14155550102", "Hi", { externalId: "SM9" })).toMatchObject({
    duplicate: true,
    parked: false,
    messageId: expect.any(String),
  })
  expect(await count("messages")).toBe(1)
})

test("nothing is taken before the commit: a failing one leaves no trace, and the next try takes it", async () => {
  const sms = await world.entryPoint("sms", inbox)
  setFault("intake.beforeCommit", () => {
    throw Object.assign(new Error("terminating connection"), { code: "57P01" })
  })
  await expect(world.send(sms, "sms", "+14155550103", "Hi", { externalId: "SM10" })).rejects.toMatchObject({
    code: "unavailable",
  })
  expect(await count("inboundEvents")).toBe(0)
  setFault("intake.beforeCommit", null)
  expect(await world.send(sms, "sms", "+14155550103", "Hi", { externalId: "SM10" })).toMatchObject({ duplicate: false })
})

test("one event that cannot be processed is parked alone; the others of its batch are taken; a replay takes it", async () => {
  const sms = await world.entryPoint("sms", inbox)
  const keeper = await world.agent("Keeper")
  await base.db
    .updateTable("users")
    .set({ roles: ["administrator"] })
    .where("id", "=", keeper)
    .execute()
  const unknown = newId()
  const receipts = await Promise.all([
    world.send(sms, "sms", "+14155550104"),
    world.send(unknown, "sms", "+14155550105", "Lost?", { externalId: "SM11" }),
    world.send(sms, "sms", "+14155550106"),
  ])
  expect(receipts.map((receipt) => receipt.parked)).toEqual([false, true, false])
  expect(receipts[1]).toMatchObject({ parkedReason: "entry_point_missing" })
  expect(await world.send(unknown, "sms", "+14155550105", "Lost?", { externalId: "SM11" })).toMatchObject({
    duplicate: true,
    parked: true,
  })
  await world.send(unknown, "sms", "+14155550107", "Lost too?", { externalId: "SM12" })
  const bell = await base.db
    .selectFrom("notifications")
    .select(["kind", "link", "data"])
    .where("userId", "=", keeper)
    .execute()
  expect(bell).toMatchObject([
    { kind: "events_parked", link: "/settings/channels/parked", data: { inboundEventId: receipts[1]?.inboundEventId } },
  ])
  const parked = createParkedEvents({ store: world.store, db: base.db })
  const by = { actor: { type: "user", id: newId(), name: "Jordan" } as const, requestId: null }
  const id = receipts[1]?.inboundEventId ?? ""
  expect(await parked.replay(world.orgId, id, by)).toMatchObject({ status: "parked" })
  await sql`
    INSERT INTO entry_points (org_id, id, channel, section, kind, address, display_name, created_by)
    VALUES (${world.orgId}, ${unknown}, 'sms', 'sms', 'phone', '+14155550999', 'New', '{}')`.execute(base.db)
  expect(await parked.replay(world.orgId, id, by)).toMatchObject({
    status: "done",
    receipt: { messageId: expect.any(String) },
  })
  await expect(parked.replay(world.orgId, id, by)).rejects.toMatchObject({ code: "not_parked" })
  expect(await parked.find(world.orgId, id)).toMatchObject({ parkedAt: null, attempts: 3 })
  expect(await world.send(unknown, "sms", "+14155550105", "Lost?", { externalId: "SM11" })).toMatchObject({
    duplicate: true,
    parked: false,
    messageId: expect.any(String),
  })
})

test("a parked event that is given up stays stored and out of the way", async () => {
  const receipt = await world.send(newId(), "sms", "+14155550107")
  const parked = createParkedEvents({ store: world.store, db: base.db })
  const by = { actor: { type: "user", id: newId(), name: "Jordan" } as const, requestId: null }
  await parked.discard(world.orgId, receipt.inboundEventId, "test", by)
  expect(await parked.list(world.orgId, { parked: true, limit: 10 })).toEqual([])
  expect(await parked.find(world.orgId, receipt.inboundEventId)).toMatchObject({ discardedReason: "test" })
})

test("a mail that answers counts only from somebody who takes part; anybody else begins a conversation of his own, linked", async () => {
  const mail = await world.entryPoint("email", inbox)
  const first = await world.send(mail, "email", "maya@example.com", "Invoice", {
    mail: mailOf({ messageId: "first@example.com" }),
  })
  const own = await world.send(mail, "email", "maya@example.com", "And?", {
    mail: mailOf({ references: ["first@example.com"] }),
  })
  expect(own.conversationId).toBe(first.conversationId)
  const stranger = await world.send(mail, "email", "eve@example.com", "Me too", {
    mail: mailOf({ references: ["first@example.com"], tokenConversationId: first.conversationId }),
  })
  expect(stranger.conversationId).not.toBe(first.conversationId)
  const { rows } = await sql<{ relatedConversationId: string }>`
    SELECT related_conversation_id FROM conversations WHERE org_id = ${world.orgId} AND id = ${stranger.conversationId}`.execute(
    base.db,
  )
  expect(rows[0]?.relatedConversationId).toBe(first.conversationId)
})

test("one automatic answer where nobody serves, none to what is automatic, and not twice in a day", async () => {
  const mail = await world.entryPoint("email", inbox)
  await world.settings((settings) => {
    settings.mail.autoReply = { enabled: true, text: "We answer tomorrow." }
  })
  const replies = async () => {
    const { rows } = await sql<{ toAddresses: string[]; fulfils: boolean }>`
      SELECT to_addresses, fulfils FROM messages WHERE org_id = ${world.orgId} AND direction = 'outbound'`.execute(
      base.db,
    )
    return rows
  }
  await world.send(mail, "email", "list@example.com", "News", { mail: mailOf({ automatic: true }) })
  expect(await replies()).toEqual([])
  await world.send(mail, "email", "maya@example.com", "Hello", { mail: mailOf() })
  await world.send(mail, "email", "maya@example.com", "Hello?", { mail: mailOf() })
  expect(await replies()).toEqual([{ toAddresses: ["maya@example.com"], fulfils: false }])
  const jobs = await base.db.selectFrom("jobs").select("kind").where("orgId", "=", world.orgId).execute()
  expect(jobs).toEqual([{ kind: "deliver" }])
  await world.agent("Ana", { inboxIds: [inbox], availableFor: ["mail"] })
  await world.send(mail, "email", "cy@example.com", "Hi", { mail: mailOf() })
  expect(await replies()).toHaveLength(1)
})

test("NUL, half characters and the sender's name do not stop a message", async () => {
  const chat = await world.entryPoint("chat", inbox)
  const receipt = await world.send(chat, "chat", "v1", "a\0b\ud83d", {
    claims: [{ kind: "email", value: "maya@example.com" }],
  })
  expect(receipt.parked).toBe(false)
  const claims = await base.db.selectFrom("addressClaims").select("value").where("orgId", "=", world.orgId).execute()
  expect(claims).toEqual([{ value: "maya@example.com" }])
})

test("few that come while a batch is under way wait for its end, but not long", async () => {
  const sms = await world.entryPoint("sms", inbox)
  let go: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    go = resolve
  })
  let batches = 0
  setFault("intake.beforeCommit", () => (++batches === 1 ? held : Promise.resolve()))
  const first = world.send(sms, "sms", "+14155550101")
  await base.clock.sleep(20)
  const second = world.send(sms, "sms", "+14155550102")
  // Whoever comes next finds it waiting, where it would have gone by itself.
  await new Promise((resolve) => setImmediate(resolve))
  await Promise.all([second, world.send(sms, "sms", "+14155550103")])
  const beside = { batches, messages: await count("messages") }
  go()
  await first
  expect(beside).toEqual({ batches: 2, messages: 2 })
  expect(await count("messages")).toBe(3)
})

test("one slow act does not stop intake: it has one of two permits", async () => {
  const sms = await world.entryPoint("sms", inbox)
  let over = false
  const slow = world.store.write({ orgId: world.orgId, kind: "act" }, async (tx) => {
    await sql`SELECT pg_sleep(2)`.execute(tx.db)
    over = true
  })
  const began = performance.now()
  await Promise.all(Array.from({ length: 20 }, (_, index) => world.send(sms, "sms", `+1415555020${index}`)))
  expect(over).toBe(false)
  expect(performance.now() - began).toBeLessThan(1_900)
  await slow
})

test("the events of a first message say everything in order, gap-free", async () => {
  const chat = await world.entryPoint("chat", inbox)
  await world.send(chat, "chat", "v1")
  expect((await eventTypes()).filter((type) => /^(customer|conversation|contact)\./.test(type))).toEqual([
    "customer.created",
    "conversation.created",
    "contact.started",
    "contact.message_received",
    "contact.queued",
  ])
  const rows = await base.db
    .selectFrom("events")
    .select("position")
    .where("orgId", "=", world.orgId)
    .orderBy("position")
    .execute()
  expect(rows.map((row) => row.position)).toEqual(rows.map((_, index) => index + 1))
})

test("who queues behind somebody whose message has just moved him forward is told so", async () => {
  const [mail, sms] = [await world.entryPoint("email", inbox), await world.entryPoint("sms", inbox)]
  const first = await world.send(sms, "sms", "+14155550100")
  const byMail = await world.send(mail, "email", "maya@example.com", "Hello", { mail: mailOf() })
  await sql`
    INSERT INTO customer_addresses (org_id, kind, value, id, customer_id, proved_at)
    VALUES (${world.orgId}, 'phone', '+14155550101', ${newId()}, ${byMail.customerId}, now())`.execute(base.db)
  // Maya, who waited among the mails, now also writes by SMS; a stranger's SMS comes with hers.
  const [moved, stranger] = await Promise.all([
    world.send(sms, "sms", "+14155550101"),
    world.send(sms, "sms", "+14155550102"),
  ])
  expect(moved.conversationId).toBe(byMail.conversationId)
  const { rows } = await sql<{ conversationId: string; position: number }>`
    SELECT data->>'conversationId' AS conversation_id, (data->>'position')::int AS position FROM events
    WHERE org_id = ${world.orgId} AND type = 'contact.queued' ORDER BY events.position`.execute(base.db)
  expect(rows).toEqual([
    { conversationId: first.conversationId, position: 1 },
    { conversationId: byMail.conversationId, position: 2 },
    { conversationId: stranger.conversationId, position: 3 },
  ])
})
