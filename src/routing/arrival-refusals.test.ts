import { sql } from "kysely"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { routingWorld, type RoutingWorld } from "../../test/routing-world.ts"
import { setAvailability } from "../availability/availability.ts"
import { closeConversation } from "../conversations/closure.ts"
import { setFault } from "../fault.ts"
import { createIntake } from "../intake/intake.ts"
import { addMember, removeMember } from "../inboxes/inbox.ts"
import { newId } from "../ids.ts"
import type { Bus } from "../store/bus.ts"
import type { Store, Tx } from "../store/write.ts"
import { createStore } from "../store/store.ts"
import { commitDecisions } from "./commit-decisions.ts"
import { findBroken } from "./invariants.ts"

/**
 * What arrives is given to an agent as the engine knows him (routing.md 3.1); here he changes before the commit. The
 * database refuses, and what arrived is taken in without.
 */

let base: TestStore
let world: RoutingWorld
let inbox: string
let chat: string
/** Of another process, which has nobody to tell. */
let unheard: Store
let written: number

const silent: Bus = {
  publish: () => undefined,
  subscribe: () => () => undefined,
  start: async () => undefined,
  stop: async () => undefined,
}

beforeAll(async () => {
  base = await testStore({ connectionsMax: 16 })
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await routingWorld(base)
  await world.settings((settings) => {
    settings.messaging.offerBanner = false
  })
  inbox = await world.inbox("General")
  chat = await world.entryPoint("chat", inbox)
  unheard = createStore({ db: base.db, clock: base.clock, bus: silent })
  written = 0
  setFault("intake.beforeCommit", () => void written++)
})
afterEach(async () => {
  setFault("intake.beforeCommit", null)
  await world.routing.settled(world.orgId)
  expect(await findBroken(base.db, world.orgId, base.clock.now())).toEqual([])
  await world.stop()
})

const agent = (name: string, standard = 3) =>
  world.agent(name, { inboxIds: [inbox], availableFor: ["messaging"], standard })
const change = (work: (tx: Tx) => Promise<unknown>) => unheard.write({ orgId: world.orgId, kind: "act" }, work)

async function holderOf(conversationId: string | null): Promise<string | null> {
  const { rows } = await sql<{ agentId: string | null }>`
    SELECT agent_id FROM conversations WHERE org_id = ${world.orgId} AND id = ${conversationId}`.execute(base.db)
  return rows[0]?.agentId ?? null
}

/** Of each table of what one arrival makes, how many rows there are. */
async function rows(): Promise<Record<string, number>> {
  const { rows } = await sql<Record<string, number>>`
    SELECT ${sql.join(
      ["messages", "conversations", "contacts", "queue_items", "inbound_events", "assignments", "seats"].map(
        (table) =>
          sql`(SELECT count(*)::int FROM ${sql.raw(table)} WHERE org_id = ${world.orgId}) AS ${sql.raw(table)}`,
      ),
    )}, (SELECT count(*)::int FROM events WHERE org_id = ${world.orgId} AND type = 'contact.message_received') AS told,
      (SELECT count(*)::int FROM events WHERE org_id = ${world.orgId} AND type = 'contact.queued') AS queued`.execute(
    base.db,
  )
  return rows[0] ?? {}
}

const once = { messages: 1, conversations: 1, contacts: 1, queueItems: 1, inboundEvents: 1, told: 1, queued: 1 }

const unversioned = "leaves the Inbox without a new version"
const changes: [string, (ana: string, tx: Tx) => Promise<unknown>][] = [
  ["is no longer available", (ana, tx) => setAvailability(tx, ana, [])],
  ["leaves the Inbox", (ana, tx) => removeMember(tx, inbox, ana, async () => undefined)],
  [
    unversioned,
    (ana, tx) => sql`DELETE FROM inbox_members WHERE org_id = ${tx.orgId} AND agent_id = ${ana}`.execute(tx.db),
  ],
  [
    "goes to Settings, of which only the time is written",
    (ana, tx) =>
      sql`UPDATE agent_states SET settings_until = clock_timestamp() + interval '1 minute' WHERE org_id = ${tx.orgId} AND agent_id = ${ana}`.execute(
        tx.db,
      ),
  ],
  [
    "is paused",
    (ana, tx) =>
      sql`UPDATE agent_states SET paused_at = now(), version = version + 1 WHERE org_id = ${tx.orgId} AND agent_id = ${ana}`.execute(
        tx.db,
      ),
  ],
]

test.each(changes)("an agent who %s before the commit gets nothing; what arrived is there once", async (_what, act) => {
  const ana = await agent("Ana")
  await world.routing.settled(world.orgId)
  await change((tx) => act(ana, tx))
  const receipt = await world.send(chat, "chat", "v1")
  expect(receipt).toMatchObject({ parked: false, duplicate: false })
  expect(await holderOf(receipt.conversationId)).toBeNull()
  expect(await rows()).toEqual({ ...once, assignments: 0, seats: 0 })
  // The rest of its routing: whoever comes gets it.
  const ben = await agent("Ben")
  await world.routing.settled(world.orgId)
  expect(await holderOf(receipt.conversationId)).toBe(ben)
  expect(await rows()).toEqual({ ...once, assignments: 1, seats: 1 })
})

