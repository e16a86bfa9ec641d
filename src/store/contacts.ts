import { sql } from "kysely"
import type { ChannelGroup, ChannelName } from "../core/channels.ts"
import { copyTable } from "./copy.ts"
import { records } from "./records.ts"
import type { Tx } from "./write.ts"

export type ContactState = "started" | "queued" | "offered" | "active" | "ended"

export type ContactRow = {
  id: string
  conversationId: string
  customerId: string
  channel: ChannelName
  channelGroup: ChannelGroup
  entryPointId: string | null
  direction: "inbound" | "outbound"
  inboxId: string
  state: ContactState
  dueAt: Date | null
  slaSeconds: number | null
  slaSource: "exception" | "channel_default" | "inbox" | null
  inboxSource: "default" | "exception" | null
  startedAt: Date
  queuedAt: Date | null
  awaitingSince: Date | null
  fulfilledAt: Date | null
  fulfilledBy: "responded" | "canceled" | null
  lastMessageAt: Date | null
  endedAt: Date | null
  endReason: string | null
  endStatus: string | null
  test: boolean
}

const columns =
  sql.raw(`id, conversation_id, customer_id, channel, channel_group, entry_point_id, direction, inbox_id, state,
  due_at, sla_seconds, sla_source, inbox_source, started_at, queued_at, awaiting_since, fulfilled_at, fulfilled_by,
  last_message_at, ended_at, end_reason, end_status, test`)

/** Live contacts (not ended) of these conversations, oldest first. Covered by the lock on the conversation. */
export async function liveContacts(tx: Tx, conversationIds: readonly string[]): Promise<ContactRow[]> {
  if (conversationIds.length === 0) return []
  const { rows } = await sql<ContactRow>`
    SELECT ${columns} FROM contacts
    WHERE org_id = ${tx.orgId} AND conversation_id = ANY(${[...conversationIds]}) AND state <> 'ended'
    ORDER BY started_at, id`.execute(tx.db)
  return rows
}

export function putContacts(tx: Tx, rows: readonly ContactRow[]): void {
  tx.put(contactsTable, rows)
}

/** There at once, for statements that read them. */
export async function insertContacts(tx: Tx, rows: readonly ContactRow[]): Promise<void> {
  putContacts(tx, rows)
  await tx.flush()
}

const contactsTable = copyTable<ContactRow>("contacts", {
  id: "uuid",
  conversationId: "uuid",
  customerId: "uuid",
  channel: "text",
  channelGroup: "text",
  entryPointId: "uuid",
  direction: "text",
  inboxId: "uuid",
  state: "text",
  dueAt: "timestamptz",
  slaSeconds: "integer",
  slaSource: "text",
  inboxSource: "text",
  startedAt: "timestamptz",
  queuedAt: "timestamptz",
  awaitingSince: "timestamptz",
  fulfilledAt: "timestamptz",
  fulfilledBy: "text",
  lastMessageAt: "timestamptz",
  endedAt: "timestamptz",
  endReason: "text",
  endStatus: "text",
  test: "boolean",
})

/** What an inbound message changes in a live contact: it awaits again. */
export async function awaitContacts(
  tx: Tx,
  rows: readonly Pick<
    ContactRow,
    "id" | "state" | "dueAt" | "slaSeconds" | "slaSource" | "awaitingSince" | "lastMessageAt"
  >[],
): Promise<void> {
  if (rows.length === 0) return
  await sql`
    UPDATE contacts c SET state = r.state, due_at = r.due_at, sla_seconds = r.sla_seconds, sla_source = r.sla_source,
      awaiting_since = r.awaiting_since, last_message_at = r.last_message_at, fulfilled_at = NULL, fulfilled_by = NULL,
      queued_at = CASE WHEN r.state = 'queued' THEN coalesce(c.queued_at, ${tx.now}) ELSE c.queued_at END
    FROM ${records(rows, "id uuid, state text, due_at timestamptz, sla_seconds int, sla_source text, awaiting_since timestamptz, last_message_at timestamptz")}
    WHERE c.org_id = ${tx.orgId} AND c.id = r.id AND c.id = ANY(${rows.map((row) => row.id)})`.execute(tx.db)
}

/** All live text contacts of these conversations take this state: an agent has them, is asked, or they wait. */
export async function moveContacts(
  tx: Tx,
  conversationIds: readonly string[],
  state: "queued" | "offered" | "active",
): Promise<void> {
  if (conversationIds.length === 0) return
  await sql`
    UPDATE contacts SET state = ${state}, queued_at = CASE WHEN ${state} = 'queued' THEN coalesce(queued_at, ${tx.now}) ELSE queued_at END
    WHERE org_id = ${tx.orgId} AND conversation_id = ANY(${[...conversationIds]}) AND channel <> 'voice'
      AND state IN ('started', 'queued', 'offered', 'active') AND state <> ${state}`.execute(tx.db)
}
