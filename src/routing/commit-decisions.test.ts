import { sql } from "kysely"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { routingWorld, type RoutingWorld } from "../../test/routing-world.ts"
import type { ChannelGroup } from "../core/channels.ts"
import type { Decision } from "../core/routing/facts.ts"
import { acceptOffer } from "../offers/answer-offer.ts"
import { endOffers } from "../store/offers.ts"
import { LeaseLost, renewLease, takeLease } from "../store/leases.ts"
import type { Lease } from "../store/leases.ts"
import { commitDecisions } from "./commit-decisions.ts"
import { findBroken } from "./invariants.ts"

/** What the engine might believe, and the database knows better: each guard of routing.md 3.2 by itself. */

let base: TestStore
let world: RoutingWorld
let lease: Lease
let inbox: string
let chat: string
let mail: string

beforeAll(async () => {
  base = await testStore()
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await routingWorld(base, { unrouted: true })
  inbox = await world.inbox("General")
  chat = await world.entryPoint("chat", inbox)
  mail = await world.entryPoint("email", inbox)
  lease = { orgId: world.orgId, owner: "tester", epoch: (await takeLease(base.db, world.orgId, "tester", 15)) ?? 0 }
})
afterEach(async () => {
  const broken = await findBroken(base.db, world.orgId, base.clock.now())
  expect(broken.filter(({ invariant }) => !invariant.startsWith("I10"))).toEqual([])
  await world.stop()
})

type Waiting = { itemId: string; conversationId: string }

