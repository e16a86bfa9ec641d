import { type Kysely, sql } from "kysely"
import type { ChannelName } from "../core/channels.ts"
import { addressKindOf } from "../core/conversations/composing.ts"
import type { ReplyRefusal } from "../core/conversations/reply-option.ts"
import type { ProblemCode } from "../problem.ts"
import type { DB } from "../store/tables.ts"

/** From which of our addresses, and to which of the customer's, a channel can write. */

export type From = { entryPointId: string; address: string; label: string; default: boolean }
export type To = { addressId: string; value: string; default: boolean; proved: boolean }

/** Why a channel may not be used now: for the composer and for the refusal of a message alike. */
export type SendRefusal = {
  reason: ReplyRefusal
  code: ProblemCode
  remedy: string
  extra?: Record<string, unknown>
}

/** What a channel forbids at the moment; null: it may be sent. */
export type SendRule = (
  db: Kysely<DB>,
  send: { orgId: string; entryPointId: string; to: string; now: Date },
) => Promise<SendRefusal | null>

export type SendRules = { readonly [name in ChannelName]?: SendRule }

/**
 * Active entry points of the channel, the default first: where the customer wrote last on it, else that of the latest
 * contact, else the Inbox's (its default mailbox; of numbers the oldest that leads there). A chat goes back only through
 * the app that it came from.
 */
export async function fromsOf(
  db: Kysely<DB>,
  orgId: string,
  conversation: { id: string | null; inboxId: string },
  channel: ChannelName,
): Promise<From[]> {
  const { rows } = await sql<{
    id: string
    address: string
    displayName: string
    latest: boolean
    ofInbox: boolean
  }>`
    SELECT e.id, e.address, e.display_name,
      e.id = coalesce(
        (SELECT m.entry_point_id FROM messages m JOIN entry_points f ON f.org_id = m.org_id AND f.id = m.entry_point_id
          WHERE m.org_id = ${orgId} AND m.conversation_id = ${conversation.id}::uuid AND m.channel = ${channel}
            AND m.direction = 'inbound' AND f.status = 'active' ORDER BY m.id DESC LIMIT 1),
        (SELECT k.entry_point_id FROM contacts k WHERE k.org_id = ${orgId} AND k.conversation_id = ${conversation.id}::uuid
          AND k.channel = ${channel} AND k.entry_point_id IS NOT NULL ORDER BY k.started_at DESC, k.id DESC LIMIT 1)
      ) AS latest,
      CASE e.channel WHEN 'email' THEN coalesce(e.mailbox_id = i.default_mailbox_id, false) WHEN 'chat' THEN false
        ELSE coalesce(x.inbox_id, r.default_inbox_id) = ${conversation.inboxId} END AS of_inbox
    FROM entry_points e
    JOIN inboxes i ON i.org_id = e.org_id AND i.id = ${conversation.inboxId}
    LEFT JOIN channel_routings r ON r.org_id = e.org_id AND r.section = e.section
    LEFT JOIN entry_point_exceptions x ON x.org_id = e.org_id AND x.entry_point_id = e.id
    WHERE e.org_id = ${orgId} AND e.channel = ${channel} AND e.status = 'active'
    ORDER BY e.created_at, e.id`.execute(db)
  const chosen = rows.find((row) => row.latest) ?? rows.find((row) => row.ofInbox)
  const usable = channel === "chat" ? rows.filter((row) => row.latest) : rows
  return usable
    .map((row) => ({
      entryPointId: row.id,
      address: row.address,
      label: row.displayName === row.address ? row.address : `${row.displayName} <${row.address}>`,
      default: row === chosen,
    }))
    .sort((a, b) => Number(b.default) - Number(a.default))
}

/** The customer's addresses for the channel, the default first: whoever wrote last on it, else the first one known. */
export async function tosOf(
  db: Kysely<DB>,
  orgId: string,
  conversation: { id: string | null; customerId: string },
  channel: ChannelName,
): Promise<To[]> {
  const kind = addressKindOf[channel]
  if (!kind) return []
  const { rows } = await sql<{ id: string; value: string; latest: boolean }>`
    SELECT a.id, a.value,
      coalesce(a.value = (SELECT m.from_address FROM messages m WHERE m.org_id = a.org_id AND m.conversation_id = ${conversation.id}::uuid
        AND m.channel = ${channel} AND m.direction = 'inbound' ORDER BY m.id DESC LIMIT 1), false) AS latest
    FROM customer_addresses a
    WHERE a.org_id = ${orgId} AND a.customer_id = ${conversation.customerId} AND a.kind = ${kind}
    ORDER BY a.proved_at, a.id`.execute(db)
  const chosen = rows.find((row) => row.latest) ?? rows[0]
  return rows
    .map((row) => ({ addressId: row.id, value: row.value, default: row === chosen, proved: true }))
    .sort((a, b) => Number(b.default) - Number(a.default))
}
