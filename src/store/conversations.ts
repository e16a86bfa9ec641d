import { type RawBuilder, sql } from "kysely"
import { type ConversationStatus, statusOf } from "../core/conversations/status.ts"
import { copyTable } from "./copy.ts"
import { records } from "./records.ts"
import type { EventOptions, Tx } from "./write.ts"

/** A conversation as the transactions that change it see it. */
export type ConversationRow = {
  id: string
  customerId: string
  inboxId: string
  status: ConversationStatus
  agentId: string | null
  lastAgentId: string | null
  awaitingSince: Date | null
  dueAt: Date | null
  dueBecause: object | null
  slaSeconds: number | null
  slaSource: string | null
  noReplyNeeded: boolean
  noReplyRestore: object | null
  topicIds: string[]
  closedAt: Date | null
  closedBy: object | null
  closeForced: boolean
  reopenedAt: Date | null
  mergedIntoId: string | null
  relatedConversationId: string | null
  lastMessageAt: Date | null
  lastMessagePreview: string | null
  lastMessageDirection: string | null
  lastMessageChannel: string | null
  lastInboundAt: Date | null
  test: boolean
  createdAt: Date
  version: number
}

/** What a transaction may change; the status follows from the rest. */
export type ConversationChange = Partial<
  Omit<ConversationRow, "id" | "customerId" | "status" | "test" | "createdAt" | "version">
>

const columns =
  sql.raw(`id, customer_id, inbox_id, status, agent_id, last_agent_id, awaiting_since, due_at, due_because,
  sla_seconds, sla_source, no_reply_needed, no_reply_restore, topic_ids, closed_at, closed_by, close_forced, reopened_at,
  merged_into_id, related_conversation_id, last_message_at, last_message_preview, last_message_direction,
  last_message_channel, last_inbound_at, test, created_at, version`)

/** By id, in id order, locked until the commit. */
export function conversationsToLock(tx: Tx, ids: readonly string[]): RawBuilder<ConversationRow> {
  return sql<ConversationRow>`
    SELECT ${columns} FROM conversations WHERE org_id = ${tx.orgId} AND id = ANY(${[...ids]}::uuid[]) ORDER BY id FOR NO KEY UPDATE`
}

/** Locks them as `conversationsToLock` says; answers them by id. */
export async function lockConversations(tx: Tx, ids: readonly string[]): Promise<Map<string, ConversationRow>> {
  if (ids.length === 0) return new Map()
  const { rows } = await conversationsToLock(tx, ids).execute(tx.db)
  return new Map(rows.map((row) => [row.id, row]))
}

/** The active conversation of each customer, else the one closed last; locked. The caller has locked the customers. */
export async function lockLatestConversations(
  tx: Tx,
  customerIds: readonly string[],
): Promise<Map<string, ConversationRow>> {
  if (customerIds.length === 0) return new Map()
  const { rows } = await sql<{ id: string }>`
    SELECT l.id FROM unnest(${[...customerIds]}::uuid[]) AS c(customer_id) CROSS JOIN LATERAL (
      SELECT id FROM conversations WHERE org_id = ${tx.orgId} AND customer_id = c.customer_id AND merged_into_id IS NULL
      ORDER BY closed_at DESC NULLS FIRST LIMIT 1) l`.execute(tx.db)
  const latest = await lockConversations(
    tx,
    rows.map((row) => row.id),
  )
  return new Map([...latest.values()].map((row) => [row.customerId, row]))
}

/** New conversations. A second active one of a customer fails on `conversations_one_active`, which runs `write` again. */
export function putConversations(tx: Tx, rows: readonly ConversationRow[]): void {
  tx.put(
    conversationsTable,
    rows.map((row) => ({ ...row, updatedAt: tx.now })),
  )
}

const conversationsTable = copyTable<ConversationRow & { updatedAt: Date }>("conversations", {
  id: "uuid",
  customerId: "uuid",
  inboxId: "uuid",
  status: "text",
  agentId: "uuid",
  lastAgentId: "uuid",
  awaitingSince: "timestamptz",
  dueAt: "timestamptz",
  dueBecause: "json",
  slaSeconds: "integer",
  slaSource: "text",
  noReplyNeeded: "boolean",
  noReplyRestore: "jsonb",
  topicIds: "uuids",
  closedAt: "timestamptz",
  closedBy: "jsonb",
  closeForced: "boolean",
  reopenedAt: "timestamptz",
  mergedIntoId: "uuid",
  relatedConversationId: "uuid",
  lastMessageAt: "timestamptz",
  lastMessagePreview: "text",
  lastMessageDirection: "text",
  lastMessageChannel: "text",
  lastInboundAt: "timestamptz",
  test: "boolean",
  createdAt: "timestamptz",
  version: "integer",
  updatedAt: "timestamptz",
})

