import { sql } from "kysely"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { routingWorld, type RoutingWorld } from "../../test/routing-world.ts"
import { setStatus } from "../availability/availability.ts"
import { endAssignment } from "../store/assignments.ts"
import { lockWork } from "../store/work.ts"
import { findBroken } from "./invariants.ts"
import { moveWaiting } from "./move-inbox.ts"

/** An Inbox ends: whatever it had, nobody is left in a queue where nobody looks. */

let base: TestStore
let world: RoutingWorld
let general: string
let old: string
let chat: string

beforeAll(async () => {
  base = await testStore({ connectionsMax: 6 })
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await routingWorld(base)
  general = await world.inbox("General", 60)
  old = await world.inbox("Old")
  chat = await world.entryPoint("chat", old)
  await world.settings((settings) => {
    settings.messaging.offerBanner = false
  })
})
afterEach(async () => {
  await world.routing.settled(world.orgId)
  expect(await findBroken(base.db, world.orgId, base.clock.now())).toEqual([])
  await world.stop()
})

const act = <T>(work: Parameters<typeof world.store.write<T>>[1]) =>
  world.store.write({ orgId: world.orgId, kind: "act" }, work)
const end = () =>
  act(async (tx) => {
    await sql`UPDATE inboxes SET deactivated_at = now() WHERE org_id = ${world.orgId} AND id = ${old}`.execute(tx.db)
    await moveWaiting(tx, old, general)
  })

async function shown() {
  const { rows } = await sql`
    SELECT c.status, c.inbox_id, c.agent_id, q.inbox_id AS queue, array_agg(DISTINCT k.inbox_id) AS contacts FROM conversations c
    LEFT JOIN queue_items q ON q.org_id = c.org_id AND q.conversation_id = c.id AND q.state IN ('waiting', 'offered')
    JOIN contacts k ON k.org_id = c.org_id AND k.conversation_id = c.id AND k.state <> 'ended'
    WHERE c.org_id = ${world.orgId} GROUP BY c.status, c.inbox_id, c.agent_id, q.inbox_id`.execute(base.db)
  return rows
}

test("what waits goes on to the other Inbox, its contacts with it", async () => {
  await world.send(chat, "chat", "v1")
  await end()
  expect(await shown()).toEqual([
    { status: "new", inboxId: general, agentId: null, queue: general, contacts: [general] },
  ])
})

test("what is answered and nobody's moves too: its next message queues where somebody looks", async () => {
  await world.agent("Ana", { inboxIds: [old], availableFor: ["messaging"] })
  const { conversationId } = await world.send(chat, "chat", "v1")
  await world.routing.settled(world.orgId)
  await act(async (tx) => {
    const conversation = (await lockWork(tx, [conversationId ?? ""])).conversations.get(conversationId ?? "")
    if (!conversation) throw new Error("no conversation")
    await sql`UPDATE contacts SET awaiting_since = NULL WHERE org_id = ${world.orgId}`.execute(tx.db)
    await endAssignment(tx, { conversation, reason: "manual", change: { awaitingSince: null, dueAt: null } })
  })
  await end()
  const ben = await world.agent("Ben", { inboxIds: [general], availableFor: ["messaging"] })
  await world.send(chat, "chat", "v1", "One more thing")
  await world.routing.settled(world.orgId)
  expect(await shown()).toMatchObject([{ inboxId: general, agentId: ben, contacts: [general] }])
})

test("what an agent has stays with him; when he is gone it queues in the fallback Inbox, not in the one that ended", async () => {
  const ana = await world.agent("Ana", { inboxIds: [old], availableFor: ["messaging"] })
  await world.send(chat, "chat", "v1")
  await world.routing.settled(world.orgId)
  await end()
  expect(await shown()).toEqual([{ status: "open", inboxId: old, agentId: ana, queue: null, contacts: [old] }])
  await act((tx) => setStatus(tx, ana, { status: "logged_out" }))
  await world.routing.settled(world.orgId)
  await world.timers.advanceTo(new Date(base.clock.now().getTime() + 121_000))
  expect(await shown()).toEqual([
    { status: "new", inboxId: general, agentId: null, queue: general, contacts: [general] },
  ])
})
