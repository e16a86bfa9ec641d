import { type RawBuilder, sql } from "kysely"
import { type ChannelGroup, channelGroups, tierOfGroup } from "../core/channels.ts"
import type { NewQueueItem } from "./queue-item.ts"
import type { EventOptions, Tx } from "./write.ts"

/** The place of an item in the queue of its Inbox, as it is told. */

const countedMax = 50

/** How many stand at the head of one group of an Inbox (at most 50), and when the last of them is due. */
export type QueueLength = { inboxId: string; channelGroup: ChannelGroup; count: number; lastDueAt: Date | null }

/** For `announceQueued`: a row for each group of each Inbox. */
export function queueLengths(orgId: string, inboxIds: readonly string[]): RawBuilder<QueueLength> {
  return sql<QueueLength>`
    SELECT i.id AS inbox_id, g.name AS channel_group, l.count::int, l.last_due_at
    FROM unnest(${[...inboxIds]}::uuid[]) AS i(id) CROSS JOIN unnest(${[...channelGroups]}::text[]) AS g(name)
    CROSS JOIN LATERAL (
      SELECT count(*) AS count, max(h.due_at) AS last_due_at FROM (SELECT q.due_at FROM queue_items q
        WHERE q.org_id = ${orgId} AND q.inbox_id = i.id AND q.channel_group = g.name AND q.state IN ('waiting', 'offered')
        ORDER BY q.due_at LIMIT ${countedMax}) h) l`
}

/**
 * `contact.queued` with the place in the queue of the Inbox (counted up to 50 of each group: a longer queue is read, not
 * told). To be called before they are written. `lengths`: as they were a moment ago; where they do not tell the place,
 * the queue is looked through.
 */
export function announceQueued(
  tx: Tx,
  rows: readonly {
    item: NewQueueItem
    reason: string
    fromInboxId: string | null
    customerId: string
    about?: EventOptions["about"]
  }[],
  lengths: readonly QueueLength[] = [],
): void {
  if (rows.length === 0) return
  const toPlace: { item: NewQueueItem; data: { position: number } }[] = []
  for (const { item, reason, fromInboxId, customerId, about } of rows) {
    const before = countedBefore(item, lengths)
    const position = before === null ? 0 : 1 + before + writtenBefore(item, rows)
    const data = {
      contactId: item.contactId,
      conversationId: item.conversationId,
      customerId,
      queueItemId: item.id,
      inboxId: item.inboxId,
      fromInboxId,
      group: item.channelGroup,
      position,
      dueAt: item.dueAt,
      reason,
    }
    tx.event("contact.queued", data, { about })
    if (before === null) toPlace.push({ item, data })
  }
  if (toPlace.length === 0) return
  // The event stands in its order already; its place is filled in before it is written.
  tx.late([headsOf(tx, [...new Set(toPlace.map(({ item }) => item.inboxId))])], ([heads]) => {
    for (const { item, data } of toPlace) data.position = placeOf(item, heads, rows)
  })
}

/** Those before it that were written; null where it comes among them, or nobody counted. */
function countedBefore(item: NewQueueItem, lengths: readonly QueueLength[]): number | null {
  let before = 0
  for (const group of channelGroups) {
    const tier = tierOfGroup[group]
    if (tier > item.tier) continue
    const length = lengths.find((one) => one.inboxId === item.inboxId && one.channelGroup === group)
    if (!length) return null
    const isLast = length.lastDueAt === null || length.lastDueAt < item.dueAt
    if (tier === item.tier && !isLast) return null
    before += length.count
  }
  return before
}

function writtenBefore(item: NewQueueItem, rows: readonly { item: NewQueueItem }[]): number {
  let before = 0
  for (const { item: other } of rows) if (other.inboxId === item.inboxId && isBefore(headOf(other), item)) before++
  return before
}

type Head = { id: string; tier: number; dueMs: number; firstMs: number }

/** The first of each group of these inboxes: what it costs does not grow with the queue. */
function headsOf(tx: Tx, inboxIds: readonly string[]): RawBuilder<{ inboxId: string; heads: Head[] }> {
  return sql<{ inboxId: string; heads: Head[] }>`
    SELECT i.id AS inbox_id, l.heads FROM unnest(${[...inboxIds]}::uuid[]) AS i(id) CROSS JOIN unnest(${[...channelGroups]}::text[]) AS g(name)
    CROSS JOIN LATERAL (
      SELECT json_agg(json_build_object('id', h.id, 'tier', h.tier, 'dueMs', date_part('epoch', h.due_at) * 1000, 'firstMs', date_part('epoch', h.first_queued_at) * 1000)) AS heads
      FROM (SELECT q.id, q.tier, q.due_at, q.first_queued_at FROM queue_items q
        WHERE q.org_id = ${tx.orgId} AND q.inbox_id = i.id AND q.channel_group = g.name AND q.state IN ('waiting', 'offered')
        ORDER BY q.due_at LIMIT ${countedMax}) h) l
    WHERE l.heads IS NOT NULL`
}

/** Who stands before it among those that are written, and those that are being written with it. */
function placeOf(
  item: NewQueueItem,
  heads: readonly { inboxId: string; heads: Head[] }[],
  rows: readonly { item: NewQueueItem }[],
): number {
  const ofInbox = heads.filter(({ inboxId }) => inboxId === item.inboxId).flatMap((one) => one.heads)
  const written = new Set(ofInbox.map(({ id }) => id))
  let before = 0
  for (const head of ofInbox) if (isBefore(head, item)) before++
  return (
    1 +
    before +
    writtenBefore(
      item,
      rows.filter(({ item: other }) => !written.has(other.id)),
    )
  )
}

function headOf({ id, tier, dueAt, firstQueuedAt }: NewQueueItem): Head {
  return { id, tier, dueMs: dueAt.getTime(), firstMs: firstQueuedAt.getTime() }
}

function isBefore(head: Head, item: NewQueueItem): boolean {
  if (head.tier !== item.tier) return head.tier < item.tier
  const order = head.dueMs - item.dueAt.getTime() || head.firstMs - item.firstQueuedAt.getTime()
  return order < 0 || (order === 0 && head.id < item.id)
}
