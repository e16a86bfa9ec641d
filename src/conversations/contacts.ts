import { type Kysely, sql } from "kysely"
import type { Contact } from "../core/conversations/conversation.ts"
import type { ContactRow } from "../store/contacts.ts"
import type { DB } from "../store/tables.ts"

export type ShownContactRow = ContactRow & {
  entryPointChannel: NonNullable<Contact["entryPoint"]>["channel"] | null
  entryPointKind: NonNullable<Contact["entryPoint"]>["kind"]
  entryPointAddress: string
  entryPointName: string
}

export const shownContactColumns =
  sql.raw(`k.id, k.conversation_id, k.channel, k.direction, k.inbox_id, k.due_at, k.sla_seconds,
  k.sla_source, k.state, k.awaiting_since, k.end_status, k.fulfilled_by, k.end_reason, k.started_at, k.queued_at,
  k.fulfilled_at, k.ended_at, k.entry_point_id, e.channel AS entry_point_channel, e.kind AS entry_point_kind,
  e.address AS entry_point_address, e.display_name AS entry_point_name`)

/** All contacts of a conversation, oldest first. */
export async function listContacts(db: Kysely<DB>, orgId: string, conversationId: string): Promise<Contact[]> {
  const { rows } = await sql<ShownContactRow>`
    SELECT ${shownContactColumns} FROM contacts k
    LEFT JOIN entry_points e ON e.org_id = k.org_id AND e.id = k.entry_point_id
    WHERE k.org_id = ${orgId} AND k.conversation_id = ${conversationId} ORDER BY k.started_at, k.id`.execute(db)
  return rows.map(showContact)
}

/** The latest contact of each conversation. */
export async function latestContacts(
  db: Kysely<DB>,
  orgId: string,
  conversationIds: readonly string[],
): Promise<Map<string, Contact>> {
  const { rows } = await sql<ShownContactRow>`
    SELECT DISTINCT ON (k.conversation_id) ${shownContactColumns} FROM contacts k
    LEFT JOIN entry_points e ON e.org_id = k.org_id AND e.id = k.entry_point_id
    WHERE k.org_id = ${orgId} AND k.conversation_id = ANY(${[...conversationIds]})
    ORDER BY k.conversation_id, k.started_at DESC, k.id DESC`.execute(db)
  return new Map(rows.map((row) => [row.conversationId, showContact(row)]))
}

function showContact(row: ShownContactRow): Contact {
  const fulfilled = row.state === "active" && row.awaitingSince === null && row.fulfilledAt !== null
  return {
    id: row.id,
    conversationId: row.conversationId,
    channel: row.channel,
    entryPoint:
      row.entryPointId && row.entryPointChannel
        ? {
            id: row.entryPointId,
            channel: row.entryPointChannel,
            kind: row.entryPointKind,
            address: row.entryPointAddress,
            displayName: row.entryPointName,
          }
        : null,
    direction: row.direction,
    inboxId: row.inboxId,
    dueAt: iso(row.dueAt),
    slaSeconds: row.slaSeconds,
    slaSource: row.slaSource,
    state: fulfilled ? "fulfilled" : row.state,
    status: row.endStatus as Contact["status"],
    fulfilledBy: row.fulfilledBy,
    endReason: row.endReason,
    finalIvrSelection: null,
    startedAt: row.startedAt.toISOString(),
    queuedAt: iso(row.queuedAt),
    fulfilledAt: iso(row.fulfilledAt),
    endedAt: iso(row.endedAt),
  }
}

function iso(at: Date | null): string | null {
  return at?.toISOString() ?? null
}
