import { sql } from "kysely"
import type { ChannelName } from "../core/channels.ts"
import { copyTable } from "./copy.ts"
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

const messagesTable = copyTable<NewMessage>("messages", {
  id: "uuid",
  conversationId: "uuid",
  customerId: "uuid",
  contactId: "uuid",
  channel: "text",
  direction: "text",
  entryPointId: "uuid",
  authorType: "text",
  authorId: "uuid",
  kind: "text",
  text: "text",
  html: "text",
  subject: "text",
  fromAddress: "text",
  toAddresses: "texts",
  ccAddresses: "texts",
  bccAddresses: "texts",
  envelopeFrom: "text",
  fromHeader: "text",
  externalId: "text",
  messageIdHeader: "text",
  referenceIds: "texts",
  replyToken: "text",
  inReplyToId: "uuid",
  inboundEventId: "uuid",
  flags: "jsonb",
  fulfils: "boolean",
  clientId: "text",
  replyWindowEndsAt: "timestamptz",
  sentAt: "timestamptz",
  receivedAt: "timestamptz",
  test: "boolean",
})

export function putMessages(tx: Tx, rows: readonly NewMessage[]): void {
  tx.put(messagesTable, rows)
}

/** There at once, for statements that read them. */
export async function insertMessages(tx: Tx, rows: readonly NewMessage[]): Promise<void> {
  putMessages(tx, rows)
  await tx.flush()
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

const attachmentsTable = copyTable<NewAttachment & { createdAt: Date }>("attachments", {
  id: "uuid",
  messageId: "uuid",
  name: "text",
  type: "text",
  sizeBytes: "bigint",
  sha256: "text",
  contentId: "text",
  inline: "boolean",
  sortOrder: "integer",
  createdAt: "timestamptz",
})

export function putAttachments(tx: Tx, rows: readonly NewAttachment[]): void {
  tx.put(
    attachmentsTable,
    rows.map((row) => ({ ...row, createdAt: tx.now })),
  )
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
