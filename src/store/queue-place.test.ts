import fc from "fast-check"
import { sql } from "kysely"
import { afterAll, beforeAll, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { amount } from "../../test/trials.ts"
import { type ChannelGroup, channelGroups, tierOfGroup } from "../core/channels.ts"
import { newId } from "../ids.ts"
import { putQueueItems } from "./queue-items.ts"
import { announceQueued, queueLengths } from "./queue-places.ts"
import { type NewQueueItem, type QueueItemRow, waiting } from "./queue-item.ts"

/** The place that is told when something queues, by what was counted before or by looking through the queue. */

let base: TestStore
beforeAll(async () => {
  base = await testStore()
})
afterAll(() => base.close())

const inboxes = [newId(), newId()]
const noon = Date.parse("2026-11-21T12:00:00Z")

/** Few due dates, so that many are equal. */
const itemOf: fc.Arbitrary<NewQueueItem> = fc
  .record({
    inbox: fc.nat(1),
    group: fc.constantFrom<ChannelGroup>(...channelGroups),
    due: fc.nat(6),
    first: fc.nat(3),
  })
  .map(({ inbox, group, due, first }) => ({
    id: newId(),
    conversationId: newId(),
    contactId: newId(),
    lane: group === "voice" ? "call" : "text",
    inboxId: inboxes[inbox] ?? "",
    channelGroup: group,
    tier: tierOfGroup[group],
    dueAt: new Date(noon + due * 1_000 + 1),
    queuedAt: new Date(noon),
    firstQueuedAt: new Date(noon + first * 1_000),
    messageCount: 1,
  }))

const thereOf: fc.Arbitrary<QueueItemRow> = fc
  .tuple(itemOf, fc.constantFrom<QueueItemRow["state"]>("waiting", "waiting", "offered", "done"))
  .map(([item, state]) => ({
    ...waiting(item),
    state,
    ...(state === "done" && { doneAt: new Date(noon), doneReason: "assigned" }),
  }))

/** By the order of routing (tier, due date, longest waiting, id) among all who are there and who come with it. */
function placeIn(item: NewQueueItem, all: readonly NewQueueItem[]): number {
  const key = ({ tier, dueAt, firstQueuedAt, id }: NewQueueItem) =>
    `${tier} ${dueAt.toISOString()} ${firstQueuedAt.toISOString()} ${id}`
  const keys = all.filter(({ inboxId }) => inboxId === item.inboxId).map(key)
  return keys.sort().indexOf(key(item)) + 1
}

type Queued = { queueItemId: string; position: number }

async function tell(
  there: readonly QueueItemRow[],
  coming: readonly NewQueueItem[],
  options: { counted: boolean; written?: boolean },
): Promise<{ told: Queued[]; orgId: string }> {
  const orgId = newId()
  await base.store.write({ orgId, kind: "act" }, async (tx) => putQueueItems(tx, there))
  await base.store.write({ orgId, kind: "act" }, async (tx) => {
    const [lengths] = await tx.together([queueLengths(orgId, options.counted ? inboxes : [])])
    const put = () => putQueueItems(tx, coming.map(waiting))
    // As of a conversation that was there: its item is written before it is told.
    if (options.written) {
      put()
      await tx.flush()
    }
    announceQueued(
      tx,
      coming.map((item) => ({ item, reason: "contact_inbound", fromInboxId: null, customerId: newId() })),
      lengths,
    )
    if (!options.written) put()
  })
  const { rows } = await sql<{ data: Queued }>`
    SELECT data FROM events WHERE org_id = ${orgId} AND type = 'contact.queued' ORDER BY position`.execute(base.db)
  return { told: rows.map(({ data }) => data), orgId }
}

test("the place told is that of a slow look at the whole queue, whether it was counted before or not", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(thereOf, { maxLength: 30 }),
      fc.array(itemOf, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      fc.boolean(),
      async (there, coming, counted, written) => {
        const all = [...there.filter(({ state }) => state === "waiting" || state === "offered"), ...coming]
        const { told } = await tell(there, coming, { counted, written })
        expect(told.map(({ queueItemId, position }) => ({ queueItemId, position }))).toEqual(
          coming.map((item) => ({ queueItemId: item.id, position: placeIn(item, all) })),
        )
      },
    ),
    { numRuns: amount(60, 2_000) },
  )
}, 60_000)

test("of a longer queue at most 50 of each group are counted, by both ways", async () => {
  const [sample] = fc.sample(itemOf, 1)
  const item = (group: ChannelGroup, due: number): NewQueueItem => ({
    ...(sample as NewQueueItem),
    id: newId(),
    contactId: newId(),
    conversationId: newId(),
    lane: group === "voice" ? "call" : "text",
    channelGroup: group,
    tier: tierOfGroup[group],
    dueAt: new Date(noon + due * 1_000),
  })
  const there = [
    ...Array.from({ length: 70 }, (_, n) => item("messaging", n)),
    ...Array.from({ length: 60 }, (_, n) => item("mail", n)),
  ].map(waiting)
  const coming = [item("voice", 5), item("messaging", 10.5), item("messaging", 200), item("mail", 300)]
  for (const counted of [true, false]) {
    const { told } = await tell(there, coming, { counted })
    // Counted are those that are written, and those that come with it.
    expect(told.map(({ position }) => position)).toEqual([1, 1 + 11 + 1, 1 + 50 + 2, 1 + 50 + 50 + 3])
  }
})
