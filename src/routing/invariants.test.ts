import { sql } from "kysely"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { routingWorld, type RoutingWorld } from "../../test/routing-world.ts"
import type { Clock } from "../clock.ts"
import type { Decision } from "../core/routing/facts.ts"
import { takeLease } from "../store/leases.ts"
import { acceptOffer } from "../offers/answer-offer.ts"
import { commitDecisions } from "./commit-decisions.ts"
import { createInvariantWatch } from "./invariant-watch.ts"
import { findBroken } from "./invariants.ts"

/** Each invariant with a fault that breaks it, and with what looks like one and is none. */

let base: TestStore
let world: RoutingWorld
let inbox: string
let chat: string
let ana: string

beforeAll(async () => {
  base = await testStore()
})
afterAll(() => base.close())
afterEach(() => world.stop())

async function company(options: { unrouted?: boolean; standard?: number; banner?: boolean } = {}): Promise<void> {
  world = await routingWorld(base, { unrouted: options.unrouted ?? false })
  inbox = await world.inbox("General")
  chat = await world.entryPoint("chat", inbox)
  await world.settings((settings) => {
    settings.messaging.offerBanner = options.banner ?? false
  })
  ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"], standard: options.standard ?? 3 })
}

async function waiting(from: string): Promise<{ itemId: string; conversationId: string }> {
  const { conversationId } = await world.send(chat, "chat", from)
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM queue_items WHERE org_id = ${world.orgId} AND conversation_id = ${conversationId}`.execute(base.db)
  return { itemId: rows[0]?.id ?? "", conversationId: conversationId ?? "" }
}

async function brokenNow(): Promise<string[]> {
  return (await findBroken(base.db, world.orgId, base.clock.now())).map(({ invariant }) => invariant)
}

const run = (text: string) => sql.raw(text.replaceAll("ORG", `'${world.orgId}'`)).execute(base.db)

describe("in a company at work", () => {
  beforeEach(async () => {
    await company({ standard: 2 })
    for (const visitor of ["v1", "v2", "v3"]) await world.send(chat, "chat", visitor)
    await world.routing.settled(world.orgId)
    expect(await brokenNow()).toEqual([])
  })

  test.each([
    ["I1", "UPDATE inbound_events SET receipt = NULL WHERE org_id = ORG"],
    ["I4", "UPDATE assignments SET ended_at = now() WHERE org_id = ORG"],
    ["I5", "UPDATE queue_items SET state = 'offered' WHERE org_id = ORG AND state = 'waiting'"],
    ["I6", "UPDATE agent_states SET messaging_load = messaging_load + 1 WHERE org_id = ORG"],
    ["I6", "UPDATE contacts SET state = 'queued' WHERE org_id = ORG AND state = 'active'"],
    ["I8", "UPDATE queue_items SET state = 'canceled', done_at = now() WHERE org_id = ORG AND state = 'waiting'"],
    ["I8", "UPDATE conversations SET status = 'waiting', awaiting_since = NULL WHERE org_id = ORG AND status = 'new'"],
    [
      "I8",
      "UPDATE conversations SET status = 'closed', awaiting_since = NULL, closed_at = now() WHERE org_id = ORG AND status = 'new'",
    ],
    ["I8", "UPDATE inboxes SET deactivated_at = now() WHERE org_id = ORG"],
    [
      "I9",
      "UPDATE agent_states SET absent_since = now() - interval '1 h', status = 'away' WHERE org_id = ORG; UPDATE conversations SET awaiting_since = now() - interval '1 h' WHERE org_id = ORG AND status = 'open'",
    ],
    [
      "I15",
      "UPDATE conversations SET inbox_id = '0199a7c4-5d3e-7b1a-9c55-3f2b8e6d4a10' WHERE org_id = ORG AND status = 'open'",
    ],
    ["I15", "UPDATE routing_decisions SET because = '{}' WHERE org_id = ORG AND kind = 'assign'"],
    ["I15", "UPDATE routing_decisions SET because = '{}' WHERE org_id = ORG AND kind = 'placed'"],
  ])("%s is seen to be broken: %s", async (invariant, fault) => {
    await run(fault)
    expect(await brokenNow()).toContain(invariant)
  })

  test.each([
    [
      "I2",
      "conversations_one_active",
      "UPDATE conversations SET customer_id = '0199a7c4-5d3e-7b1a-9c55-3f2b8e6d4a10' WHERE org_id = ORG",
    ],
    [
      "I3",
      "offers_one_pending",
      `INSERT INTO offers (org_id, id, queue_item_id, conversation_id, contact_id, inbox_id, agent_id, channel, channel_group, offered_at, ends_at, epoch, decision_id)
      SELECT org_id, gen_random_uuid(), id, conversation_id, contact_id, inbox_id, contact_id, 'chat', 'messaging', now(), now(), 1, id
      FROM queue_items, generate_series(1, 2) WHERE org_id = ORG AND state = 'waiting'`,
    ],
  ])("%s without the index %s it is seen", async (invariant, index, fault) => {
    let found: string[] = []
    const undone = base.db.transaction().execute(async (trx) => {
      await sql.raw(`DROP INDEX ${index}`).execute(trx)
      await sql.raw(fault.replaceAll("ORG", `'${world.orgId}'`)).execute(trx)
      found = (await findBroken(trx, world.orgId, base.clock.now())).map((broken) => broken.invariant)
      throw new Error("undone")
    })
    await expect(undone).rejects.toThrow("undone")
    expect(found).toContain(invariant)
  })

  test("I9 work of somebody who is no agent any more is stuck too", async () => {
    await run(`UPDATE conversations SET awaiting_since = now() - interval '5 h' WHERE org_id = ORG AND status = 'open';
      DELETE FROM agent_states WHERE org_id = ORG`)
    expect(await brokenNow()).toContain("I9")
  })

  test("I7 more was pushed than was allowed; a capacity that was lowered since is no fault", async () => {
    await run("UPDATE agent_states SET standard_capacity = 1, maximum_capacity = 1 WHERE org_id = ORG")
    expect(await brokenNow()).toEqual([])
    await run(`UPDATE routing_decisions SET because = jsonb_set(because::jsonb, '{match,chosen,capacity}', '1')
      WHERE org_id = ORG AND because->'match' IS NOT NULL`)
    expect(await brokenNow()).toEqual(["I7"])
  })

  test("I13 a due date that rises while the customer waits; by a transfer, or an answer to what was seen, it may", async () => {
    const data = { conversationId: "c", fromDueAt: "2026-01-01T10:00:00Z", dueAt: "2026-01-01T11:00:00Z" }
    const tell = (events: [string, object][]) =>
      world.store.write({ orgId: world.orgId, kind: "act" }, async (tx) => {
        for (const [type, more] of events) tx.event(type, { ...data, ...more })
      })
    await tell([
      ["conversation_inbox.updated", {}],
      ["conversation_due.updated", {}],
      ["conversation_due.updated", { conversationId: "d", dueAt: "2026-01-01T09:00:00Z" }],
      ["conversation_due.updated", { conversationId: "e", fromDueAt: null }],
      ["conversation_due.updated", { conversationId: "g" }],
      ["contact.message_sent", { conversationId: "g" }],
    ])
    expect(await brokenNow()).toEqual([])
    await tell([["conversation_due.updated", { conversationId: "f" }]])
    expect(await brokenNow()).toEqual(["I13"])
  })

  test("I12 a decision that was committed under an older epoch; an offer that was accepted later is none", async () => {
    await run(`UPDATE routing_decisions SET epoch = 5 WHERE org_id = ORG AND kind = 'assign'
      AND id = (SELECT (data->>'decisionId')::uuid FROM events WHERE org_id = ORG AND data->>'decisionId' IS NOT NULL
        AND (data->>'decisionId')::uuid IN (SELECT id FROM routing_decisions WHERE org_id = ORG AND kind = 'assign')
        ORDER BY position DESC LIMIT 1)`)
    expect(await brokenNow()).toEqual([])
    await run(`UPDATE routing_decisions SET epoch = 9 WHERE org_id = ORG AND kind = 'assign' AND epoch <> 5`)
    expect(await brokenNow()).toEqual(["I12"])
  })
})

test("I12 an offer made before a takeover and accepted after it is no decision of the former owner", async () => {
  await company({ banner: true })
  await world.send(chat, "chat", "v1")
  await world.routing.settled(world.orgId)
  const { rows } = await sql<{ id: string }>`SELECT id FROM offers WHERE org_id = ${world.orgId}`.execute(base.db)
  await world.send(chat, "chat", "v2")
  await world.routing.settled(world.orgId)
  await run(`UPDATE routing_decisions SET epoch = 7 WHERE org_id = ORG AND kind = 'offer'
    AND id = (SELECT max(id::text)::uuid FROM routing_decisions WHERE org_id = ORG AND kind = 'offer')`)
  await world.store.write({ orgId: world.orgId, kind: "act" }, (tx) => acceptOffer(tx, rows[0]?.id ?? "", ana))
  expect(await brokenNow()).toEqual([])
})

describe("I11", () => {
  let lastId = 0
  let epoch = 0
  beforeEach(async () => {
    await company({ unrouted: true, standard: 6 })
    epoch = (await takeLease(base.db, world.orgId, "tester", 60)) ?? 0
  })

  /** As an engine would that does not know what stands before. */
  async function serve(item: { itemId: string; conversationId: string }, secondsAhead: number): Promise<void> {
    const at = base.clock.now().getTime()
    const chosen = { load: 0, capacity: 6, idleSince: null }
    const decision: Decision = {
      id: ++lastId,
      at,
      type: "assign",
      reason: "automated_assignment",
      ...item,
      inboxId: inbox,
      group: "messaging",
      agentId: ana,
      pull: false,
      requestId: null,
      because: {
        rule: "best_pair",
        configVersion: 1,
        match: {
          score: 0,
          decidedAt: at + secondsAhead * 1000,
          place: 1,
          queueLength: 1,
          chosen,
          alsoEligible: 0,
          members: 1,
          excluded: [],
        },
      },
    }
    const lease = { orgId: world.orgId, owner: "tester", epoch }
    await world.store.write({ orgId: world.orgId, kind: "decision" }, (tx) => commitDecisions(tx, lease, [decision]))
  }
  const brokenOrder = async () => (await brokenNow()).includes("I11")

  test("who came first and is passed over again and again is seen; once, or just come, may be chance", async () => {
    const [first, second, third, fourth] = [
      await waiting("v1"),
      await waiting("v2"),
      await waiting("v3"),
      await waiting("v4"),
    ]
    await serve(second, 2)
    await serve(third, 9)
    expect(await brokenOrder()).toBe(false) // not known to the engine yet, perhaps
    await serve(fourth, 20)
    expect(await brokenOrder()).toBe(false)
    await serve(await waiting("v5"), 25)
    expect(await brokenOrder()).toBe(true)
    expect(
      (await findBroken(base.db, world.orgId, base.clock.now())).find(({ invariant }) => invariant === "I11"),
    ).toMatchObject({ count: 1, sampleIds: [first.itemId] })
  })

  test("a try of that agent, and points, are reasons", async () => {
    const { itemId, conversationId } = await waiting("v1")
    for (const seconds of [20, 25, 30]) await serve(await waiting(`later ${seconds}`), seconds)
    expect(await brokenOrder()).toBe(true)
    await run(`INSERT INTO offers (org_id, id, queue_item_id, conversation_id, contact_id, inbox_id, agent_id, channel, channel_group, state,
        offered_at, ends_at, decided_at, epoch, decision_id)
      VALUES (ORG, gen_random_uuid(), '${itemId}', '${conversationId}', '${itemId}', '${inbox}', '${ana}', 'chat', 'messaging', 'declined',
        now(), now(), now(), 1, '${itemId}')`)
    expect(await brokenOrder()).toBe(false)
    await run("DELETE FROM offers WHERE org_id = ORG")
    await run(
      `UPDATE routing_decisions SET because = jsonb_set(because::jsonb, '{match,score}', '10') WHERE org_id = ORG AND because->'match' IS NOT NULL`,
    )
    expect(await brokenOrder()).toBe(false)
  })
})

describe("the watch", () => {
  /** Between its two looks, `meanwhile` happens instead of a pause. */
  function watchWith(meanwhile: () => Promise<unknown>) {
    const told: string[] = []
    const clock: Clock = { ...base.clock, sleep: async () => void (await meanwhile()) }
    const watch = createInvariantWatch({
      store: world.store,
      clock,
      onBroken: (orgId, { invariant }) => void (orgId === world.orgId && told.push(invariant)),
      onError: (error) => console.error(error),
    })
    return { watch, told }
  }
  const events = async () => {
    const { rows } = await sql`
      SELECT data FROM events WHERE org_id = ${world.orgId} AND type = 'invariant.broken' ORDER BY position`.execute(
      base.db,
    )
    return rows
  }

  test("I10 an agent who is still free beside what waits is told of once, with an event", async () => {
    await company({ unrouted: true })
    const { itemId } = await waiting("v1")
    await run("UPDATE queue_items SET queued_at = queued_at - interval '3 s' WHERE org_id = ORG")
    const { watch, told } = watchWith(async () => undefined)
    await watch.look()
    expect(told).toEqual([]) // nobody owns the routing: there is nobody to decide
    await takeLease(base.db, world.orgId, "tester", 60)
    await watch.look()
    await watch.look()
    expect(told).toEqual(["I10"])
    expect(await events()).toEqual([{ data: { invariant: "I10", count: 1, ids: [itemId] } }])
  })

  test.each([
    ["became free just now", "UPDATE agent_states SET version = version + 1 WHERE org_id = ORG"],
    [
      "went away",
      "UPDATE agent_states SET status = 'away', absent_since = now(), version = version + 1 WHERE org_id = ORG",
    ],
    ["is another owner's now", "UPDATE leases SET epoch = epoch + 1 WHERE org_id = ORG"],
  ])("I10 no alarm where the agent %s", async (_name, change) => {
    await company({ unrouted: true })
    await waiting("v1")
    await run("UPDATE queue_items SET queued_at = queued_at - interval '3 s' WHERE org_id = ORG")
    await takeLease(base.db, world.orgId, "tester", 60)
    expect(await brokenNow()).toEqual(["I10"])
    const { watch, told } = watchWith(() => run(change))
    await watch.look()
    expect(told).toEqual([])
  })

  test.each([
    ["declined it just now", "now()", false],
    ["declined it long ago", "now() - interval '70 s'", true],
  ])("I10 who %s", async (_name, decidedAt, isBroken) => {
    await company({ unrouted: true })
    const { itemId, conversationId } = await waiting("v1")
    await run(`UPDATE queue_items SET queued_at = queued_at - interval '3 m' WHERE org_id = ORG;
      INSERT INTO offers (org_id, id, queue_item_id, conversation_id, contact_id, inbox_id, agent_id, channel, channel_group, state,
        offered_at, ends_at, decided_at, epoch, decision_id)
      VALUES (ORG, gen_random_uuid(), '${itemId}', '${conversationId}', '${itemId}', '${inbox}', '${ana}', 'chat', 'messaging', 'declined',
        now() - interval '2 m', now(), ${decidedAt}, 1, '${itemId}')`)
    await takeLease(base.db, world.orgId, "tester", 60)
    expect((await brokenNow()).includes("I10")).toBe(isBroken)
  })

  test.each([
    [20, false],
    [0, true],
  ])("I10 who has an offer may have another only without a routing delay: %i s", async (delaySeconds, isBroken) => {
    await company({ unrouted: true })
    await waiting("v1")
    const { itemId, conversationId } = await waiting("v2")
    await run(`UPDATE queue_items SET queued_at = queued_at - interval '3 s' WHERE org_id = ORG;
      UPDATE queue_items SET state = 'offered' WHERE org_id = ORG AND id = '${itemId}';
      INSERT INTO workflow_settings (org_id, settings) VALUES (ORG, '{"messaging":{"routingDelaySeconds":${delaySeconds}}}')
        ON CONFLICT (org_id) DO UPDATE SET settings = excluded.settings;
      INSERT INTO offers (org_id, id, queue_item_id, conversation_id, contact_id, inbox_id, agent_id, channel, channel_group, state,
        offered_at, ends_at, epoch, decision_id)
      VALUES (ORG, gen_random_uuid(), '${itemId}', '${conversationId}', '${itemId}', '${inbox}', '${ana}', 'chat', 'messaging', 'pending',
        now() - interval '2 s', now() + interval '20 s', 1, '${itemId}')`)
    await takeLease(base.db, world.orgId, "tester", 60)
    expect((await brokenNow()).includes("I10")).toBe(isBroken)
  })

  test("a stop does not wait for the second look", async () => {
    await company({ unrouted: true })
    await run("UPDATE agent_states SET messaging_load = messaging_load + 1 WHERE org_id = ORG")
    let isAsleep: () => void = () => undefined
    const asleep = new Promise<void>((resolve) => {
      isAsleep = resolve
    })
    const { watch, told } = watchWith(() => {
      isAsleep()
      return new Promise(() => undefined)
    })
    const look = watch.look()
    await asleep
    await watch.stop()
    await look
    expect(told).toEqual([])
  })
})
