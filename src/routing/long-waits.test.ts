import { sql } from "kysely"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { routingWorld, type RoutingWorld } from "../../test/routing-world.ts"
import { setAvailability } from "../availability/availability.ts"
import { systemClock } from "../clock.ts"
import { findBroken } from "./invariants.ts"
import { LongWaits } from "./long-waits.ts"

/** A day is over: on the test clock, by the loop of all business timers. */

let base: TestStore
let world: RoutingWorld
let inbox: string
let chat: string

beforeAll(async () => {
  base = await testStore({ clock: systemClock() })
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await routingWorld(base)
  inbox = await world.inbox("General")
  chat = await world.entryPoint("chat", inbox)
  await world.settings((settings) => {
    settings.messaging.offerBanner = false
  })
  world.timers.register(new LongWaits(world.store))
})
afterEach(async () => {
  await world.routing.settled(world.orgId)
  expect(await findBroken(base.db, world.orgId, base.clock.now())).toEqual([])
  await world.stop()
})

const pass = (hours: number) => world.timers.advanceTo(new Date(base.clock.now().getTime() + hours * 3_600_000))

async function contacts() {
  const { rows } = await sql<{ state: string; endReason: string | null; endStatus: string | null; dueAt: Date }>`
    SELECT state, end_reason, end_status, due_at FROM contacts WHERE org_id = ${world.orgId} ORDER BY started_at, id`.execute(
    base.db,
  )
  return rows
}
async function conversation() {
  const { rows } = await sql<{ status: string; agentId: string | null; dueAt: Date; awaitingSince: Date }>`
    SELECT status, agent_id, due_at, awaiting_since FROM conversations WHERE org_id = ${world.orgId}`.execute(base.db)
  return rows[0]
}
async function items() {
  const { rows } = await sql<{
    state: string
    doneReason: string | null
    dueAt: Date
    firstQueuedAt: Date
    live: boolean
  }>`
    SELECT q.state, done_reason, q.due_at, first_queued_at, k.state <> 'ended' AS live FROM queue_items q
    JOIN contacts k ON k.org_id = q.org_id AND k.id = q.contact_id WHERE q.org_id = ${world.orgId} ORDER BY q.id`.execute(
    base.db,
  )
  return rows
}
async function events(type: string) {
  const { rows } = await sql<{ data: Record<string, unknown> }>`
    SELECT data FROM events WHERE org_id = ${world.orgId} AND type = ${type} ORDER BY position`.execute(base.db)
  return rows.map(({ data }) => data)
}

test("what waits in the queue for a day goes on in a new contact, in its old place and due as before", async () => {
  await world.send(chat, "chat", "v1")
  const before = await conversation()
  await pass(23.9)
  expect(await contacts()).toHaveLength(1)
  await pass(0.2)
  const dueAt = before?.dueAt
  expect(await contacts()).toEqual([
    { state: "ended", endReason: "started_new", endStatus: "unanswered", dueAt },
    { state: "queued", endReason: null, endStatus: null, dueAt },
  ])
  expect(await conversation()).toEqual(before)
  const [first, second] = await items()
  expect(first).toMatchObject({ state: "canceled", doneReason: "started_new" })
  expect(second).toEqual({ state: "waiting", doneReason: null, dueAt, firstQueuedAt: first?.firstQueuedAt, live: true })
  expect(await events("contact.ended")).toMatchObject([{ endReason: "started_new", status: "unanswered" }])
  expect(await events("contact.started")).toHaveLength(2)
  // A day each: not for ever at once.
  await pass(23.5)
  expect(await contacts()).toHaveLength(2)
  await pass(1)
  expect(await contacts()).toHaveLength(3)
})

test("an agent who did not answer for a day no longer has it; it goes to whoever is there", async () => {
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"], standard: 1 })
  await world.send(chat, "chat", "v1")
  await world.routing.settled(world.orgId)
  const before = await conversation()
  expect(before).toMatchObject({ status: "open", agentId: ana })
  await world.store.write({ orgId: world.orgId, kind: "act" }, (tx) => setAvailability(tx, ana, []))
  const ben = await world.agent("Ben", { inboxIds: [inbox], availableFor: ["messaging"] })
  await pass(24.1)
  await world.routing.settled(world.orgId)
  expect(await conversation()).toMatchObject({
    status: "open",
    agentId: ben,
    dueAt: before?.dueAt,
    awaitingSince: before?.awaitingSince,
  })
  expect((await contacts()).map(({ state }) => state)).toEqual(["ended", "active"])
  const { rows } =
    await sql`SELECT agent_id, messaging_load FROM agent_states WHERE org_id = ${world.orgId} ORDER BY agent_id`.execute(
      base.db,
    )
  expect(rows).toEqual([
    { agentId: ana, messagingLoad: 0 },
    { agentId: ben, messagingLoad: 1 },
  ])
})

test("mail waits in one contact for as long as it takes; a session that is answered is none of it", async () => {
  const mail = await world.entryPoint("email", inbox)
  await world.send(mail, "email", "maya@example.com")
  await world.send(chat, "chat", "v1")
  await sql`UPDATE contacts SET awaiting_since = NULL, state = 'active' WHERE org_id = ${world.orgId} AND channel = 'chat'`.execute(
    base.db,
  )
  await sql`UPDATE queue_items SET state = 'canceled', done_at = now() WHERE org_id = ${world.orgId} AND channel_group = 'messaging'`.execute(
    base.db,
  )
  await sql`UPDATE conversations c SET status = 'waiting', awaiting_since = NULL, due_at = NULL FROM contacts k
    WHERE k.org_id = c.org_id AND k.conversation_id = c.id AND k.channel = 'chat' AND c.org_id = ${world.orgId}`.execute(
    base.db,
  )
  await pass(50)
  expect((await contacts()).map(({ state }) => state)).toEqual(["queued", "active"])
})

test("what rings at that moment is left to whoever is asked, and begins anew afterwards", async () => {
  await world.settings((settings) => {
    settings.messaging.offerBanner = true
  })
  await world.send(chat, "chat", "v1")
  await pass(23.999)
  await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  await world.routing.settled(world.orgId)
  await pass(0.004)
  expect((await contacts()).map(({ state }) => state)).toEqual(["offered"])
  await pass(0.05)
  expect((await contacts()).map(({ state }) => state).slice(0, 1)).toEqual(["ended"])
  expect((await events("contact.offer_rejected"))[0]).toMatchObject({ reason: "missed" })
})