async function waiting(channel: "chat" | "email", from: string): Promise<Waiting> {
  const { conversationId } = await world.send(channel === "chat" ? chat : mail, channel, from)
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM queue_items WHERE org_id = ${world.orgId} AND conversation_id = ${conversationId}`.execute(base.db)
  return { itemId: rows[0]?.id ?? "", conversationId: conversationId ?? "" }
}
let lastId = 0
const chosen = { load: 0, capacity: 3, idleSince: null }
const match = { score: 0, decidedAt: 0, place: 1, queueLength: 1, chosen, alsoEligible: 0, members: 1, excluded: [] }
function decide(
  type: "assign" | "offer",
  item: Waiting,
  agentId: string,
  more: { group?: ChannelGroup; pull?: boolean; inboxId?: string } = {},
): Decision {
  const at = base.clock.now().getTime()
  const common = {
    id: ++lastId,
    at,
    because: { rule: "best_pair" as const, configVersion: 1, match },
    itemId: item.itemId,
    conversationId: item.conversationId,
    inboxId: more.inboxId ?? inbox,
    group: more.group ?? ("messaging" as const),
    agentId,
    pull: more.pull ?? false,
    requestId: null,
  }
  return type === "offer"
    ? { ...common, type, deadlineAt: at + 30_000 }
    : { ...common, type, reason: "automated_assignment" }
}
const commit = (decisions: Decision[], under = lease) =>
  world.store.write({ orgId: world.orgId, kind: "decision" }, (tx) => commitDecisions(tx, under, decisions))
const set = (agentId: string, text: string) =>
  sql`UPDATE agent_states SET ${sql.raw(text)} WHERE org_id = ${world.orgId} AND agent_id = ${agentId}`.execute(base.db)

test("what still holds is written: seat, counter, assignment, reason", async () => {
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  const item = await waiting("chat", "v1")
  const decision = decide("assign", item, ana)
  expect(await commit([decision])).toEqual(new Set([decision.id]))
  const { rows } = await sql`
    SELECT c.status, c.agent_id, a.reason, s.via, g.messaging_load, q.state, q.version, k.state AS contact FROM conversations c
    JOIN assignments a ON a.org_id = c.org_id AND a.conversation_id = c.id JOIN seats s ON s.org_id = c.org_id AND s.holder_id = c.id
    JOIN agent_states g ON g.org_id = c.org_id AND g.agent_id = c.agent_id JOIN queue_items q ON q.org_id = c.org_id AND q.conversation_id = c.id
    JOIN contacts k ON k.org_id = c.org_id AND k.conversation_id = c.id WHERE c.org_id = ${world.orgId}`.execute(
    base.db,
  )
  expect(rows).toEqual([
    {
      status: "open",
      agentId: ana,
      reason: "automated_assignment",
      via: "push",
      messagingLoad: 1,
      state: "done",
      version: 2,
      contact: "active",
    },
  ])
})

describe("refused", () => {
  const agentGuards: [string, string][] = [
    ["away", "status = 'away'"],
    ["logged out", "status = 'logged_out'"],
    ["disconnected", "connected = false"],
    ["in Focus", "focused_at = now()"],
    ["paused in Settings", "paused_at = now()"],
    ["with Settings open", "settings_until = clock_timestamp() + interval '20 s'"],
    ["deactivated", "deactivated_at = now()"],
    ["switched off", "available_for = '{mail}'"],
    ["within the routing delay", "blocked_until_messaging = clock_timestamp() + interval '10 s'"],
  ]
  for (const [name, change] of agentGuards) {
    test(`an agent who is ${name} meanwhile gets nothing`, async () => {
      const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
      const item = await waiting("chat", "v1")
      await set(ana, change)
      for (const type of ["assign", "offer"] as const)
        expect(await commit([decide(type, item, ana)])).toEqual(new Set())
    })
  }

  test("who left the Inbox gets nothing", async () => {
    const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
    const item = await waiting("chat", "v1")
    await sql`DELETE FROM inbox_members WHERE org_id = ${world.orgId}`.execute(base.db)
    expect(await commit([decide("offer", item, ana)])).toEqual(new Set())
  })

  test("an item that is no longer waiting, or stands in another Inbox, is not given", async () => {
    const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
    const other = await world.inbox("Other")
    await sql`INSERT INTO inbox_members (org_id, inbox_id, agent_id) VALUES (${world.orgId}, ${other}, ${ana})`.execute(
      base.db,
    )
    const item = await waiting("chat", "v1")
    expect(await commit([decide("assign", item, ana, { inboxId: other })])).toEqual(new Set())
    expect((await commit([decide("offer", item, ana)])).size).toBe(1)
    expect(await commit([decide("assign", item, ana)])).toEqual(new Set())
  })

  test("an item that changed its group meanwhile is not given: other switches and limits are its", async () => {
    const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
    const item = await waiting("email", "a@example.com")
    for (const type of ["assign", "offer"] as const)
      expect(await commit([decide(type, item, ana, { group: "messaging" })])).toEqual(new Set())
  })

  test("what belongs to a closed conversation is not assigned", async () => {
    const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
    const item = await waiting("chat", "v1")
    const mark = (closing: string) =>
      sql`UPDATE conversations SET ${sql.raw(closing)} WHERE org_id = ${world.orgId}`.execute(base.db)
    await mark("status = 'closed', awaiting_since = NULL, closed_at = now()")
    expect(await commit([decide("assign", item, ana)])).toEqual(new Set())
    await mark("status = 'new', awaiting_since = created_at, closed_at = NULL")
    expect((await commit([decide("assign", item, ana)])).size).toBe(1)
  })

  test("S9 several decisions of one batch count together: the last seat is given once", async () => {
    const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"], standard: 2 })
    const items = [await waiting("chat", "v1"), await waiting("chat", "v2"), await waiting("chat", "v3")]
    expect((await commit(items.map((item) => decide("assign", item, ana)))).size).toBe(2)
    expect((await commit(items.slice(2).map((item) => decide("offer", item, ana)))).size).toBe(0)
  })

  test("the same item twice in one batch is given once", async () => {
    const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
    const ben = await world.agent("Ben", { inboxIds: [inbox], availableFor: ["messaging"] })
    const item = await waiting("chat", "v1")
    expect((await commit([decide("assign", item, ana), decide("offer", item, ben)])).size).toBe(1)
  })

  test("a pull goes to the maximum and not above it", async () => {
    const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"], standard: 1, maximum: 2 })
    for (const [index, expected] of [1, 1, 0].entries()) {
      const item = await waiting("chat", `v${index}`)
      expect((await commit([decide("assign", item, ana, { pull: true })])).size).toBe(expected)
    }
  })

  test("mail without credit is not pushed, with credit once", async () => {
    const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["mail"] })
    const items = [await waiting("email", "a@example.com"), await waiting("email", "b@example.com")]
    expect((await commit(items.map((item) => decide("assign", item, ana, { group: "mail" })))).size).toBe(1)
    expect((await commit(items.slice(1).map((item) => decide("assign", item, ana, { group: "mail" })))).size).toBe(0)
  })

  test("an offer that was accepted meanwhile is not missed; one whose time is not over neither", async () => {
    const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
    const item = await waiting("chat", "v1")
    await commit([decide("offer", item, ana)])
    const { rows } = await sql<{ id: string }>`SELECT id FROM offers WHERE org_id = ${world.orgId}`.execute(base.db)
    const offerId = rows[0]?.id ?? ""
    const because = { rule: "deadline" as const, configVersion: 1 }
    const miss: Decision = {
      id: ++lastId,
      at: 0,
      because,
      type: "miss",
      offerId,
      itemId: item.itemId,
      agentId: ana,
      group: "messaging",
    }
    expect((await commit([miss])).size).toBe(0)
  })

  test("an offer ends once: what was accepted is neither missed nor withdrawn after it", async () => {
    const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
    await commit([decide("offer", await waiting("chat", "v1"), ana)])
    const { rows } = await sql<{ id: string }>`SELECT id FROM offers WHERE org_id = ${world.orgId}`.execute(base.db)
    const id = rows[0]?.id ?? ""
    const act = <T>(work: Parameters<typeof world.store.write<T>>[1]) =>
      world.store.write({ orgId: world.orgId, kind: "act" }, work)
    await act((tx) => acceptOffer(tx, id, ana))
    for (const state of ["missed", "withdrawn", "declined"] as const)
      expect(await act((tx) => endOffers(tx, [id], state))).toEqual([])
    const after =
      await sql`SELECT state, messaging_load FROM offers, agent_states a WHERE offers.org_id = ${world.orgId} AND a.agent_id = ${ana}`.execute(
        base.db,
      )
    expect(after.rows).toEqual([{ state: "accepted", messagingLoad: 1 }])
  })

  test("a call rings at an agent who has none, is not in after-call work, and did not decline just now", async () => {
    const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["voice"] })
    const calls = [await waiting("chat", "v1"), await waiting("chat", "v2")]
    await sql`UPDATE queue_items SET lane = 'call', channel_group = 'voice', tier = 0 WHERE org_id = ${world.orgId}`.execute(
      base.db,
    )
    const ring = async (call = calls[0]) =>
      call ? (await commit([decide("offer", call, ana, { group: "voice" })])).size : -1
    for (const column of ["acw_until", "blocked_until_voice"]) {
      await set(ana, `${column} = clock_timestamp() + interval '10 s'`)
      expect(await ring()).toBe(0)
      await set(ana, `${column} = NULL`)
    }
    expect(await ring()).toBe(1)
    expect(await ring(calls[1])).toBe(0)
  })

  test("work that went from an absent agent to another is not taken from that one", async () => {
    const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
    const ben = await world.agent("Ben", { inboxIds: [inbox], availableFor: ["messaging"] })
    const item = await waiting("chat", "v1")
    await commit([decide("assign", item, ben)])
    await set(ana, "status = 'away', absent_since = now()")
    const { conversationId } = item
    const because = { rule: "absent_grace" as const, configVersion: 1 }
    const take: Decision = { id: ++lastId, at: 0, because, type: "requeue_absent", conversationId, agentId: ana }
    expect((await commit([take])).size).toBe(0)
  })

  test("work of an agent who is back is not taken away", async () => {
    const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
    const item = await waiting("chat", "v1")
    await commit([decide("assign", item, ana)])
    const because = { rule: "absent_grace" as const, configVersion: 1 }
    const take: Decision = {
      id: ++lastId,
      at: 0,
      because,
      type: "requeue_absent",
      conversationId: item.conversationId,
      agentId: ana,
    }
    expect((await commit([take])).size).toBe(0)
  })
})

test("nothing is written under an old epoch, another name, or a lease that is over", async () => {
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"] })
  const item = await waiting("chat", "v1")
  const next = await takeLease(base.db, world.orgId, "tester", 15)
  expect(next).toBe(lease.epoch + 1)
  await expect(commit([decide("assign", item, ana)])).rejects.toBeInstanceOf(LeaseLost)
  await expect(
    commit([decide("assign", item, ana)], { ...lease, epoch: lease.epoch + 1, owner: "other" }),
  ).rejects.toBeInstanceOf(LeaseLost)
  await sql`UPDATE leases SET expires_at = clock_timestamp() - interval '1 s' WHERE org_id = ${world.orgId}`.execute(
    base.db,
  )
  await expect(commit([decide("assign", item, ana)], { ...lease, epoch: lease.epoch + 1 })).rejects.toBeInstanceOf(
    LeaseLost,
  )
  const { rows } =
    await sql`SELECT 1 FROM routing_decisions WHERE org_id = ${world.orgId} AND kind <> 'placed'`.execute(base.db)
  expect(rows).toEqual([])
})

test("a takeover waits for a commit under way, a renewal does not", async () => {
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  let began: () => void = () => undefined
  const inside = new Promise<void>((resolve) => {
    began = resolve
  })
  const commitUnderWay = world.store.write({ orgId: world.orgId, kind: "decision" }, async (tx) => {
    await commitDecisions(tx, lease, [])
    began()
    await held
  })
  await inside
  expect(await renewLease(base.db, lease, 15)).toBe(true)
  let taken = false
  const takeover = takeLease(base.db, world.orgId, "tester", 15).then((epoch) => {
    taken = true
    return epoch
  })
  await base.clock.sleep(200)
  expect(taken).toBe(false)
  release()
  await commitUnderWay
  expect(await takeover).toBe(lease.epoch + 1)
})
