import { sql } from "kysely"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { routingWorld, type RoutingWorld } from "../../test/routing-world.ts"
import { withdrawFromInbox } from "../availability/agents.ts"
import { loseConnection, regainConnection, setAvailability, setStatus } from "../availability/availability.ts"
import type { ChannelGroup } from "../core/channels.ts"
import { acceptOffer, declineOffer } from "../offers/answer-offer.ts"
import { Problem } from "../problem.ts"
import { findBroken } from "./invariants.ts"
import { pullNext } from "./next.ts"
import { readQueue, takeItem } from "./queue.ts"

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
  await world.routing.settled(world.orgId)
  expect(await findBroken(base.db, world.orgId, base.clock.now())).toEqual([])
  await world.stop()
})

const act = <T>(work: Parameters<typeof world.store.write<T>>[1]) =>
  world.store.write({ orgId: world.orgId, kind: "act" }, work)
const available = async (agentId: string, ...groups: ChannelGroup[]) => {
  await act((tx) => setAvailability(tx, agentId, groups))
  await world.routing.settled(world.orgId)
}

async function conversation(id: string | null) {
  const { rows } = await sql<{
    status: string
    agentId: string | null
    inboxId: string
    dueAt: Date | null
    version: number
  }>`
    SELECT status, agent_id, inbox_id, due_at, version FROM conversations WHERE org_id = ${world.orgId} AND id = ${id}`.execute(
    base.db,
  )
  return rows[0]
}
async function offers(state = "pending") {
  const { rows } = await sql<{ id: string; agentId: string; conversationId: string; state: string }>`
    SELECT id, agent_id, conversation_id, state FROM offers WHERE org_id = ${world.orgId} AND state = ${state} ORDER BY id`.execute(
    base.db,
  )
  return rows
}
async function agentRow(id: string) {
  const { rows } = await sql<{
    messagingLoad: number
    mailLoad: number
    mailCredit: number
    status: string
    availableFor: string[]
    connected: boolean
  }>`
    SELECT messaging_load, mail_load, mail_credit, status, available_for, connected FROM agent_states WHERE org_id = ${world.orgId} AND agent_id = ${id}`.execute(
    base.db,
  )
  return rows[0]
}
const withoutBanner = () =>
  world.settings((settings) => {
    settings.messaging.offerBanner = false
  })
const pull = (agentId: string) =>
  pullNext({ store: world.store, clock: base.clock, routing: world.routing }, { orgId: world.orgId }, agentId, null)

test("S8 the contact is offered to the only member who is available, else it waits and is offered at once when one is", async () => {
  const inbox = await world.inbox("General")
  const chat = await world.entryPoint("chat", inbox)
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  const ben = await world.agent("Ben", { inboxIds: [inbox] })
  await world.send(chat, "chat", "v1")
  await world.routing.settled(world.orgId)
  expect((await offers()).map((offer) => offer.agentId)).toEqual([ana])
  await act((tx) => setStatus(tx, ana, { status: "away" }))
  await world.routing.settled(world.orgId)
  expect(await offers()).toEqual([])
  await available(ben, "messaging")
  expect((await offers()).map((offer) => offer.agentId)).toEqual([ben])
})

test("S9 the third chat is not pushed to an agent with two; it waits, or goes to another", async () => {
  const inbox = await world.inbox("General")
  const chat = await world.entryPoint("chat", inbox)
  await withoutBanner()
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"], standard: 2, maximum: 3 })
  const receipts = []
  for (const visitor of ["v1", "v2", "v3"]) receipts.push(await world.send(chat, "chat", visitor))
  await world.routing.settled(world.orgId)
  expect(await agentRow(ana)).toMatchObject({ messagingLoad: 2 })
  const third = await conversation(receipts[2]?.conversationId ?? null)
  expect(third).toMatchObject({ status: "new", agentId: null })
  const ben = await world.agent("Ben", { inboxIds: [inbox], availableFor: ["messaging"] })
  await world.routing.settled(world.orgId)
  expect(await conversation(receipts[2]?.conversationId ?? null)).toMatchObject({ status: "open", agentId: ben })
  expect(await agentRow(ana)).toMatchObject({ messagingLoad: 2 })
})

