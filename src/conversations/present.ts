import { type Kysely, sql } from "kysely"
import type { ChannelGroup, ChannelName } from "../core/channels.ts"
import type { Conversation, ConversationStatus } from "../core/conversations/conversation.ts"
import type { Person } from "../core/people/person.ts"
import type { DB } from "../store/tables.ts"
import { latestContacts } from "./contacts.ts"

/** Conversations as the API shows them, in the order of `ids`; `viewerId` is the person for whom they are unread or not. */
export async function presentConversations(
  db: Kysely<DB>,
  orgId: string,
  ids: readonly string[],
  viewerId: string | null,
): Promise<Conversation[]> {
  if (ids.length === 0) return []
  const [rows, contacts] = await Promise.all([readRows(db, orgId, ids, viewerId), latestContacts(db, orgId, ids)])
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => {
    const row = byId.get(id)
    return row ? [show(row, contacts.get(id) ?? null)] : []
  })
}

export async function presentConversation(
  db: Kysely<DB>,
  orgId: string,
  id: string,
  viewerId: string | null,
): Promise<Conversation | null> {
  return (await presentConversations(db, orgId, [id], viewerId))[0] ?? null
}

type Row = {
  id: string
  customerId: string
  customerName: string | null
  status: ConversationStatus
  inboxId: string
  agentId: string | null
  assignmentReason: string | null
  assignedAt: Date | null
  dueAt: Date | null
  topics: { id: string; name: string }[]
  itemId: string | null
  itemContactId: string
  itemInboxId: string
  itemGroup: ChannelGroup
  itemDueAt: Date
  itemFirstQueuedAt: Date
  itemPoints: number
  itemPosition: number
  closedAt: Date | null
  closedBy: Person | null
  closeForced: boolean
  noReplyNeeded: boolean
  unread: boolean
  lastMessageAt: Date | null
  lastMessagePreview: string | null
  lastMessageDirection: "inbound" | "outbound" | null
  lastMessageChannel: ChannelName | null
  relatedConversationId: string | null
  test: boolean
  createdAt: Date
  updatedAt: Date
  version: number
}

const placesMax = 1_000

async function readRows(
  db: Kysely<DB>,
  orgId: string,
  ids: readonly string[],
  viewerId: string | null,
): Promise<Row[]> {
  const { rows } = await sql<Row>`
    SELECT c.id, c.customer_id, coalesce(u.name, (SELECT d.value FROM customer_addresses d WHERE d.org_id = u.org_id AND d.customer_id = u.id
        AND d.kind IN ('phone', 'email') ORDER BY d.proved_at, d.id LIMIT 1)) AS customer_name, c.status, c.inbox_id, c.agent_id,
      a.reason AS assignment_reason, a.started_at AS assigned_at, c.due_at,
      coalesce((SELECT jsonb_agg(jsonb_build_object('id', t.id, 'name', t.name) ORDER BY lower(t.name)) FROM topics t
        WHERE t.org_id = c.org_id AND t.id = ANY(c.topic_ids)), '[]') AS topics,
      q.id AS item_id, q.contact_id AS item_contact_id, q.inbox_id AS item_inbox_id, q.channel_group AS item_group,
      q.due_at AS item_due_at, q.first_queued_at AS item_first_queued_at, q.priority_points AS item_points,
      CASE WHEN q.id IS NOT NULL THEN (SELECT count(*) FROM (SELECT 1 FROM queue_items o
        WHERE o.org_id = q.org_id AND o.inbox_id = q.inbox_id AND o.state IN ('waiting', 'offered')
          AND (o.tier, o.due_at, o.first_queued_at, o.id) <= (q.tier, q.due_at, q.first_queued_at, q.id)
        LIMIT ${placesMax}) places)::int END AS item_position,
      c.closed_at, c.closed_by, c.close_forced, c.no_reply_needed,
      EXISTS (SELECT 1 FROM timeline_items i WHERE i.org_id = c.org_id AND i.conversation_id = c.id
        AND i.position > coalesce(r.up_to_position, 0) AND i.kind IN ('message', 'note', 'voicemail')
        AND i.actor->>'id' IS DISTINCT FROM ${viewerId}::text) AS unread,
      c.last_message_at, c.last_message_preview, c.last_message_direction, c.last_message_channel,
      c.related_conversation_id, c.test, c.created_at, c.updated_at, c.version
    FROM conversations c
    JOIN customers u ON u.org_id = c.org_id AND u.id = c.customer_id
    LEFT JOIN assignments a ON a.org_id = c.org_id AND a.conversation_id = c.id AND a.ended_at IS NULL
    LEFT JOIN LATERAL (SELECT * FROM queue_items q WHERE q.org_id = c.org_id AND q.conversation_id = c.id
      AND q.state IN ('waiting', 'offered') ORDER BY q.tier, q.id LIMIT 1) q ON true
    LEFT JOIN read_marks r ON r.org_id = c.org_id AND r.conversation_id = c.id AND r.user_id = ${viewerId}::uuid
    WHERE c.org_id = ${orgId} AND c.id = ANY(${[...ids]})`.execute(db)
  return rows
}

function show(row: Row, contact: Conversation["contact"]): Conversation {
  return {
    id: row.id,
    customer: { id: row.customerId, name: row.customerName },
    status: row.status,
    inboxId: row.inboxId,
    assignment:
      row.agentId && row.assignmentReason && row.assignedAt
        ? { agentId: row.agentId, reason: row.assignmentReason, assignedAt: row.assignedAt.toISOString() }
        : null,
    dueAt: row.dueAt?.toISOString() ?? null,
    topics: row.topics,
    contact,
    queueItem: row.itemId
      ? {
          id: row.itemId,
          contactId: row.itemContactId,
          conversationId: row.id,
          inboxId: row.itemInboxId,
          group: row.itemGroup,
          position: row.itemPosition,
          dueAt: row.itemDueAt.toISOString(),
          waitingSince: row.itemFirstQueuedAt.toISOString(),
          priorityPoints: row.itemPoints,
        }
      : null,
    closure:
      row.closedAt && row.closedBy
        ? { closedAt: row.closedAt.toISOString(), closedBy: row.closedBy, forced: row.closeForced }
        : null,
    noReplyNeeded: row.noReplyNeeded,
    unread: row.unread,
    lastItem:
      row.lastMessageAt && row.lastMessageChannel && row.lastMessageDirection
        ? {
            channel: row.lastMessageChannel,
            direction: row.lastMessageDirection,
            preview: row.lastMessagePreview ?? "",
            at: row.lastMessageAt.toISOString(),
          }
        : null,
    dedicatedAgentId: null,
    relatedConversationId: row.relatedConversationId,
    test: row.test,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
  }
}
