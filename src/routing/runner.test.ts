import { sql } from "kysely"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { routingWorld, type RoutingWorld } from "../../test/routing-world.ts"

let base: TestStore
let world: RoutingWorld

beforeAll(async () => {
  base = await testStore()
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await routingWorld(base)
})
afterEach(() => world.stop())

async function conversation(id: string | null) {
  const { rows } = await sql<{ status: string; agentId: string | null; inboxId: string; dueAt: Date | null }>`
    SELECT status, agent_id, inbox_id, due_at FROM conversations WHERE org_id = ${world.orgId} AND id = ${id}`.execute(base.db)
  return rows[0]
}

test("a mail that arrives is committed, routed and assigned to the agent who is there", async () => {
  const inbox = await world.inbox("General Support")
  const mail = await world.entryPoint("email", inbox)
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["mail"] })
  const receipt = await world.send(mail, "email", "maya@example.com")
  expect(receipt).toMatchObject({ duplicate: false, parked: false, resolution: { inboxId: inbox, slaSource: "inbox" } })
  await world.routing.settled(world.orgId)
  expect(await conversation(receipt.conversationId)).toMatchObject({ status: "open", agentId: ana, inboxId: inbox })
})

test("a chat is offered where the banner is on", async () => {
  const inbox = await world.inbox("General Support")
  const chat = await world.entryPoint("chat", inbox)
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  const receipt = await world.send(chat, "chat", "visitor-1")
  await world.routing.settled(world.orgId)
  const { rows } = await sql<{ agentId: string; state: string }>`
    SELECT agent_id, state FROM offers WHERE org_id = ${world.orgId}`.execute(base.db)
  expect(rows).toEqual([{ agentId: ana, state: "pending" }])
  expect(await conversation(receipt.conversationId)).toMatchObject({ status: "new", agentId: null })
})
