import { sql } from "kysely"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { routingWorld, type RoutingWorld } from "../../test/routing-world.ts"
import { setAvailability, setFocus } from "../availability/availability.ts"
import { endItems } from "../store/queue-items.ts"
import { findBroken } from "./invariants.ts"
import { takeItem } from "./queue.ts"

/** I14: what the engine has in mind is what the database says (routing.md 3.5). */

let base: TestStore
let world: RoutingWorld
let inbox: string
let chat: string

beforeAll(async () => {
  base = await testStore()
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await routingWorld(base)
  inbox = await world.inbox("General")
  chat = await world.entryPoint("chat", inbox)
  await world.settings((settings) => {
    settings.messaging.offerBanner = false
  })
})
afterEach(() => world.stop())

const run = (text: string) => sql.raw(text.replaceAll("ORG", `'${world.orgId}'`)).execute(base.db)
const told = () => world.broken.flatMap(({ invariant, sampleIds }) => sampleIds.map((id) => `${invariant} ${id}`))
async function agentOf(conversationId: string | null): Promise<string | null> {
  const { rows } = await sql<{ agentId: string | null }>`
    SELECT agent_id FROM conversations WHERE org_id = ${world.orgId} AND id = ${conversationId}`.execute(base.db)
  return rows[0]?.agentId ?? null
}
async function itemOf(conversationId: string | null): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM queue_items WHERE org_id = ${world.orgId} AND conversation_id = ${conversationId}`.execute(base.db)
  return rows[0]?.id ?? ""
}

test("a row that changed under its version is told, and read anew", async () => {
  const first = await world.send(chat, "chat", "v1")
  const second = await world.send(chat, "chat", "v2")
  await world.routing.settled(world.orgId)
  await world.routing.audit()
  expect(told()).toEqual([])
  await run(
    `UPDATE queue_items SET due_at = due_at - interval '1 h' WHERE org_id = ORG AND conversation_id = '${second.conversationId}'`,
  )
  await world.routing.audit()
  expect(told()).toEqual([`I14 item ${await itemOf(second.conversationId)} differs`])
  // By what it knows now the second is due first.
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"], standard: 1 })
  await world.routing.settled(world.orgId)
  expect([await agentOf(first.conversationId), await agentOf(second.conversationId)]).toEqual([null, ana])
  await world.routing.audit()
  expect(told()).toHaveLength(1)
})

test("a change that no event told of is found: of an agent, and of an item that nobody knows", async () => {
  const ana = await world.agent("Ana", { inboxIds: [inbox] })
  const first = await world.send(chat, "chat", "v1")
  await world.routing.settled(world.orgId)
  await run(
    "UPDATE agent_states SET status = 'logged_in', absent_since = NULL, available_for = '{messaging}', standard_capacity = 1, version = version + 1 WHERE org_id = ORG",
  )
  await world.routing.settled(world.orgId)
  expect(await agentOf(first.conversationId)).toBeNull()
  await world.routing.audit()
  expect(told()).toEqual([`I14 agent ${ana} missed`])
  await world.routing.settled(world.orgId)
  expect(await agentOf(first.conversationId)).toBe(ana)

  const second = await world.send(chat, "chat", "v2")
  const itemId = await itemOf(second.conversationId)
  await world.store.write({ orgId: world.orgId, kind: "act" }, (tx) =>
    endItems(tx, [itemId], { state: "canceled", reason: "closed", withdrawn: "closed" }),
  )
  await world.routing.settled(world.orgId)
  expect(world.routing.explain(world.orgId, itemId)).toBeNull()
  await run(
    `UPDATE queue_items SET state = 'waiting', done_at = NULL, done_reason = NULL, version = version + 1 WHERE org_id = ORG AND id = '${itemId}'`,
  )
  await world.routing.audit()
  expect(told().slice(1)).toEqual([`I14 item ${itemId} missed`])
  expect(world.routing.explain(world.orgId, itemId)).toMatchObject({ state: "waiting" })
})

test("what the guard refuses three times at equal versions is told, and mended by the audit", async () => {
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  await world.routing.settled(world.orgId)
  await run("DELETE FROM inbox_members WHERE org_id = ORG")
  const { conversationId } = await world.send(chat, "chat", "v1")
  // Each second one try.
  for (let seconds = 1; seconds <= 300 && told().length === 0; seconds++) {
    await world.routing.settled(world.orgId)
    base.clock.setOffset(seconds * 1_100)
    await base.clock.sleep(5)
  }
  base.clock.setOffset(0)
  const refusal = `I14 assign ${await itemOf(conversationId)} ${ana}`
  expect(told()).toEqual([refusal])
  await world.routing.audit()
  expect(told()).toEqual([refusal, `I14 agent ${ana} differs`])
  expect(world.routing.explain(world.orgId, await itemOf(conversationId))).toMatchObject({ members: 0 })
})

test("no alarm while everything moves: arrivals, assignments, switches, takes and audits at once", async () => {
  const agents: string[] = []
  for (const name of ["Ana", "Ben", "Cy"])
    agents.push(await world.agent(name, { inboxIds: [inbox], availableFor: ["messaging"], standard: 5, maximum: 500 }))
  let ended = false
  const act = (work: Parameters<typeof world.store.write<unknown>>[1]) =>
    world.store.write({ orgId: world.orgId, kind: "act" }, work)
  const arrivals = async (lane: number) => {
    for (let n = 0; n < 25; n++) await world.send(chat, "chat", `v${n % 5}-${lane}`)
  }
  const switches = async (agentId: string) => {
    for (let n = 0; n < 12; n++) {
      await act((tx) => setFocus(tx, agentId, n % 2 === 0))
      await act((tx) => setAvailability(tx, agentId, n % 3 === 0 ? [] : ["messaging"]))
    }
  }
  const takes = async (agentId: string) => {
    for (let n = 0; n < 10; n++) {
      const { rows } = await sql<{ id: string }>`
        SELECT id FROM queue_items WHERE org_id = ${world.orgId} AND state = 'waiting' LIMIT 1`.execute(base.db)
      const id = rows[0]?.id
      if (id) await act((tx) => takeItem(tx, id, agentId)).catch(() => undefined)
      await base.clock.sleep(5)
    }
  }
  let audits = 0
  const auditing = async () => {
    for (; !ended || audits < 5; audits++) await world.routing.audit()
  }
  const walks = [arrivals(1), arrivals(2), arrivals(3), ...agents.map(switches), takes(agents[0] ?? "")]
  const done = Promise.all(walks).finally(() => {
    ended = true
  })
  await Promise.all([done, auditing()])
  await world.routing.settled(world.orgId)
  expect(audits).toBeGreaterThanOrEqual(5)
  expect(told()).toEqual([])
  expect(await findBroken(base.db, world.orgId, base.clock.now())).toEqual([])
})

test("a lease whose time was over for a moment is taken again: routing goes on", async () => {
  const first = await world.send(chat, "chat", "v1")
  await world.routing.settled(world.orgId)
  // As if the database had stood still for longer than the lease: the commit comes before the renewal.
  await run("UPDATE leases SET expires_at = clock_timestamp() - interval '1 s' WHERE org_id = ORG")
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  await world.routing.settled(world.orgId)
  await run("UPDATE leases SET expires_at = clock_timestamp() + interval '15 s' WHERE org_id = ORG")
  // By itself: nobody asks.
  for (let waits = 0; waits < 1_000 && !(await agentOf(first.conversationId)); waits++) await base.clock.sleep(20)
  expect(await agentOf(first.conversationId)).toBe(ana)
  expect(world.routing.owns(world.orgId)).toBe(true)
})
