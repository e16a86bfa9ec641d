import { sql } from "kysely"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { routingWorld, type RoutingWorld } from "../../test/routing-world.ts"
import { setFault } from "../fault.ts"
import { takeLease } from "../store/leases.ts"
import { Partition } from "./partition.ts"

/** One partition by itself, with the right to decide in the test's hand. */

let base: TestStore
let world: RoutingWorld
let inbox: string
let chat: string
const soon = () => base.clock.monotonic() + 60_000

beforeAll(async () => {
  base = await testStore()
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await routingWorld(base, { unrouted: true })
  inbox = await world.inbox("General")
  chat = await world.entryPoint("chat", inbox)
  await world.settings((settings) => {
    settings.messaging.offerBanner = false
  })
})
afterEach(async () => {
  setFault("routing.beforeCommit", null)
  await world.stop()
})

async function partitionOf(onError: (error: unknown) => void, onHotRefusals = () => undefined): Promise<Partition> {
  const epoch = (await takeLease(base.db, world.orgId, "tester", 60)) ?? 0
  const deps = { store: world.store, clock: base.clock, engine: "fast" as const, onError, onHotRefusals }
  return Partition.rebuild(deps, { orgId: world.orgId, owner: "tester", epoch }, soon())
}

test("a commit that fails while the lease is in doubt holds nobody for ever: with the lease renewed, work goes on", async () => {
  const { conversationId } = await world.send(chat, "chat", "v1")
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"], standard: 1 })
  const errors: unknown[] = []
  const partition = await partitionOf((error) => errors.push(error))
  // The database is away: the commit fails, and so do renewals.
  setFault("routing.beforeCommit", () => {
    partition.renewed(0)
    throw new Error("connection lost")
  })
  await partition.step()
  expect(errors).toHaveLength(1)
  setFault("routing.beforeCommit", null)
  partition.renewed(soon())
  await partition.step()
  const { rows } = await sql`SELECT agent_id FROM conversations WHERE id = ${conversationId}`.execute(base.db)
  expect(rows).toEqual([{ agentId: ana }])
  partition.stop()
})
