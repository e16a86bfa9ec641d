import { sql } from "kysely"
import { replySubject } from "../core/conversations/composing.ts"
import { newId } from "../ids.ts"
import { type FieldError, invalid } from "../problem.ts"
import type { ContactRow } from "../store/contacts.ts"
import type { ConversationRow } from "../store/conversations.ts"
import { insertMessages, type NewMessage } from "../store/messages.ts"
import type { Tx } from "../store/write.ts"
import type { Acting } from "./acting.ts"
import { cleanOutgoingHtml, textOfHtml } from "./outgoing-html.ts"
import type { ReplyInput } from "./reply-input.ts"
import type { From, To } from "./sending.ts"

const eventTextLengthMax = 1_000

/** The message as the customer gets it, in the thread that it answers, with its files. */
export async function writeMessage(
  tx: Tx,
  acting: Acting,
  conversation: ConversationRow,
  contact: ContactRow,
  { from, to }: { from: From; to: To },
  input: ReplyInput,
): Promise<NewMessage> {
  const html = input.html?.trim() ? cleanOutgoingHtml(input.html) : null
  const text = input.text?.trim() ? input.text : html ? textOfHtml(html) : ""
  const thread = await readThread(tx, conversation, input)
  const message: NewMessage = {
    id: newId(),
    conversationId: conversation.id,
    customerId: conversation.customerId,
    contactId: contact.id,
    channel: input.channel,
    direction: "outbound",
    entryPointId: from.entryPointId,
    authorType: acting.type === "user" ? "agent" : "api_key",
    authorId: acting.id,
    kind: text === "" && input.attachmentIds.length > 0 ? "media" : "text",
    text,
    html: input.channel === "email" ? html : null,
    subject: thread.subject,
    fromAddress: from.address,
    toAddresses: [to.value],
    ccAddresses: input.channel === "email" ? input.cc : [],
    bccAddresses: input.channel === "email" ? input.bcc : [],
    envelopeFrom: null,
    fromHeader: null,
    externalId: null,
    messageIdHeader: null,
    referenceIds: thread.references,
    replyToken: null,
    inReplyToId: thread.inReplyToId,
    inboundEventId: null,
    flags: {},
    fulfils: true,
    clientId: null,
    replyWindowEndsAt: null,
    sentAt: tx.now,
    receivedAt: tx.now,
    test: conversation.test,
  }
  await insertMessages(tx, [message])
  await attach(tx, acting, message.id, input.attachmentIds)
  tx.event(
    "contact.message_sent",
    {
      contactId: contact.id,
      conversationId: conversation.id,
      customerId: conversation.customerId,
      messageId: message.id,
      channel: input.channel,
      text: text.slice(0, eventTextLengthMax),
      author: { type: message.authorType, id: acting.id, name: acting.name },
      agentId: conversation.agentId,
      inboxId: conversation.inboxId,
      test: conversation.test,
    },
    {
      timeline: {
        kind: "message",
        conversationId: conversation.id,
        customerId: conversation.customerId,
        contactId: contact.id,
        thingId: message.id,
      },
    },
  )
  return message
}

const referencesMax = 20

/** Which mail is answered: the one named, else the customer's latest, else our latest (RFC 5322 3.6.4). */
async function readThread(
  tx: Tx,
  conversation: ConversationRow,
  { channel, subject, inReplyToId }: ReplyInput,
): Promise<{ subject: string | null; references: string[]; inReplyToId: string | null }> {
  if (inReplyToId && !(await isInConversation(tx, conversation.id, inReplyToId))) {
    throw invalid({
      pointer: "#/inReplyToId",
      code: "unknown_reference",
      detail: "This is no message of the conversation.",
    })
  }
  if (channel !== "email") return { subject: null, references: [], inReplyToId: inReplyToId ?? null }
  const { rows } = await sql<{
    id: string
    subject: string | null
    messageIdHeader: string | null
    referenceIds: string[]
  }>`
    SELECT id, subject, message_id_header, reference_ids FROM messages
    WHERE org_id = ${tx.orgId} AND conversation_id = ${conversation.id} AND channel = 'email' AND (flags->>'undone') IS NULL
    ORDER BY id = ${inReplyToId ?? null}::uuid DESC NULLS LAST, direction = 'inbound' DESC, id DESC LIMIT 1`.execute(
    tx.db,
  )
  const answered = rows[0]
  const references = answered
    ? [...answered.referenceIds, ...(answered.messageIdHeader ? [answered.messageIdHeader] : [])]
    : []
  return {
    subject: subject?.trim() || (answered?.subject ? replySubject(answered.subject) : "") || "(no subject)",
    references: references.slice(-referencesMax),
    inReplyToId: inReplyToId ?? answered?.id ?? null,
  }
}

async function isInConversation(tx: Tx, conversationId: string, messageId: string): Promise<boolean> {
  const found = await tx.db
    .selectFrom("messages")
    .select("id")
    .where("orgId", "=", tx.orgId)
    .where("conversationId", "=", conversationId)
    .where("id", "=", messageId)
    .executeTakeFirst()
  return found !== undefined
}

/** Files that the writer uploaded and that no message has yet. */
async function attach(tx: Tx, acting: Acting, messageId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const { rows } = await sql<{ id: string }>`
    UPDATE attachments a SET message_id = ${messageId}, sort_order = n.sort_order
    FROM unnest(${[...ids]}::uuid[]) WITH ORDINALITY AS n(id, sort_order)
    WHERE a.org_id = ${tx.orgId} AND a.id = n.id AND a.message_id IS NULL AND a.uploaded_by->>'id' = ${acting.id}
    RETURNING a.id`.execute(tx.db)
  const found = new Set(rows.map((row) => row.id))
  const missing = ids.flatMap((id, index): FieldError[] =>
    found.has(id)
      ? []
      : [{ pointer: `#/attachmentIds/${index}`, code: "unknown_reference", detail: "Upload this file first." }],
  )
  if (missing.length > 0) throw invalid(...missing)
}
