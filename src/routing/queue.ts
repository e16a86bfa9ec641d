import { type Kysely, sql } from "kysely"
import type { ChannelGroup } from "../core/channels.ts"
import type { QueueItem } from "../core/conversations/conversation.ts"
import { problem } from "../problem.ts"
import { openAssignment } from "../store/assignments.ts"
import { endItems } from "../store/queue-items.ts"
import type { DB } from "../store/tables.ts"
import { lockWork } from "../store/work.ts"
import type { Tx } from "../store/write.ts"

export type QueueFilter = {
  /** What the caller may see; null is every Inbox. */
  inboxIds: readonly string[] | null
  inboxId?: string
  group?: ChannelGroup
  /** That agent's own order: his inboxes as one queue. */
  agentId?: string
  limit: number
  after?: QueueKey | null
}
export type QueueKey = readonly [tier: number, dueAt: string, firstQueuedAt: string, id: string]
export type QueueRow = QueueItem & { key: QueueKey }

type Row = {
  id: string
  contactId: string
  conversationId: string
  inboxId: string
  group: ChannelGroup
  position: number
  dueAt: Date
  dueText: string
  waitingSince: Date
  firstText: string
  priorityPoints: number
  tier: number
}

/** The engine's order (spec 6.2): tier, due date, longest waiting. `position` counts within the Inbox, or for one agent. */
export async function readQueue(db: Kysely<DB>, orgId: string, filter: QueueFilter): Promise<QueueRow[]> {
  const after = filter.after
  const order = sql`tier, due_at, first_queued_at, id`
  const { rows } = await sql<Row>`
    SELECT id, contact_id, conversation_id, inbox_id, channel_group AS group, position, due_at, due_at::text AS due_text, queued_at AS waiting_since,
      first_queued_at::text AS first_text, priority_points, tier
    FROM (
      SELECT q.*, row_number() OVER (${filter.agentId ? sql`` : sql`PARTITION BY q.inbox_id`} ORDER BY tier, due_at, first_queued_at, id)::int AS position
      FROM queue_items q WHERE q.org_id = ${orgId} AND q.state IN ('waiting', 'offered')
        ${filter.inboxIds ? sql`AND q.inbox_id = ANY(${[...filter.inboxIds]}::uuid[])` : sql``}
        ${filter.agentId ? sql`AND EXISTS (SELECT 1 FROM inbox_members m WHERE m.org_id = q.org_id AND m.inbox_id = q.inbox_id AND m.agent_id = ${filter.agentId})` : sql``}
    ) q WHERE true
      ${filter.inboxId ? sql`AND inbox_id = ${filter.inboxId}` : sql``}
      ${filter.group ? sql`AND channel_group = ${filter.group}` : sql``}
      ${after ? sql`AND (${order}) > (${after[0]}::smallint, ${after[1]}::timestamptz, ${after[2]}::timestamptz, ${after[3]}::uuid)` : sql``}
    ORDER BY ${order} LIMIT ${filter.limit + 1}`.execute(db)
  return rows.map(({ tier, dueText, firstText, dueAt, waitingSince, ...row }) => ({
    ...row,
    dueAt: dueAt.toISOString(),
    waitingSince: waitingSince.toISOString(),
    key: [tier, dueText, firstText, row.id],
  }))
}

export type Taken = { conversationId: string; agentId: string; inboxId: string; reason: string; assignedAt: Date }

/**
 * An agent takes an item out of the queue by hand, whatever is free or offered (spec 6.8). 404 where it is none of his
 * inboxes, 409 `already_taken` `{agentId}`. Taking what he has already answers the same.
 */
export async function takeItem(tx: Tx, itemId: string, agentId: string): Promise<Taken> {
  const { rows } = await sql<{ conversationId: string }>`
    SELECT q.conversation_id FROM queue_items q JOIN inbox_members m ON m.org_id = q.org_id AND m.inbox_id = q.inbox_id AND m.agent_id = ${agentId}
    WHERE q.org_id = ${tx.orgId} AND q.id = ${itemId}`.execute(tx.db)
  const conversationId = rows[0]?.conversationId
  if (!conversationId) throw problem("not_found")
  const work = await lockWork(tx, [conversationId], [agentId])
  const conversation = work.conversations.get(conversationId)
  if (!conversation) throw problem("not_found")
  const item = work.items.find((one) => one.id === itemId)
  if (!item) {
    if (conversation.agentId !== agentId) throw problem("already_taken", { agentId: conversation.agentId })
    return takenRow(tx, conversationId)
  }
  await endItems(tx, [itemId], { state: "done", reason: "assigned", withdrawn: "taken" })
  await openAssignment(tx, { conversation, agentId, reason: "manual", via: "manual" })
  return takenRow(tx, conversationId)
}

async function takenRow(tx: Tx, conversationId: string): Promise<Taken> {
  const { rows } = await sql<Taken>`
    SELECT conversation_id, agent_id, inbox_id, reason, started_at AS assigned_at FROM assignments
    WHERE org_id = ${tx.orgId} AND conversation_id = ${conversationId} AND ended_at IS NULL`.execute(tx.db)
  if (!rows[0]) throw problem("not_found")
  return rows[0]
}