test("S12 a section without a default Inbox leads to the organization's fallback", async () => {
  const inbox = await world.inbox("General")
  const mail = await world.entryPoint("email", inbox)
  await sql`UPDATE channel_routings SET default_inbox_id = NULL WHERE org_id = ${world.orgId}`.execute(base.db)
  expect(await world.send(mail, "email", "a@example.com")).toMatchObject({
    resolution: { inboxId: inbox, inboxSource: "default" },
  })
})

test("S18 S33 each entry point's mail stands in the Inbox that resolve names", async () => {
  const general = await world.inbox("General")
  const billing = await world.inbox("Billing", 60)
  const addresses = [
    await world.entryPoint("email", general),
    await world.entryPoint("email", general),
    await world.entryPoint("email", billing),
  ]
  const receipts = await Promise.all(
    addresses.map((address, index) => world.send(address, "email", `c${index}@example.com`)),
  )
  const rows = await Promise.all(receipts.map((receipt) => conversation(receipt.conversationId)))
  expect(rows.map((row) => row?.inboxId)).toEqual([general, general, billing])
  expect(receipts.map((receipt) => receipt.resolution?.slaSeconds)).toEqual([3_600, 3_600, 60])
  expect(new Set(receipts.map((receipt) => receipt.conversationId)).size).toBe(3)
})

test("S20 a mail for an Inbox waits until a member is available, and goes to that member", async () => {
  const billing = await world.inbox("Billing")
  const mail = await world.entryPoint("email", billing)
  const { conversationId } = await world.send(mail, "email", "a@example.com")
  await world.routing.settled(world.orgId)
  expect(await conversation(conversationId)).toMatchObject({ status: "new" })
  const ana = await world.agent("Ana", { inboxIds: [billing] })
  await available(ana, "mail")
  expect(await conversation(conversationId)).toMatchObject({ status: "open", agentId: ana })
})

test("S35 who is no member is never offered it, and leaving the Inbox takes the offer back", async () => {
  const general = await world.inbox("General")
  const returns = await world.inbox("Returns")
  const chat = await world.entryPoint("chat", returns)
  await world.agent("Ana", { inboxIds: [general], availableFor: ["messaging"] })
  const ben = await world.agent("Ben", { inboxIds: [returns], availableFor: ["messaging"] })
  await world.send(chat, "chat", "v1")
  await world.routing.settled(world.orgId)
  expect((await offers()).map((offer) => offer.agentId)).toEqual([ben])
  await act(async (tx) => {
    await withdrawFromInbox(tx, returns, ben)
    await sql`DELETE FROM inbox_members WHERE org_id = ${world.orgId} AND agent_id = ${ben}`.execute(tx.db)
  })
  await world.routing.settled(world.orgId)
  expect(await offers()).toEqual([])
  expect((await offers("withdrawn")).length).toBe(1)
})

test("an accepted offer assigns the conversation and keeps the seat that it claimed", async () => {
  const inbox = await world.inbox("General")
  const chat = await world.entryPoint("chat", inbox)
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  const { conversationId } = await world.send(chat, "chat", "v1")
  await world.routing.settled(world.orgId)
  expect(await agentRow(ana)).toMatchObject({ messagingLoad: 1 })
  const [offer] = await offers()
  await act((tx) => acceptOffer(tx, offer?.id ?? "", ana))
  expect(await conversation(conversationId)).toMatchObject({ status: "open", agentId: ana })
  expect(await agentRow(ana)).toMatchObject({ messagingLoad: 1 })
  // The winner asking again gets the same.
  expect(await act((tx) => acceptOffer(tx, offer?.id ?? "", ana))).toEqual({ conversationId })
})

test("an offer whose time is over cannot be accepted, even before anybody has said that it was missed", async () => {
  const inbox = await world.inbox("General")
  const chat = await world.entryPoint("chat", inbox)
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  await world.send(chat, "chat", "v1")
  await world.routing.settled(world.orgId)
  const [offer] = await offers()
  await sql`UPDATE offers SET ends_at = now() - interval '1 s' WHERE org_id = ${world.orgId}`.execute(base.db)
  await expect(act((tx) => acceptOffer(tx, offer?.id ?? "", ana))).rejects.toMatchObject({ code: "offer_ended" })
})