const columnTypes = `id uuid, customer_id uuid, inbox_id uuid, status text, agent_id uuid, last_agent_id uuid,
  awaiting_since timestamptz, due_at timestamptz, due_because jsonb, sla_seconds int, sla_source text,
  no_reply_needed boolean, no_reply_restore jsonb, topic_ids uuid[], closed_at timestamptz, closed_by jsonb,
  close_forced boolean, reopened_at timestamptz, merged_into_id uuid, related_conversation_id uuid,
  last_message_at timestamptz, last_message_preview text, last_message_direction text, last_message_channel text,
  last_inbound_at timestamptz, test boolean, created_at timestamptz, version int`

/**
 * Changes locked conversations and says so (`conversation_status.updated`, `conversation_inbox.updated`,
 * `conversation_due.updated`). Answers them as they are now, in the order given.
 */
export async function changeConversations(
  tx: Tx,
  changes: readonly { conversation: ConversationRow; change: ConversationChange; reason?: string; quiet?: boolean }[],
): Promise<ConversationRow[]> {
  if (changes.length === 0) return []
  const after = changes.map(({ conversation, change }) => changed(conversation, change))
  await sql`
    UPDATE conversations c SET inbox_id = r.inbox_id, status = r.status, agent_id = r.agent_id,
      last_agent_id = r.last_agent_id, awaiting_since = r.awaiting_since, due_at = r.due_at, due_because = r.due_because,
      sla_seconds = r.sla_seconds, sla_source = r.sla_source, no_reply_needed = r.no_reply_needed,
      no_reply_restore = r.no_reply_restore, topic_ids = r.topic_ids, closed_at = r.closed_at, closed_by = r.closed_by,
      close_forced = r.close_forced, reopened_at = r.reopened_at, merged_into_id = r.merged_into_id,
      related_conversation_id = r.related_conversation_id, last_message_at = r.last_message_at,
      last_message_preview = r.last_message_preview, last_message_direction = r.last_message_direction,
      last_message_channel = r.last_message_channel, last_inbound_at = r.last_inbound_at,
      updated_at = ${tx.now}, version = c.version + 1
    FROM ${records(after, columnTypes)} WHERE c.org_id = ${tx.orgId} AND c.id = r.id
      AND c.id = ANY(${after.map((row) => row.id)})`.execute(tx.db)
  for (const [index, { conversation, reason, quiet }] of changes.entries()) {
    const now = after[index]
    if (now && !quiet) announceChange(tx, conversation, now, reason)
  }
  return after
}

function changed(conversation: ConversationRow, change: ConversationChange): ConversationRow {
  const after = { ...conversation, ...change, version: conversation.version + 1 }
  return { ...after, status: statusOf(after) }
}

/** What somebody decided stands in the timeline; that a message made it open or waiting is seen by the message. */
const shownReasons = new Set(["no_reply_needed", "no_reply_needed_taken_back"])

/** The events of a change; for callers that change `quiet`ly and place the events themselves. `about`: see `EventOptions`. */
export function announceChange(
  tx: Tx,
  before: ConversationRow,
  after: ConversationRow,
  reason?: string,
  about?: EventOptions["about"],
): void {
  const { id: conversationId, customerId } = after
  if (before.status !== after.status) {
    const shown = after.status === "closed" || before.status === "closed" || shownReasons.has(reason ?? "")
    const thing = { from: before.status, to: after.status, forced: after.closeForced, reason: reason ?? null }
    const timeline = { kind: "status_change" as const, conversationId, customerId, thing }
    tx.event(
      "conversation_status.updated",
      { conversationId, customerId, from: before.status, to: after.status, by: tx.actor.id },
      { about, ...(shown && { timeline }) },
    )
  }
  if (before.inboxId !== after.inboxId) {
    const data = { conversationId, customerId, inboxId: after.inboxId, fromInboxId: before.inboxId }
    tx.event("conversation_inbox.updated", { ...data, reason: reason ?? "manual" }, { about })
  }
  if (before.dueAt?.getTime() !== after.dueAt?.getTime()) {
    const data = { conversationId, customerId, dueAt: after.dueAt, fromDueAt: before.dueAt, inboxId: after.inboxId }
    tx.event("conversation_due.updated", data, { about })
  }
}
