import { type Kysely, sql } from "kysely"
import type { ChannelName } from "../core/channels.ts"
import type { Attachment, Authentication, Failure, Message } from "../core/conversations/message.ts"
import { type StoredDeliveryStatus, shownStatus } from "../core/delivery/status.ts"
import type { DB } from "../store/tables.ts"
import type { AttachmentLinks } from "./attachment-link.ts"

/** Who reads, and how the links are made by which the files are read. */
export type MessageReader = { orgId: string; id: string; links: AttachmentLinks }

type Row = {
  id: string
  conversationId: string
  contactId: string
  channel: ChannelName
  direction: "inbound" | "outbound"
  entryPointId: string | null
  entryPointChannel: ChannelName
  entryPointKind: NonNullable<Message["entryPoint"]>["kind"]
  entryPointAddress: string
  entryPointName: string | null
  authorType: Message["author"]["type"]
  authorId: string | null
  authorName: string | null
  text: string
  html: string | null
  subject: string | null
  toAddresses: string[]
  ccAddresses: string[]
  bccAddresses: string[]
  envelopeFrom: string | null
  fromHeader: string | null
  authentication: Authentication | null
  externalId: string | null
  inReplyToId: string | null
  kind: Message["kind"]
  flags: Record<string, unknown>
  replyWindowEndsAt: Date | null
  sentAt: Date
  receivedAt: Date
  test: boolean
  deliveryStatus: StoredDeliveryStatus | null
  deliveryAttempts: number
  deliveryFailure: Failure | null
  deliveryChangedAt: Date
  attachments: Omit<Attachment, "contentUrl">[]
}

/** Messages as the API shows them, by id. */
export async function presentMessages(
  db: Kysely<DB>,
  reader: MessageReader,
  ids: readonly string[],
): Promise<Map<string, Message>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<Row>`
    SELECT m.id, m.conversation_id, m.contact_id, m.channel, m.direction, m.entry_point_id,
      e.channel AS entry_point_channel, e.kind AS entry_point_kind, e.address AS entry_point_address, e.display_name AS entry_point_name,
      m.author_type, m.author_id, coalesce(u.name, p.name, k.name) AS author_name, m.text, m.html, m.subject,
      m.to_addresses, m.cc_addresses, m.bcc_addresses, m.envelope_from, m.from_header, m.authentication, m.external_id,
      m.in_reply_to_id, m.kind, m.flags, m.reply_window_ends_at, m.sent_at, m.received_at, m.test,
      d.status AS delivery_status, d.attempts AS delivery_attempts, d.failure AS delivery_failure, d.changed_at AS delivery_changed_at,
      coalesce((SELECT jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name, 'type', a.type, 'sizeBytes', a.size_bytes,
        'sha256', a.sha256, 'inline', a.inline, 'contentId', a.content_id) ORDER BY a.sort_order, a.id)
        FROM attachments a WHERE a.org_id = m.org_id AND a.message_id = m.id), '[]') AS attachments
    FROM messages m
    LEFT JOIN entry_points e ON e.org_id = m.org_id AND e.id = m.entry_point_id
    LEFT JOIN users u ON u.org_id = m.org_id AND m.author_type = 'agent' AND u.id = m.author_id
    LEFT JOIN customers p ON p.org_id = m.org_id AND m.author_type = 'customer' AND p.id = m.author_id
    LEFT JOIN api_keys k ON k.org_id = m.org_id AND m.author_type = 'api_key' AND k.id = m.author_id
    LEFT JOIN LATERAL (SELECT * FROM deliveries d WHERE d.org_id = m.org_id AND d.message_id = m.id ORDER BY d.id DESC LIMIT 1) d ON true
    WHERE m.org_id = ${reader.orgId} AND m.id = ANY(${[...ids]})`.execute(db)
  return new Map(rows.map((row) => [row.id, show(row, reader)]))
}

export async function presentMessage(db: Kysely<DB>, reader: MessageReader, id: string): Promise<Message | null> {
  return (await presentMessages(db, reader, [id])).get(id) ?? null
}

function show(row: Row, reader: MessageReader): Message {
  return {
    id: row.id,
    conversationId: row.conversationId,
    contactId: row.contactId,
    channel: row.channel,
    direction: row.direction,
    entryPoint:
      row.entryPointId && row.entryPointName !== null
        ? {
            id: row.entryPointId,
            channel: row.entryPointChannel,
            kind: row.entryPointKind,
            address: row.entryPointAddress,
            displayName: row.entryPointName,
          }
        : null,
    author: { type: row.authorType, id: row.authorId, name: row.authorName },
    text: row.text,
    html: row.html,
    subject: row.subject,
    to: row.toAddresses,
    cc: row.ccAddresses,
    bcc: row.bccAddresses,
    envelopeFrom: row.envelopeFrom,
    fromHeader: row.fromHeader,
    authentication: row.authentication,
    attachments: row.attachments.map((attachment) => ({
      ...attachment,
      contentUrl: reader.links.urlOf(attachment.id, reader),
    })),
    externalId: row.externalId,
    inReplyToId: row.inReplyToId,
    kind: row.kind,
    delivery: row.deliveryStatus
      ? {
          status: shownStatus(row.deliveryStatus),
          attempts: row.deliveryAttempts,
          failure: row.deliveryFailure,
          changedAt: row.deliveryChangedAt.toISOString(),
        }
      : null,
    replyWindowEndsAt: row.replyWindowEndsAt?.toISOString() ?? null,
    flags: row.flags,
    sentAt: row.sentAt.toISOString(),
    receivedAt: row.receivedAt.toISOString(),
    test: row.test,
  }
}