test("S9 a declined offer returns to its place and goes to another agent", async () => {
  const inbox = await world.inbox("General")
  const chat = await world.entryPoint("chat", inbox)
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  const ben = await world.agent("Ben", { inboxIds: [inbox], availableFor: ["messaging"] })
  await world.send(chat, "chat", "v1")
  await world.routing.settled(world.orgId)
  const [first] = await offers()
  await act((tx) => declineOffer(tx, first?.id ?? "", first?.agentId ?? "", "declined"))
  await world.routing.settled(world.orgId)
  const [second] = await offers()
  expect(new Set([first?.agentId, second?.agentId])).toEqual(new Set([ana, ben]))
})

test("reliability 22 an offer that nobody answers is missed at its deadline and goes to the next; two misses switch the group off", async () => {
  const inbox = await world.inbox("General")
  const chat = await world.entryPoint("chat", inbox)
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  await world.send(chat, "chat", "v1")
  await world.routing.settled(world.orgId)
  const later = (seconds: number) => world.timers.advanceTo(new Date(base.clock.now().getTime() + seconds * 1000))
  await later(31)
  expect((await offers("missed")).length).toBe(1)
  await later(61)
  await later(31)
  expect((await offers("missed")).length).toBe(2)
  expect(await agentRow(ana)).toMatchObject({ availableFor: [], messagingLoad: 0 })
})

test("reliability 22 a lost connection takes offers back, the agent is away; accepted work is routed anew after the grace", async () => {
  const inbox = await world.inbox("General")
  const chat = await world.entryPoint("chat", inbox)
  await withoutBanner()
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  const { conversationId, dueAt } = await world.send(chat, "chat", "v1")
  await world.routing.settled(world.orgId)
  await act((tx) => loseConnection(tx, ana, () => true))
  await world.routing.settled(world.orgId)
  expect(await agentRow(ana)).toMatchObject({ status: "away", connected: false })
  expect(await conversation(conversationId)).toMatchObject({ agentId: ana })
  await world.timers.advanceTo(new Date(base.clock.now().getTime() + 121_000))
  const row = await conversation(conversationId)
  expect(row).toMatchObject({ status: "new", agentId: null })
  expect(row?.dueAt?.toISOString()).toBe(dueAt)
  await act((tx) => regainConnection(tx, ana, base.clock.real()))
  await world.routing.settled(world.orgId)
  expect(await agentRow(ana)).toMatchObject({ status: "logged_in", connected: true })
  expect(await conversation(conversationId)).toMatchObject({ agentId: ana })
})

test("reliability 23 of two tabs and of two agents one gets it, the other is told", async () => {
  const inbox = await world.inbox("General")
  const chat = await world.entryPoint("chat", inbox)
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"], standard: 100, maximum: 100 })
  const ben = await world.agent("Ben", { inboxIds: [inbox] })
  for (let trial = 0; trial < 20; trial++) {
    await world.send(chat, "chat", `v${trial}`)
    await world.routing.settled(world.orgId)
    const [offer] = await offers()
    const [item] = await readQueue(base.db, world.orgId, { inboxIds: null, limit: 1 })
    const outcomes = await Promise.allSettled([
      act((tx) => acceptOffer(tx, offer?.id ?? "", ana)),
      act((tx) => takeItem(tx, item?.id ?? "", ben)),
      act((tx) => acceptOffer(tx, offer?.id ?? "", ana)),
    ])
    const refused = outcomes.filter((outcome) => outcome.status === "rejected")
    expect(
      refused.every(
        ({ reason }) => reason instanceof Problem && ["offer_ended", "already_taken"].includes(reason.code),
      ),
    ).toBe(true)
    const accepted = outcomes[0].status === "fulfilled" || outcomes[2].status === "fulfilled"
    expect(accepted).not.toBe(outcomes[1].status === "fulfilled")
  }
})

