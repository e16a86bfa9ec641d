import { sql } from "kysely"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { setFault } from "../fault.ts"
import { setAvailability } from "../availability/availability.ts"
import { closeConversation } from "../conversations/closure.ts"
import { findBroken } from "./invariants.ts"
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
afterEach(async () => {
  for (const name of ["intake.beforeCommit", "routing.beforeCommit", "routing.afterCommit"]) setFault(name, null)
  await world.routing.settled(world.orgId)
  expect(await findBroken(base.db, world.orgId, base.clock.now())).toEqual([])
  await world.stop()
})

async function conversation(id: string | null) {
  const { rows } = await sql<{ status: string; agentId: string | null; inboxId: string; dueAt: Date | null }>`
    SELECT status, agent_id, inbox_id, due_at FROM conversations WHERE org_id = ${world.orgId} AND id = ${id}`.execute(
    base.db,
  )
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

const withoutBanner = () =>
  world.settings((settings) => {
    settings.messaging.offerBanner = false
  })

test("what finds a free agent at its arrival is assigned in the same commit", async () => {
  const inbox = await world.inbox("General Support")
  const chat = await world.entryPoint("chat", inbox)
  await withoutBanner()
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"], standard: 2 })
  await world.routing.settled(world.orgId)
  const receipts = await Promise.all(["v1", "v2", "v3"].map((visitor) => world.send(chat, "chat", visitor)))
  const rows = await Promise.all(receipts.map((receipt) => conversation(receipt.conversationId)))
  expect(rows.map((row) => row?.agentId ?? null).sort()).toEqual([ana, ana, null].sort())
})

test("an agent who switched off unseen is refused by the guard: the message waits, and goes to whoever comes", async () => {
  const inbox = await world.inbox("General Support")
  const chat = await world.entryPoint("chat", inbox)
  await withoutBanner()
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  const ben = await world.agent("Ben", { inboxIds: [inbox] })
  await world.routing.settled(world.orgId)
  await sql`UPDATE agent_states SET available_for = '{}', version = version + 1 WHERE org_id = ${world.orgId} AND agent_id = ${ana}`.execute(
    base.db,
  )
  const receipt = await world.send(chat, "chat", "v1")
  expect(receipt).toMatchObject({ parked: false })
  await world.routing.settled(world.orgId)
  expect(await conversation(receipt.conversationId)).toMatchObject({ status: "new", agentId: null })
  await world.store.write({ orgId: world.orgId, kind: "act" }, (tx) => setAvailability(tx, ben, ["messaging"]))
  await world.routing.settled(world.orgId)
  expect(await conversation(receipt.conversationId)).toMatchObject({ agentId: ben })
})

test("what is undone with a refusal of another is held against nobody: its agent gets it at once", async () => {
  const [first, second] = [await world.inbox("First"), await world.inbox("Second")]
  const [toFirst, toSecond] = [await world.entryPoint("chat", first), await world.entryPoint("chat", second)]
  await withoutBanner()
  const ana = await world.agent("Ana", { inboxIds: [first], availableFor: ["messaging"] })
  const ben = await world.agent("Ben", { inboxIds: [second], availableFor: ["messaging"] })
  await world.routing.settled(world.orgId)
  await sql`UPDATE agent_states SET available_for = '{}', version = version + 1 WHERE org_id = ${world.orgId} AND agent_id = ${ana}`.execute(
    base.db,
  )
  let tries = 0
  setFault("intake.beforeCommit", () => void tries++)
  const sent = await Promise.all([world.send(toFirst, "chat", "v1"), world.send(toSecond, "chat", "v2")])
  await world.routing.settled(world.orgId)
  const rows = await Promise.all(sent.map((receipt) => conversation(receipt.conversationId)))
  expect(rows.map((row) => row?.agentId)).toEqual([null, ben])
  expect(tries).toBe(2)
})

test("a try that was rolled back leaves no hold: the next one assigns, and loads are right", async () => {
  const inbox = await world.inbox("General Support")
  const chat = await world.entryPoint("chat", inbox)
  await withoutBanner()
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"], standard: 1 })
  await world.routing.settled(world.orgId)
  let failures = 0
  setFault("intake.beforeCommit", () => {
    if (failures++ < 2) throw Object.assign(new Error("could not serialize"), { code: "40001" })
  })
  const receipt = await world.send(chat, "chat", "v1")
  expect(await conversation(receipt.conversationId)).toMatchObject({ agentId: ana })
  setFault("intake.beforeCommit", () => {
    throw Object.assign(new Error("terminating connection"), { code: "57P01" })
  })
  await expect(world.send(chat, "chat", "v2")).rejects.toMatchObject({ code: "unavailable" })
  setFault("intake.beforeCommit", null)
  const second = await world.send(chat, "chat", "v2")
  await world.routing.settled(world.orgId)
  expect(await conversation(second.conversationId)).toMatchObject({ agentId: null })
})

test("a commit of decisions that fails, or whose answer is lost, is read again: each is given once", async () => {
  const inbox = await world.inbox("General Support")
  const chat = await world.entryPoint("chat", inbox)
  await withoutBanner()
  const ana = await world.agent("Ana", { inboxIds: [inbox], standard: 10, maximum: 10 })
  const receipts = await Promise.all(["v1", "v2", "v3"].map((visitor) => world.send(chat, "chat", visitor)))
  for (const name of ["routing.beforeCommit", "routing.afterCommit"]) {
    let failures = 0
    setFault(name, () => {
      if (failures++ === 0) throw new Error(`${name} lost`)
    })
  }
  await world.store.write({ orgId: world.orgId, kind: "act" }, (tx) => setAvailability(tx, ana, ["messaging"]))
  await world.routing.settled(world.orgId)
  const rows = await Promise.all(receipts.map((receipt) => conversation(receipt.conversationId)))
  expect(rows.map((row) => row?.agentId)).toEqual([ana, ana, ana])
})

test("who holds an agent already reserves none before him: two batches that cross do not wait for each other for ever", async () => {
  await withoutBanner()
  const [first, second] = [await world.inbox("First"), await world.inbox("Second")]
  const [toFirst, toSecond] = [await world.entryPoint("chat", first), await world.entryPoint("chat", second)]
  const ana = await world.agent("Ana", { inboxIds: [first], availableFor: ["messaging"] })
  const ben = await world.agent("Ben", { inboxIds: [second], availableFor: ["messaging"] })
  await world.routing.settled(world.orgId)
  for (const [entryPoint, visitor] of [
    [toFirst, "of Ana"],
    [toSecond, "of Ben"],
  ] as const) {
    const { conversationId } = await world.send(entryPoint, "chat", visitor)
    await world.routing.settled(world.orgId)
    const acting = { type: "user" as const, id: ana, userId: ana, name: "Ana", sight: { inboxIds: null, agentId: ana } }
    await world.store.write({ orgId: world.orgId, kind: "act" }, (tx) =>
      closeConversation(tx, acting, conversationId ?? "", { force: true }),
    )
  }
  await world.routing.settled(world.orgId)
  // Each has locked the agent to whom its visitor comes back, and then wants the other one's for somebody new.
  let arrived = 0
  let go: () => void = () => undefined
  const both = new Promise<void>((resolve) => {
    go = resolve
  })
  setFault("intake.beforeCommit", () => {
    if (++arrived === 2) go()
    return both
  })
  const one = [world.send(toFirst, "chat", "of Ana"), world.send(toSecond, "chat", "new to Ben")]
  await base.clock.sleep(20)
  const other = [world.send(toSecond, "chat", "of Ben"), world.send(toFirst, "chat", "new to Ana")]
  const receipts = await Promise.all([...one, ...other])
  // The one whose agent the other has changed is written a second time, without giving him anything.
  expect(arrived).toBe(3)
  await world.routing.settled(world.orgId)
  const rows = await Promise.all(receipts.map((receipt) => conversation(receipt.conversationId)))
  expect(rows.map((row) => row?.agentId)).toEqual([ana, ben, ben, ana])
})

test("a stop waits for no partition that cannot read again what it wrote", async () => {
  await using away = await testStore()
  const errors = vi.spyOn(console, "error").mockImplementation(() => undefined)
  const there = await routingWorld(away, { unfused: true })
  const inbox = await there.inbox("General Support")
  const mail = await there.entryPoint("email", inbox)
  await there.agent("Ana", { inboxIds: [inbox], availableFor: ["mail"] })
  await there.routing.settled(there.orgId)
  await sql`ALTER TABLE offers RENAME TO offers_away`.execute(away.db)
  await there.send(mail, "email", "maya@example.com")
  await expect.poll(() => errors.mock.calls.length).toBeGreaterThan(1)
  // The look around of each second waits for it too by then.
  await away.clock.sleep(1_200)
  await there.stop()
  errors.mockRestore()
})
