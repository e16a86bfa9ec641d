import { type RawBuilder, sql } from "kysely"
import { tierOfGroup } from "../core/channels.ts"
import { newId } from "../ids.ts"
import { liveContacts, moveContacts } from "./contacts.ts"
import { changeConversations, type ConversationRow } from "./conversations.ts"
import { endOffers, lockPendingOffers, type OfferRow } from "./offers.ts"
import { copyTable } from "./copy.ts"
import { itemFact } from "./facts.ts"
import { type NewQueueItem, queueItemColumns, type QueueItemRow, waiting } from "./queue-item.ts"
import { announceQueued } from "./queue-places.ts"
import { records } from "./records.ts"
import type { Tx } from "./write.ts"

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
