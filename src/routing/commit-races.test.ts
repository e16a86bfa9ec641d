import { sql } from "kysely"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { routingWorld, type RoutingWorld } from "../../test/routing-world.ts"
import type { Decision } from "../core/routing/facts.ts"
import { endAssignment } from "../store/assignments.ts"
import { takeLease } from "../store/leases.ts"
import { requeue } from "../store/queue-items.ts"
import { lockWork } from "../store/work.ts"
import type { Store } from "../store/write.ts"
import { createStore } from "../store/store.ts"
import type { Lease } from "../store/leases.ts"
import { commitDecisions } from "./commit-decisions.ts"
import { findBroken } from "./invariants.ts"

/** Commits of decisions that meet (routing.md 3.4): the second waits for the first and then judges what the first left. */

let base: TestStore
let world: RoutingWorld
let inbox: string
let chat: string
let lease: Lease

beforeAll(async () => {
  base = await testStore({ connectionsMax: 16 })
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await routingWorld(base, { unrouted: true })
  inbox = await world.inbox("General")
  chat = await world.entryPoint("chat", inbox)
  lease = { orgId: world.orgId, owner: "tester", epoch: (await takeLease(base.db, world.orgId, "tester", 60)) ?? 0 }
})
afterEach(async () => {
  const broken = await findBroken(base.db, world.orgId, base.clock.now())
  expect(broken.filter(({ invariant }) => invariant !== "I10")).toEqual([])
  await world.stop()
})

type Waiting = { itemId: string; conversationId: string }
async function waiting(from: string): Promise<Waiting> {
  const { conversationId } = await world.send(chat, "chat", from)
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM queue_items WHERE org_id = ${world.orgId} AND conversation_id = ${conversationId}`.execute(base.db)
  return { itemId: rows[0]?.id ?? "", conversationId: conversationId ?? "" }
}

let lastId = 0
function decide(type: "assign" | "offer", item: Waiting, agentId: string): Decision {
  const at = base.clock.now().getTime()
  const chosen = { load: 0, capacity: 2, idleSince: null }
  const match = { score: 0, decidedAt: at, place: 1, queueLength: 1, chosen, alsoEligible: 0, members: 1, excluded: [] }
  const common = {
    id: ++lastId,
    at,
    because: { rule: "best_pair" as const, configVersion: 1, match },
    ...item,
    inboxId: inbox,
    group: "messaging" as const,
    agentId,
    pull: false,
    requestId: null,
  }
  return type === "offer"
    ? { ...common, type, deadlineAt: at + 30_000 }
    : { ...common, type, reason: "automated_assignment" }
}

/** A process of its own: the gate of another store does not stand between. */
const otherStore = (): Store => createStore({ db: base.db, clock: base.clock, bus: base.bus })

/** Commits the first, begins the second before the first has ended; answers how many each wrote, and the second's tries. */
async function meet(first: Decision, second: Decision): Promise<{ written: [number, number]; tries: number }> {
  let tries = 0
  let began: () => void = () => undefined
  const isBegun = new Promise<void>((resolve) => {
    began = resolve
  })
  let end: () => void = () => undefined
  const mayEnd = new Promise<void>((resolve) => {
    end = resolve
  })
  const one = otherStore().write({ orgId: world.orgId, kind: "decision" }, async (tx) => {
    const accepted = await commitDecisions(tx, lease, [first])
    began()
    await mayEnd
    return accepted.size
  })
  await isBegun
  const other = otherStore().write({ orgId: world.orgId, kind: "decision" }, async (tx) => {
    tries += 1
    return (await commitDecisions(tx, lease, [second])).size
  })
  await base.clock.sleep(100)
  end()
  return { written: [await one, await other], tries }
}

test("I7 two commits for an agent's last seat: the second is refused", async () => {
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"], standard: 1 })
  const [first, second] = [await waiting("v1"), await waiting("v2")]
  expect(await meet(decide("assign", first, ana), decide("offer", second, ana))).toEqual({ written: [1, 0], tries: 1 })
})

test("two commits for one item: the second sees that it is gone, without a clash of keys", async () => {
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  const ben = await world.agent("Ben", { inboxIds: [inbox], availableFor: ["messaging"] })
  for (const type of ["offer", "assign"] as const) {
    const item = await waiting(`v ${type}`)
    const met = await meet(decide("offer", item, ana), decide(type, item, ben))
    expect(met).toEqual({ written: [1, 0], tries: 1 })
  }
})

test("I6 I7 many overlapping batches beside releases: no seat above the capacity, no counter adrift, no deadlock", async () => {
  const agents: string[] = []
  for (const name of ["Ana", "Ben", "Cy", "Di"])
    agents.push(await world.agent(name, { inboxIds: [inbox], availableFor: ["messaging"], standard: 2 }))
  const items: Waiting[] = []
  for (let n = 0; n < 12; n++) items.push(await waiting(`v${n}`))
  let transactions = 0
  let tries = 0
  let written = 0
  let most = 0
  const batches = async (seed: number) => {
    const store = otherStore()
    for (let round = 0; round < 6; round++) {
      const mixed = items
        .map((item, n) => ({ item, key: (n * 7 + seed * 5 + round * 3) % 13 }))
        .sort((a, b) => a.key - b.key)
      const batch = mixed.slice(0, 8).map(({ item, key }) => decide("assign", item, agents[(key + seed) % 4] ?? ""))
      transactions += 1
      const accepted = await store.write({ orgId: world.orgId, kind: "decision" }, async (tx) => {
        tries += 1
        return (await commitDecisions(tx, lease, batch)).size
      })
      written += accepted
      const { rows } = await sql<{ most: number }>`
        SELECT max(messaging_load) AS most FROM agent_states WHERE org_id = ${world.orgId}`.execute(base.db)
      most = Math.max(most, rows[0]?.most ?? 0)
    }
  }
  const releases = async () => {
    const store = otherStore()
    for (let round = 0; round < 20; round++) {
      const { conversationId } = items[(round * 5) % items.length] ?? { conversationId: "" }
      await store.write({ orgId: world.orgId, kind: "act" }, async (tx) => {
        const conversation = (await lockWork(tx, [conversationId])).conversations.get(conversationId)
        if (!conversation?.agentId) return
        const after = await endAssignment(tx, { conversation, reason: "rerouted_unassign" })
        const item = await requeue(tx, after, { reason: "manual" })
        const known = items.find((one) => one.conversationId === conversationId)
        if (!item || !known) return
        tx.afterCommit(() => {
          known.itemId = item.id
        })
      })
    }
  }
  await Promise.all([batches(1), batches(2), batches(3), batches(4), releases()])
  expect(most).toBe(2)
  expect(written).toBeGreaterThanOrEqual(8)
  expect(tries).toBe(transactions)
})