test("S9 Next gives own work first, then the best that waits; without work it grants one mail", async () => {
  const inbox = await world.inbox("General")
  const mail = await world.entryPoint("email", inbox)
  const ana = await world.agent("Ana", { inboxIds: [inbox] })
  await available(ana, "mail")
  const first = await world.send(mail, "email", "a@example.com")
  const second = await world.send(mail, "email", "b@example.com")
  await world.routing.settled(world.orgId)
  expect(await conversation(first.conversationId)).toMatchObject({ agentId: ana })
  expect(await conversation(second.conversationId)).toMatchObject({ agentId: null })
  // The first has a message that was not seen.
  expect(await pull(ana)).toEqual({ conversationId: first.conversationId, fromQueue: false })
  await sql`
    INSERT INTO read_marks (org_id, conversation_id, user_id, up_to_position, at)
    SELECT ${world.orgId}, ${first.conversationId}, ${ana}, 1000000, now()`.execute(base.db)
  expect(await pull(ana)).toEqual({ conversationId: second.conversationId, fromQueue: true })
  await sql`
    INSERT INTO read_marks (org_id, conversation_id, user_id, up_to_position, at)
    SELECT ${world.orgId}, ${second.conversationId}, ${ana}, 1000000, now()`.execute(base.db)
  expect(await pull(ana)).toEqual({ conversationId: null, fromQueue: true })
  expect(await agentRow(ana)).toMatchObject({ mailCredit: 1 })
  const third = await world.send(mail, "email", "c@example.com")
  await world.routing.settled(world.orgId)
  expect(await conversation(third.conversationId)).toMatchObject({ agentId: ana })
})

test("what one customer writes on a second channel goes to the agent who has the conversation", async () => {
  const inbox = await world.inbox("General")
  const sms = await world.entryPoint("sms", inbox)
  await withoutBanner()
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  const first = await world.send(sms, "sms", "+14155550100")
  await world.routing.settled(world.orgId)
  const again = await world.send(sms, "sms", "+14155550100", "Still there?")
  await world.routing.settled(world.orgId)
  expect(again).toMatchObject({ conversationId: first.conversationId, contactId: first.contactId })
  expect(await conversation(first.conversationId)).toMatchObject({ status: "open", agentId: ana })
  expect(await agentRow(ana)).toMatchObject({ messagingLoad: 1 })
})

test("who comes back before another took it goes on: what queued meanwhile is hers again", async () => {
  const inbox = await world.inbox("General")
  const chat = await world.entryPoint("chat", inbox)
  await withoutBanner()
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"], standard: 1 })
  const sms = await world.entryPoint("sms", inbox)
  const first = await world.send(sms, "sms", "+14155550100")
  await world.routing.settled(world.orgId)
  await sql`
    INSERT INTO customer_addresses (org_id, kind, value, id, customer_id, proved_at)
    SELECT ${world.orgId}, 'visitor', 'v1', gen_random_uuid(), customer_id, now() FROM conversations WHERE org_id = ${world.orgId}`.execute(
    base.db,
  )
  await act((tx) => setStatus(tx, ana, { status: "away" }))
  await world.send(chat, "chat", "v1", "Are you there?")
  await world.routing.settled(world.orgId)
  const [item] = await readQueue(base.db, world.orgId, { inboxIds: null, limit: 1 })
  expect(item).toMatchObject({ conversationId: first.conversationId })
  // It rings at Ben when Ana returns.
  await world.settings((settings) => {
    settings.messaging.offerBanner = true
  })
  const ben = await world.agent("Ben", { inboxIds: [inbox], availableFor: ["messaging"] })
  await world.routing.settled(world.orgId)
  expect((await offers()).map((offer) => offer.agentId)).toEqual([ben])
  await act((tx) => setStatus(tx, ana, { status: "logged_in" }))
  await world.routing.settled(world.orgId)
  expect(await offers()).toEqual([])
  expect(await readQueue(base.db, world.orgId, { inboxIds: null, limit: 1 })).toEqual([])
  expect(await conversation(first.conversationId)).toMatchObject({ status: "open", agentId: ana })
  expect(await agentRow(ana)).toMatchObject({ messagingLoad: 1 })
  expect(await agentRow(ben)).toMatchObject({ messagingLoad: 0 })
  const { rows } = await sql`SELECT state FROM contacts WHERE org_id = ${world.orgId}`.execute(base.db)
  expect(rows).toEqual([{ state: "active" }, { state: "active" }])
  const kept = await sql`SELECT 1 FROM assignments WHERE org_id = ${world.orgId}`.execute(base.db)
  expect(kept.rows).toHaveLength(1)
})
