import { type RawBuilder, sql } from "kysely"
import { type ChannelGroup, channelGroups, tierOfGroup } from "../core/channels.ts"
import { newId } from "../ids.ts"
import { liveContacts, moveContacts } from "./contacts.ts"
import { changeConversations, type ConversationRow } from "./conversations.ts"
import { endOffers, lockPendingOffers, type OfferRow } from "./offers.ts"
import { copyTable } from "./copy.ts"
import { itemFact } from "./facts.ts"
import { records } from "./records.ts"
import type { EventOptions, Tx } from "./write.ts"

/** A conversation (lane `text`) or a call that waits for an agent (routing.md D3). */
export type QueueItemRow = {
  id: string
  conversationId: string
  contactId: string
  lane: "text" | "call"
  inboxId: string
  channelGroup: ChannelGroup
  tier: number
  state: "waiting" | "offered" | "done" | "canceled"
  dueAt: Date
  queuedAt: Date
  firstQueuedAt: Date
  messageCount: number
  doneAt: Date | null
  doneReason: string | null
  version: number
}

/** For `sql` texts that read queue items. */
export const queueItemColumns =
  sql.raw(`id, conversation_id, contact_id, lane, inbox_id, channel_group, tier, state, due_at, queued_at,
  first_queued_at, message_count, done_at, done_reason, version`)

export type NewQueueItem = Omit<QueueItemRow, "state" | "doneAt" | "doneReason" | "version">

/** Live items of these conversations, in id order, locked until the commit. */
export async function lockLiveItems(tx: Tx, conversationIds: readonly string[]): Promise<QueueItemRow[]> {
  if (conversationIds.length === 0) return []
  const { rows } = await sql<QueueItemRow>`
    SELECT ${queueItemColumns} FROM queue_items
    WHERE org_id = ${tx.orgId} AND conversation_id = ANY(${[...conversationIds]}) AND state IN ('waiting', 'offered')
    ORDER BY id FOR NO KEY UPDATE`.execute(tx.db)
  return rows
}

/** By id, whatever their state, in id order, locked until the commit. */
export function itemsToLock(tx: Tx, ids: readonly string[]): RawBuilder<QueueItemRow> {
  return sql<QueueItemRow>`
    SELECT ${queueItemColumns} FROM queue_items WHERE org_id = ${tx.orgId} AND id = ANY(${[...ids]}::uuid[])
    ORDER BY id FOR NO KEY UPDATE`
}

/** As they are when the transaction commits: an item may be given to somebody before it is written. */
export function putQueueItems(tx: Tx, rows: readonly QueueItemRow[]): void {
  tx.put(
    queueItemsTable,
    rows.map((row) => ({ ...row, partitionId: tx.orgId })),
  )
  tx.touch({ known: { items: rows.map(itemFact) } })
}

const queueItemsTable = copyTable<QueueItemRow & { partitionId: string }>("queue_items", {
  partitionId: "uuid",
  id: "uuid",
  conversationId: "uuid",
  contactId: "uuid",
  lane: "text",
  inboxId: "uuid",
  channelGroup: "text",
  tier: "smallint",
  state: "text",
  dueAt: "timestamptz",
  queuedAt: "timestamptz",
  firstQueuedAt: "timestamptz",
  messageCount: "integer",
  doneAt: "timestamptz",
  doneReason: "text",
  version: "integer",
})

/** A new item that waits. */
export function waiting(item: NewQueueItem): QueueItemRow {
  return { ...item, state: "waiting", doneAt: null, doneReason: null, version: 1 }
}

/** Further messages of a waiting or offered item: earlier due, higher tier, counted (routing.md 1.3). */
export async function joinQueueItems(
  tx: Tx,
  rows: readonly Pick<NewQueueItem, "id" | "channelGroup" | "tier" | "dueAt" | "messageCount">[],
): Promise<void> {
  if (rows.length === 0) return
  await sql`
    UPDATE queue_items q SET due_at = least(q.due_at, r.due_at), channel_group = r.channel_group, tier = r.tier,
      message_count = q.message_count + r.message_count, version = q.version + 1
    FROM ${records(rows, "id uuid, channel_group text, tier int, due_at timestamptz, message_count int")}
    WHERE q.org_id = ${tx.orgId} AND q.id = r.id AND q.id = ANY(${rows.map((row) => row.id)})`.execute(tx.db)
  tx.touch({ items: rows.map((row) => row.id) })
}

/**
 * Ends live items: `done` (somebody has it) or `canceled` (nobody needs to). Pending offers of them are withdrawn with
 * `withdrawn` as the reason. The caller has locked conversations and items; agents of offers are locked by whoever
 * asks `lockWork` (work.ts).
 */