// Whoever takes an Inbox away gives the agent a new version: the commit has looked at the members before it waits.
const versioned = changes.filter(([what]) => what !== unversioned)
test.each(versioned)("an agent who %s while the commit waits for his row gets nothing", async (_what, act) => {
  const ana = await agent("Ana")
  await world.routing.settled(world.orgId)
  let sent: ReturnType<typeof world.send> | undefined
  await change(async (tx) => {
    await sql`SELECT 1 FROM agent_states WHERE org_id = ${tx.orgId} AND agent_id = ${ana} FOR UPDATE`.execute(tx.db)
    await act(ana, tx)
    await tx.flush()
    sent = world.send(chat, "chat", "v1")
    await base.clock.sleep(100)
    expect(await rows()).toMatchObject({ messages: 0 })
  })
  const receipt = await sent
  expect(await holderOf(receipt?.conversationId ?? null)).toBeNull()
  expect(await rows()).toEqual({ ...once, assignments: 0, seats: 0 })
  const ben = await agent("Ben")
  await world.routing.settled(world.orgId)
  expect(await holderOf(receipt?.conversationId ?? null)).toBe(ben)
})

test("an agent whose last seat another process has given away gets no more; it goes to the next", async () => {
  const ana = await agent("Ana", 1)
  await world.routing.settled(world.orgId)
  // A conversation that somebody takes by hand, unheard.
  const first = await takenBy(ana)
  const receipt = await world.send(chat, "chat", "v2")
  expect([await holderOf(first), await holderOf(receipt.conversationId)]).toEqual([ana, null])
  const ben = await agent("Ben", 1)
  await world.routing.settled(world.orgId)
  expect(await holderOf(receipt.conversationId)).toBe(ben)
  expect(await rows()).toMatchObject({ messages: 2, assignments: 2, seats: 2 })
})

/** A new conversation that is given to the agent by a commit of which the engine has not heard. */
async function takenBy(agentId: string): Promise<string> {
  const intake = createIntake({ store: unheard, clock: base.clock })
  const { conversationId } = await intake.accept({
    orgId: world.orgId,
    entryPointId: chat,
    channel: "chat",
    externalId: newId(),
    from: { kind: "visitor", value: "v1", name: "v1", verifiedBy: "channel" },
    content: { kind: "text", text: "Hello" },
    sentAt: null,
    raw: { bytes: Buffer.from("Hello") },
    test: false,
  })
  const { rows } = await sql<{ itemId: string; owner: string; epoch: number }>`
    SELECT q.id AS item_id, l.owner, l.epoch FROM queue_items q JOIN leases l ON l.org_id = q.org_id
    WHERE q.org_id = ${world.orgId} AND q.conversation_id = ${conversationId}`.execute(base.db)
  const { itemId = "", owner = "", epoch = 0 } = rows[0] ?? {}
  const at = base.clock.now().getTime()
  const chosen = { load: 0, capacity: 1, idleSince: null }
  const match = { score: 0, decidedAt: at, place: 1, queueLength: 1, chosen, alsoEligible: 0, members: 1, excluded: [] }
  await change(async (tx) => {
    const accepted = await commitDecisions(tx, { orgId: world.orgId, owner, epoch }, [
      {
        id: 1,
        at,
        because: { rule: "best_pair", configVersion: 1, match },
        type: "assign",
        reason: "automated_assignment",
        itemId,
        conversationId: conversationId ?? "",
        inboxId: inbox,
        group: "messaging",
        agentId,
        pull: false,
        requestId: null,
      },
    ])
    expect(accepted.size).toBe(1)
  })
  return conversationId ?? ""
}

test("where another process has taken over the routing, what arrives waits for its decision", async () => {
  const ana = await agent("Ana")
  await world.routing.settled(world.orgId)
  await sql`UPDATE leases SET owner = 'another', epoch = epoch + 1 WHERE org_id = ${world.orgId}`.execute(base.db)
  const receipt = await world.send(chat, "chat", "v1")
  expect(await holderOf(receipt.conversationId)).toBeNull()
  expect(await rows()).toEqual({ ...once, assignments: 0, seats: 0 })
  await sql`UPDATE leases SET expires_at = clock_timestamp() WHERE org_id = ${world.orgId}`.execute(base.db)
  for (let waits = 0; waits < 500 && !(await holderOf(receipt.conversationId)); waits++) await base.clock.sleep(20)
  expect(await holderOf(receipt.conversationId)).toBe(ana)
  expect(await rows()).toEqual({ ...once, assignments: 1, seats: 1 })
}, 20_000)

