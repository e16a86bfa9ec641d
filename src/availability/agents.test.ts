import { sql } from "kysely"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { routingWorld, type RoutingWorld } from "../../test/routing-world.ts"
import { systemClock } from "../clock.ts"
import { moveWaiting } from "../routing/move-inbox.ts"
import { findBroken } from "../routing/invariants.ts"
import { changeCapacity, continueDeactivation, deactivateAgent, ensureAgent } from "./agents.ts"
import { createPresence, type Presence } from "./presence.ts"

let base: TestStore
let world: RoutingWorld
let presence: Presence
let inbox: string
let chat: string

beforeAll(async () => {
  base = await testStore()
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await routingWorld(base)
  presence = createPresence({ store: world.store, clock: base.clock, onError: (error) => console.error(error) })
  await world.settings((settings) => {
    settings.messaging.offerBanner = false
  })
  inbox = await world.inbox("General")
  chat = await world.entryPoint("chat", inbox)
})
afterEach(async () => {
  await world.routing.settled(world.orgId)
  expect(await findBroken(base.db, world.orgId, base.clock.now())).toEqual([])
  await world.stop()
})

const act = <T>(work: Parameters<typeof world.store.write<T>>[1]) =>
  world.store.write({ orgId: world.orgId, kind: "act" }, work)
async function agentRow(id: string) {
  const { rows } = await sql<{
    status: string
    connected: boolean
    messagingLoad: number
    standardCapacity: number
    awayCause: string | null
    settingsUntil: Date | null
  }>`
    SELECT status, connected, messaging_load, standard_capacity, away_cause, settings_until FROM agent_states WHERE org_id = ${world.orgId} AND agent_id = ${id}`.execute(
    base.db,
  )
  return rows[0]
}
async function agentsOf(conversationIds: (string | null)[]) {
  const { rows } = await sql<{ agentId: string | null; status: string; inboxId: string }>`
    SELECT agent_id, status, inbox_id FROM conversations WHERE org_id = ${world.orgId} AND id = ANY(${conversationIds}) ORDER BY id`.execute(
    base.db,
  )
  return rows
}

test("a deactivated user has nothing any more: what waits is queued anew in its old place and goes to another", async () => {
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  await world.routing.settled(world.orgId)
  const receipts = await Promise.all(["v1", "v2"].map((visitor) => world.send(chat, "chat", visitor)))
  await world.routing.settled(world.orgId)
  expect(await agentRow(ana)).toMatchObject({ messagingLoad: 2 })
  await act((tx) => deactivateAgent(tx, ana))
  await continueDeactivation(world.store, world.orgId, ana)
  expect(await agentRow(ana)).toMatchObject({ messagingLoad: 0, status: "logged_out" })
  const ben = await world.agent("Ben", { inboxIds: [inbox], availableFor: ["messaging"] })
  await world.routing.settled(world.orgId)
  expect((await agentsOf(receipts.map((receipt) => receipt.conversationId))).map((row) => row.agentId)).toEqual([
    ben,
    ben,
  ])
  const { rows } = await sql<{ endedReason: string }>`
    SELECT ended_reason FROM assignments WHERE org_id = ${world.orgId} AND agent_id = ${ana}`.execute(base.db)
  expect(rows).toEqual([{ endedReason: "user_deactivation" }, { endedReason: "user_deactivation" }])
})

test("a lowered capacity takes nothing away; a new agent begins with the organization's", async () => {
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"], standard: 2 })
  await world.routing.settled(world.orgId)
  for (const visitor of ["v1", "v2"]) await world.send(chat, "chat", visitor)
  await act((tx) => changeCapacity(tx, ana, { standard: 1, maximum: 1 }))
  expect(await agentRow(ana)).toMatchObject({ messagingLoad: 2, standardCapacity: 1 })
  const { rows } = await sql<{ id: string }>`
    INSERT INTO users (org_id, id, name, email, roles, status) VALUES (${world.orgId}, gen_random_uuid(), 'Cy', 'cy@retale.com', '{agent}', 'active') RETURNING id`.execute(
    base.db,
  )
  await act((tx) => ensureAgent(tx, rows[0]?.id ?? ""))
  await act((tx) => ensureAgent(tx, rows[0]?.id ?? ""))
  expect(await agentRow(rows[0]?.id ?? "")).toMatchObject({ status: "logged_out", standardCapacity: 3 })
})

test("what waits in an Inbox that ends goes on to another, due by its SLA", async () => {
  const other = await world.inbox("Other", 60)
  const ben = await world.agent("Ben", { inboxIds: [other] })
  const { conversationId } = await world.send(chat, "chat", "v1")
  await act(async (tx) => {
    await moveWaiting(tx, inbox, other)
    await sql`UPDATE inboxes SET deactivated_at = now() WHERE org_id = ${world.orgId} AND id = ${inbox}`.execute(tx.db)
  })
  expect(await agentsOf([conversationId])).toEqual([{ agentId: null, status: "new", inboxId: other }])
  expect(ben).not.toBe("")
})