export async function endItems(
  tx: Tx,
  itemIds: readonly string[],
  end: { state: "done" | "canceled"; reason: string; withdrawn: string },
): Promise<OfferRow[]> {
  if (itemIds.length === 0) return []
  await sql`
    UPDATE queue_items SET state = ${end.state}, done_at = ${tx.now}, done_reason = ${end.reason}, version = version + 1
    WHERE org_id = ${tx.orgId} AND id = ANY(${[...itemIds]}) AND state IN ('waiting', 'offered')`.execute(tx.db)
  tx.touch({ items: itemIds })
  const pending = await lockPendingOffers(tx, itemIds)
  return endOffers(
    tx,
    pending.map((offer) => offer.id),
    "withdrawn",
    end.withdrawn,
  )
}

/** Offered items whose offer ended without acceptance: back to their old place. */
export async function returnItems(tx: Tx, itemIds: readonly string[]): Promise<void> {
  if (itemIds.length === 0) return
  const { rows } = await sql<{ conversationId: string }>`
    UPDATE queue_items SET state = 'waiting', version = version + 1
    WHERE org_id = ${tx.orgId} AND id = ANY(${[...itemIds]}) AND state = 'offered' RETURNING conversation_id`.execute(
    tx.db,
  )
  tx.touch({ items: itemIds })
  await sql`
    UPDATE contacts SET state = 'queued' WHERE org_id = ${tx.orgId} AND state = 'offered'
      AND conversation_id = ANY(${rows.map((row) => row.conversationId)})`.execute(tx.db)
}

/**
 * An awaiting conversation needs an agent (again): its live text contacts queue in its Inbox. Keeps the due date;
 * `firstQueuedAt` is what ties are broken by. Null where nothing awaits, or it is queued already. The conversation is locked.
 * Where its Inbox has ended while an agent had it, it goes on in the organization's fallback Inbox.
 */
export async function requeue(
  tx: Tx,
  conversation: ConversationRow,
  options: { reason: string; firstQueuedAt?: Date | null; fromInboxId?: string | null },
): Promise<NewQueueItem | null> {
  if (!conversation.awaitingSince || !conversation.dueAt || conversation.closedAt) return null
  const contacts = (await liveContacts(tx, [conversation.id])).filter((contact) => contact.channel !== "voice")
  const lead = contacts.find((contact) => contact.channelGroup === "messaging") ?? contacts[0]
  if (!lead || (await hasLiveItem(tx, conversation.id))) return null
  const inboxId = await activeInbox(tx, conversation)
  const item: NewQueueItem = {
    id: newId(),
    conversationId: conversation.id,
    contactId: lead.id,
    lane: "text",
    inboxId,
    channelGroup: lead.channelGroup,
    tier: tierOfGroup[lead.channelGroup],
    dueAt: conversation.dueAt,
    queuedAt: tx.now,
    firstQueuedAt: options.firstQueuedAt ?? conversation.awaitingSince,
    messageCount: 1,
  }
  await moveContacts(tx, [conversation.id], "queued")
  announceQueued(tx, [
    { item, reason: options.reason, fromInboxId: options.fromInboxId ?? null, customerId: conversation.customerId },
  ])
  putQueueItems(tx, [waiting(item)])
  await tx.flush()
  return item
}

/** The conversation's own, else the fallback, to which it moves. */
async function activeInbox(tx: Tx, conversation: ConversationRow): Promise<string> {
  const { rows } = await sql<{ inboxId: string }>`
    SELECT CASE WHEN i.deactivated_at IS NULL THEN i.id ELSE coalesce(o.fallback_inbox_id, i.id) END AS inbox_id
    FROM inboxes i JOIN organizations o ON o.id = i.org_id WHERE i.org_id = ${tx.orgId} AND i.id = ${conversation.inboxId}`.execute(
    tx.db,
  )
  const inboxId = rows[0]?.inboxId ?? conversation.inboxId
  if (inboxId === conversation.inboxId) return inboxId
  await changeConversations(tx, [{ conversation, change: { inboxId }, reason: "inbox_removed" }])
  await sql`
    UPDATE contacts SET inbox_id = ${inboxId} WHERE org_id = ${tx.orgId} AND conversation_id = ${conversation.id} AND state <> 'ended'`.execute(
    tx.db,
  )
  return inboxId
}

async function hasLiveItem(tx: Tx, conversationId: string): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM queue_items WHERE org_id = ${tx.orgId} AND conversation_id = ${conversationId} AND lane = 'text'
      AND state IN ('waiting', 'offered')`.execute(tx.db)
  return rows.length > 0
}

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
