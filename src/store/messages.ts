import { type RawBuilder, sql } from "kysely"
import type { ChannelName } from "../core/channels.ts"
import { records, runTogether } from "./records.ts"
import type { Tx } from "./write.ts"

export type NewMessage = {
  id: string
  conversationId: string
  customerId: string
  contactId: string
  channel: ChannelName
  direction: "inbound" | "outbound"
  entryPointId: string | null
  authorType: "customer" | "agent" | "api_key" | "rule" | "system"
  authorId: string | null
  kind: string
  text: string
  html: string | null
  subject: string | null
  fromAddress: string | null
  toAddresses: readonly string[]
  ccAddresses: readonly string[]
  bccAddresses: readonly string[]
  envelopeFrom: string | null
  fromHeader: string | null
  externalId: string | null
  messageIdHeader: string | null
  referenceIds: readonly string[]
  replyToken: string | null
  inReplyToId: string | null
  inboundEventId: string | null
  flags: Record<string, unknown>
  fulfils: boolean
  clientId: string | null
  replyWindowEndsAt: Date | null
  sentAt: Date
  receivedAt: Date
  test: boolean
}

const columns = sql.raw(`id, conversation_id, customer_id, contact_id, channel, direction, entry_point_id, author_type,
  author_id, kind, text, html, subject, from_address, to_addresses, cc_addresses, bcc_addresses, envelope_from,
  from_header, external_id, message_id_header, reference_ids, reply_token, in_reply_to_id, inbound_event_id, flags,
  fulfils, client_id, reply_window_ends_at, sent_at, received_at, test`)
const columnTypes = `id uuid, conversation_id uuid, customer_id uuid, contact_id uuid, channel text, direction text,
  entry_point_id uuid, author_type text, author_id uuid, kind text, text text, html text, subject text, from_address text,
  to_addresses text[], cc_addresses text[], bcc_addresses text[], envelope_from text, from_header text, external_id text,
  message_id_header text, reference_ids text[], reply_token text, in_reply_to_id uuid, inbound_event_id uuid, flags jsonb,
  fulfils boolean, client_id text, reply_window_ends_at timestamptz, sent_at timestamptz, received_at timestamptz, test boolean`

export async function insertMessages(tx: Tx, rows: readonly NewMessage[]): Promise<void> {
  await runTogether(tx, [messagesInsert(tx, rows)])
}

export function messagesInsert(tx: Tx, rows: readonly NewMessage[]): RawBuilder<unknown> | null {
  if (rows.length === 0) return null
  return sql`INSERT INTO messages (org_id, ${columns}) SELECT ${tx.orgId}::uuid, r.* FROM ${records(rows, columnTypes)}`
}

/** The file is written and synced under BLOB_DIR before its row. */
export type NewAttachment = {
  id: string
  messageId: string
  name: string
  type: string
  sizeBytes: number
  sha256: string
  contentId: string | null
  inline: boolean
  sortOrder: number
}

export function attachmentsInsert(tx: Tx, rows: readonly NewAttachment[]): RawBuilder<unknown> | null {
  if (rows.length === 0) return null
  return sql`
    INSERT INTO attachments (org_id, id, message_id, name, type, size_bytes, sha256, content_id, inline, sort_order, created_at)
    SELECT ${tx.orgId}::uuid, r.*, ${tx.now}::timestamptz
    FROM ${records(rows, "id uuid, message_id uuid, name text, type text, size_bytes bigint, sha256 text, content_id text, inline boolean, sort_order int")}`
}

/** Which conversations and customers the mails with these Message-IDs belong to. */
export async function findByMessageId(
  tx: Tx,
  messageIds: readonly string[],
): Promise<{ messageIdHeader: string; id: string; conversationId: string; customerId: string }[]> {
  if (messageIds.length === 0) return []
  const { rows } = await sql<{ messageIdHeader: string; id: string; conversationId: string; customerId: string }>`
    SELECT message_id_header, id, conversation_id, customer_id FROM messages
    WHERE org_id = ${tx.orgId} AND message_id_header = ANY(${[...messageIds]}) ORDER BY id`.execute(tx.db)
  return rows
}