test("reliability 22 twenty seconds without a sign of life make an agent away; the next sign brings him back", async () => {
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  await presence.connected(world.orgId, ana)
  await presence.sweep()
  expect(await agentRow(ana)).toMatchObject({ status: "logged_in", connected: true })
  await presence.lost(world.orgId, ana)
  await sql`UPDATE agent_states SET heartbeat_at = clock_timestamp() - interval '21 s' WHERE org_id = ${world.orgId} AND agent_id = ${ana}`.execute(
    base.db,
  )
  await presence.sweep()
  expect(await agentRow(ana)).toMatchObject({ status: "away", connected: false, awayCause: "connection_lost" })
  const waiting = await world.send(chat, "chat", "v1")
  await world.routing.settled(world.orgId)
  expect((await agentsOf([waiting.conversationId]))[0]?.agentId).toBeNull()
  await presence.connected(world.orgId, ana)
  await world.routing.settled(world.orgId)
  expect((await agentsOf([waiting.conversationId]))[0]?.agentId).toBe(ana)
})

test("who was heard here is not lost while his row is held: his sign of life could not be written", async () => {
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  await presence.connected(world.orgId, ana)
  const silentSince = sql`
    UPDATE agent_states SET heartbeat_at = clock_timestamp() - interval '21 s' WHERE org_id = ${world.orgId} AND agent_id = ${ana}`
  await silentSince.execute(base.db)
  const holder = await base.pool.connect()
  await holder.query("BEGIN")
  await holder.query("SELECT 1 FROM agent_states WHERE agent_id = $1 FOR NO KEY UPDATE", [ana])
  presence.heartbeat(world.orgId, ana)
  const swept = presence.sweep()
  const isWaitedFor = async () => {
    const { rows } = await sql`
      SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(base.db)
    return rows.length > 0
  }
  await expect.poll(isWaitedFor, { interval: 5, timeout: 2_000 }).toBe(true)
  await holder.query("COMMIT")
  holder.release()
  await swept
  expect(await agentRow(ana)).toMatchObject({ status: "logged_in", connected: true })
})

test("who works over HTTP alone stays as set; a tab on Settings pauses for 30 s after its last frame", async () => {
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  await presence.sweep()
  expect(await agentRow(ana)).toMatchObject({ status: "logged_in", connected: true })
  await presence.inSettings(world.orgId, ana, true)
  const waiting = await world.send(chat, "chat", "v1")
  await world.routing.settled(world.orgId)
  expect((await agentsOf([waiting.conversationId]))[0]?.agentId).toBeNull()
  await sql`UPDATE agent_states SET settings_until = clock_timestamp() - interval '1 s' WHERE org_id = ${world.orgId} AND agent_id = ${ana}`.execute(
    base.db,
  )
  await presence.sweep()
  await world.routing.settled(world.orgId)
  expect((await agentsOf([waiting.conversationId]))[0]?.agentId).toBe(ana)
})

test("reliability 14 a clock that is set forward or back loses nobody who is there, and keeps nobody who is not", async () => {
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  // Behind the database by an hour: that one has just been set forward.
  let ms = 1_000_000
  let origin = Date.now() - ms - 3_600_000
  const clock = { ...systemClock(), monotonic: () => ms, real: () => new Date(origin + ms) }
  const there = createPresence({ store: world.store, clock, onError: (error) => console.error(error) })
  await there.connected(world.orgId, ana)
  await sql`UPDATE agent_states SET heartbeat_at = ${clock.real()} WHERE org_id = ${world.orgId} AND agent_id = ${ana}`.execute(
    base.db,
  )
  await there.sweep()
  expect((await agentRow(ana))?.connected).toBe(true)
  origin += 3_600_000
  await there.sweep()
  expect(await agentRow(ana)).toMatchObject({ connected: true, status: "logged_in" })
  // Silent from here on.
  ms += 21_000
  await there.sweep()
  expect((await agentRow(ana))?.connected).toBe(false)

  // The database has been set back: what was heard lies ahead.
  await there.connected(world.orgId, ana)
  await sql`
    UPDATE agent_states SET heartbeat_at = clock_timestamp() + interval '1 hour' WHERE org_id = ${world.orgId} AND agent_id = ${ana}`.execute(
    base.db,
  )
  await there.lost(world.orgId, ana)
  const { rows } = await sql<{ ahead: boolean }>`
    SELECT heartbeat_at > clock_timestamp() AS ahead FROM agent_states WHERE org_id = ${world.orgId} AND agent_id = ${ana}`.execute(
    base.db,
  )
  expect(rows).toEqual([{ ahead: false }])
})
