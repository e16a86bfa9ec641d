import { type RawBuilder, sql } from "kysely"
import { afterAll, beforeAll, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { newId } from "../ids.ts"
import type { InboundEvent } from "../intake/inbound-event.ts"
import { lockAgents } from "./agents.ts"
import { lockConversations } from "./conversations.ts"
import { addressesOf, putCustomers } from "./customers.ts"
import { putInboundEvents, takenEvents } from "./inbound-events.ts"
import { lockPendingOffers, pendingOffersToLock } from "./offers.ts"
import { itemsToLock, lockLiveItems } from "./queue-items.ts"
import { agentsUnchanged } from "./refusals.ts"
import type { Tx } from "./write.ts"

/**
 * Rows of one table are locked in the order of their ids, whatever the plan of the moment (routing.md 3.0): two who lock
 * the same rows in different orders wait for each other for ever. Here the rows lie in the table the other way round.
 */

let base: TestStore
beforeAll(async () => {
  base = await testStore()
})
afterAll(() => base.close())

type Table = {
  name: string
  key: string
  insert(id: string): RawBuilder<unknown>
  lock(tx: Tx, ids: string[]): Promise<unknown>
}
const orgId = newId()
const some = newId()
const inserts = {
  conversations: (id: string) => sql`
    INSERT INTO conversations (org_id, id, customer_id, inbox_id, status) VALUES (${orgId}, ${id}, ${id}, ${some}, 'waiting')`,
  items: (id: string) => sql`
    INSERT INTO queue_items (org_id, id, partition_id, conversation_id, contact_id, lane, inbox_id, channel_group, tier, due_at, queued_at, first_queued_at)
    VALUES (${orgId}, ${id}, ${orgId}, ${id}, ${some}, 'text', ${some}, 'messaging', 1, now(), now(), now())`,
  offers: (id: string) => sql`
    INSERT INTO offers (org_id, id, queue_item_id, conversation_id, contact_id, inbox_id, agent_id, channel, channel_group, offered_at, ends_at, epoch, decision_id)
    VALUES (${orgId}, ${id}, ${id}, ${id}, ${some}, ${some}, ${some}, 'chat', 'messaging', now(), now(), 1, ${some})`,
  agents: (id: string) => sql`
    INSERT INTO agent_states (org_id, agent_id, partition_id, standard_capacity, maximum_capacity) VALUES (${orgId}, ${id}, ${orgId}, 1, 1)`,
}
const tables: [string, Table][] = [
  ["lockConversations", { name: "conversations", key: "id", insert: inserts.conversations, lock: lockConversations }],
  [
    "itemsToLock",
    { name: "queue_items", key: "id", insert: inserts.items, lock: (tx, ids) => tx.together([itemsToLock(tx, ids)]) },
  ],
  ["lockLiveItems", { name: "queue_items", key: "id", insert: inserts.items, lock: lockLiveItems }],
  ["lockPendingOffers", { name: "offers", key: "id", insert: inserts.offers, lock: lockPendingOffers }],
  [
    "pendingOffersToLock",
    {
      name: "offers",
      key: "id",
      insert: inserts.offers,
      lock: (tx, ids) => tx.together([pendingOffersToLock(tx, ids)]),
    },
  ],
  ["lockAgents", { name: "agent_states", key: "agent_id", insert: inserts.agents, lock: lockAgents }],
  [
    "agentsUnchanged",
    {
      name: "agent_states",
      key: "agent_id",
      insert: inserts.agents,
      lock: (tx, ids) => {
        const believed = ids.map((id) => ({ id, version: 1, inboxIds: [] }))
        return tx.together([agentsUnchanged(tx, believed)])
      },
    },
  ],
]

test.each(tables)("%s waits for the first row before it locks another", async (_name, { name, key, insert, lock }) => {
  const table = sql.raw(name)
  const id = sql.raw(key)
  await sql`DELETE FROM ${table}`.execute(base.db)
  const ids = Array.from({ length: 5 }, () => newId())
  for (const each of ids.toReversed()) await insert(each).execute(base.db)
  const [first = ""] = ids
  let locking: Promise<unknown> = Promise.resolve()
  await base.db.transaction().execute(async (holder) => {
    await sql`SELECT 1 FROM ${table} WHERE ${id} = ${first} FOR UPDATE`.execute(holder)
    locking = base.store.write({ orgId, kind: "act" }, async (tx) => {
      await sql`SET LOCAL enable_indexscan = off`.execute(tx.db)
      await sql`SET LOCAL enable_bitmapscan = off`.execute(tx.db)
      await sql`SET LOCAL application_name = 'locker'`.execute(tx.db)
      await lock(tx, ids.toReversed())
    })
    await untilBlocked()
    const { rows } = await sql`SELECT ${id} FROM ${table} FOR UPDATE SKIP LOCKED`.execute(base.db)
    expect(rows).toHaveLength(ids.length - 1)
  })
  await locking
})

async function untilBlocked(): Promise<void> {
  for (let waits = 0; waits < 500; waits++) {
    const { rows } = await sql`
      SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'locker' AND wait_event_type = 'Lock'`.execute(
      base.db,
    )
    if (rows.length > 0) return
    await base.clock.sleep(10)
  }
  throw new Error("nobody waits")
}

/** What arrives in one batch goes in by its keys: somebody else's undecided first key is waited for with empty hands. */
const unsorted: [string, (tx: Tx, values: string[]) => Promise<unknown>, (value: string) => RawBuilder<unknown>][] = [
  [
    "putInboundEvents",
    async (tx, values) => {
      const events = values.map(arriving)
      const [taken] = await tx.together([takenEvents(tx, events)])
      const fresh = events.filter((event) => taken.every(({ externalId }) => externalId !== event.externalId))
      putInboundEvents(
        tx,
        fresh.map((event) => ({ arrival: { id: newId(), event, receivedAt: tx.now }, receipt: null })),
      )
    },
    (value) => sql`
      INSERT INTO inbound_events (org_id, id, entry_point_id, channel, external_id, received_at, typed)
      VALUES (${orgId}, ${newId()}, ${some}, 'chat', ${value}, now(), '{}')`,
  ],
  [
    "putCustomers",
    async (tx, values) => {
      const senders = values.map((value) => ({ kind: "visitor" as const, value }))
      const [found] = await tx.together([addressesOf(tx, senders)])
      const fresh = senders.filter(({ value }) => found.every((address) => address.value !== value))
      putCustomers(
        tx,
        fresh.map((sender) => ({
          ...sender,
          id: newId(),
          addressId: newId(),
          name: null,
          verifiedBy: "channel",
          test: false,
        })),
      )
    },
    (value) => sql`
      INSERT INTO customer_addresses (org_id, kind, value, id, customer_id, proved_at)
      VALUES (${orgId}, 'visitor', ${value}, ${newId()}, ${newId()}, now())`,
  ],
]

test.each(unsorted)("%s waits for the first key before it takes another", async (name, take, insert) => {
  const [first, second] = [`${name} 1`, `${name} 2`]
  let taking: Promise<unknown> = Promise.resolve()
  await base.db.transaction().execute(async (holder) => {
    await insert(first).execute(holder)
    taking = base.store.write({ orgId, kind: "act" }, async (tx) => {
      await sql`SET LOCAL application_name = 'locker'`.execute(tx.db)
      await take(tx, [second, first])
      await tx.flush()
    })
    await untilBlocked()
    await base.db.transaction().execute(async (other) => {
      await sql`SET LOCAL lock_timeout = '200ms'`.execute(other)
      await insert(second).execute(other)
    })
  })
  await taking
})

function arriving(externalId: string): InboundEvent {
  return {
    orgId,
    entryPointId: some,
    channel: "chat",
    externalId,
    from: { kind: "visitor", value: externalId, name: null, verifiedBy: "channel" },
    content: { kind: "text", text: "Hello" },
    sentAt: null,
    raw: { bytes: Buffer.from("Hello") },
    test: false,
  }
}