test("of several that arrive together none is lost or doubled when one of their agents has changed", async () => {
  const second = await world.inbox("Second")
  const toSecond = await world.entryPoint("chat", second)
  const ana = await agent("Ana")
  const ben = await world.agent("Ben", { inboxIds: [second], availableFor: ["messaging"] })
  await world.routing.settled(world.orgId)
  await change((tx) => setAvailability(tx, ana, []))
  const receipts = await Promise.all([
    world.send(chat, "chat", "v1"),
    world.send(toSecond, "chat", "v2"),
    world.send(chat, "chat", "v3"),
  ])
  await world.routing.settled(world.orgId)
  expect(await Promise.all(receipts.map(({ conversationId }) => holderOf(conversationId)))).toEqual([null, ben, null])
  expect(await rows()).toMatchObject({
    messages: 3,
    conversations: 3,
    queueItems: 3,
    assignments: 1,
    told: 3,
    queued: 3,
  })
})

test("who arrives with a customer who comes back to the same agent is given to him in the one commit", async () => {
  const ana = await agent("Ana")
  await world.routing.settled(world.orgId)
  const first = await world.send(chat, "chat", "back")
  await world.routing.settled(world.orgId)
  const acting = { type: "user" as const, id: ana, userId: ana, name: "Ana", sight: { inboxIds: null, agentId: ana } }
  await world.store.write({ orgId: world.orgId, kind: "act" }, (tx) =>
    closeConversation(tx, acting, first.conversationId ?? "", { force: true }),
  )
  await world.routing.settled(world.orgId)
  written = 0
  const receipts = await Promise.all([world.send(chat, "chat", "back"), world.send(chat, "chat", "new")])
  expect(await Promise.all(receipts.map(({ conversationId }) => holderOf(conversationId)))).toEqual([ana, ana])
  expect(written).toBe(1)
})

test("after a refusal the next one is given at once again, even if nobody was told why", async () => {
  const ana = await agent("Ana")
  await world.routing.settled(world.orgId)
  await sql`UPDATE agent_states SET version = version + 3 WHERE org_id = ${world.orgId} AND agent_id = ${ana}`.execute(
    base.db,
  )
  const refused = await world.send(chat, "chat", "v1")
  await world.routing.settled(world.orgId)
  expect(await holderOf(refused.conversationId)).toBe(ana)
  written = 0
  const next = await world.send(chat, "chat", "v2")
  expect(await holderOf(next.conversationId)).toBe(ana)
  expect(written).toBe(1)
})

test("many arrivals by two processes while agents come and go unheard: each is there once, nobody has more than he can", async () => {
  const second = await world.inbox("Second")
  const toSecond = await world.entryPoint("chat", second)
  const options = { inboxIds: [inbox, second], availableFor: ["messaging" as const], standard: 20, maximum: 20 }
  const agents = [
    await world.agent("Ana", options),
    await world.agent("Ben", options),
    await world.agent("Cem", options),
  ]
  await world.routing.settled(world.orgId)
  const other = createIntake({
    store: createStore({ db: base.db, clock: base.clock, bus: base.bus }),
    clock: base.clock,
  })
  let isOver = false
  const comingAndGoing = agents.map(async (id, n) => {
    for (let round = n; !isOver; round++) {
      const off = round % 2 === 0
      await change((tx) =>
        round % 3 === 0
          ? off
            ? removeMember(tx, second, id, async () => undefined)
            : addMember(tx, second, id)
          : setAvailability(tx, id, off ? [] : ["messaging"]),
      )
      await base.clock.sleep(3 + n)
    }
  })
  const arriving = Array.from({ length: 120 }, async (_, n) => {
    await base.clock.sleep(n * 4)
    const from = `v${n % 80}`
    if (n % 4 > 0) return world.send(n % 2 ? chat : toSecond, "chat", from)
    return other.accept({
      orgId: world.orgId,
      entryPointId: n % 8 ? chat : toSecond,
      channel: "chat",
      externalId: newId(),
      from: { kind: "visitor", value: from, name: from, verifiedBy: "channel" },
      content: { kind: "text", text: "Hello" },
      sentAt: null,
      raw: { bytes: Buffer.from("Hello") },
      test: false,
    })
  })
  const receipts = await Promise.all(arriving)
  isOver = true
  await Promise.all(comingAndGoing)
  expect(receipts.filter(({ parked, duplicate }) => parked || duplicate)).toEqual([])
  expect(new Set(receipts.map(({ messageId }) => messageId)).size).toBe(120)
  expect(await rows()).toMatchObject({ messages: 120, inboundEvents: 120, conversations: 80, told: 120 })
  for (const id of agents) {
    await change(async (tx) => {
      await addMember(tx, second, id)
      await setAvailability(tx, id, ["messaging"])
    })
  }
  await world.routing.settled(world.orgId)
  const { rows: loads } = await sql<{ load: number }>`
    SELECT messaging_load AS load FROM agent_states WHERE org_id = ${world.orgId}`.execute(base.db)
  expect(loads).toEqual(agents.map(() => ({ load: 20 })))
}, 30_000)
