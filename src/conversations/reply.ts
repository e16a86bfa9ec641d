import { sql } from "kysely"
import { type ChannelName, groupOf } from "../core/channels.ts"
import { replySubject, textLengthMax } from "../core/conversations/composing.ts"
import { newId } from "../ids.ts"
import { type FieldError, invalid, problem } from "../problem.ts"
import { type ContactRow, insertContacts, liveContacts } from "../store/contacts.ts"
import { changeConversations, type ConversationChange, type ConversationRow } from "../store/conversations.ts"
import { insertDelivery } from "../store/deliveries.ts"
import { insertMessages, type NewMessage } from "../store/messages.ts"
import { openAssignment } from "../store/assignments.ts"
import { endItems } from "../store/queue-items.ts"
import { reseat } from "../store/seats.ts"
import type { Work } from "../store/work.ts"
import type { Tx } from "../store/write.ts"
import { type Acting, isMember, lockSeen, mustBeOpen } from "./acting.ts"
import { removeDraft } from "./drafts.ts"
import { answerContacts, endContacts, save } from "./end-contacts.ts"
import { cleanOutgoingHtml, textOfHtml } from "./outgoing-html.ts"
import { type From, fromsOf, type SendRules, type To, tosOf } from "./sending.ts"
import type { Undo } from "./undo-send.ts"

export type ReplyInput = {
  channel: ChannelName
  entryPointId?: string | undefined
  toAddressId?: string | undefined
  text?: string | undefined
  html?: string | undefined
  subject?: string | undefined
  cc: readonly string[]
  bcc: readonly string[]
  attachmentIds: readonly string[]
  inReplyToId?: string | undefined
  /** The newest message of the customer that the writer had before his eyes; absent: all that are there. */
  seenMessageId?: string | undefined
  /** How long it can be undone. */
  undoSeconds: number
}

const previewLengthMax = 200
const eventTextLengthMax = 1_000

/**
 * A message to the customer: stored with its delivery, answering what the writer had seen (routing.md 1.1, 3.3, 3.4).
 * An unassigned conversation becomes the writer's, where he is a member of its Inbox. Answers the message's id.
 */
export async function reply(
  tx: Tx,
  rules: SendRules,
  acting: Acting,
  conversationId: string,
  input: ReplyInput,
): Promise<{ messageId: string; conversation: ConversationRow }> {
  const { work, conversation } = await lockSeen(tx, acting, conversationId, [acting.userId])
  mustBeOpen(conversation)
  const { from, to } = await route(tx, rules, conversation, input)
  const contacts = (await liveContacts(tx, [conversationId])).filter((contact) => contact.channel !== "voice")
  const contact =
    contacts.find((one) => one.channel === input.channel) ?? (await startContact(tx, conversation, input.channel, from))
  const live = contacts.includes(contact) ? contacts : [...contacts, contact]
  const message = await writeMessage(tx, acting, conversation, contact, { from, to }, input)
  const unseen = await readUnseen(tx, conversation, input.seenMessageId)

  const before = live.filter((one) => one.id !== contact.id || contacts.includes(one))
  const firstQueuedAt = work.items[0]?.firstQueuedAt ?? null
  await answer(tx, live, unseen)
  const change = changeOf(tx, conversation, message, live, unseen)
  const after = await settle(tx, acting, work, conversation, change)
  // In the same commit: a browser that crashes now does not find a draft of what was sent.
  if (acting.userId) await removeDraft(tx, { conversationId, userId: acting.userId, channel: input.channel })

  await insertDelivery(tx, {
    messageId: message.id,
    channel: input.channel,
    ...(input.undoSeconds > 0 && {
      runAt: new Date(tx.now.getTime() + input.undoSeconds * 1000),
      undo: undoOf(conversation, before, contacts.includes(contact) ? null : contact.id, firstQueuedAt),
    }),
  })
  return { messageId: message.id, conversation: after }
}

/** From which address to which; all that is wrong with either at once, then what the channel forbids. */
async function route(
  tx: Tx,
  rules: SendRules,
  conversation: ConversationRow,
  input: ReplyInput,
): Promise<{ from: From; to: To }> {
  const errors: FieldError[] = []
  const [froms, tos] = [
    await fromsOf(tx.db, tx.orgId, conversation, input.channel),
    await tosOf(tx.db, tx.orgId, conversation, input.channel),
  ]
  const from = input.entryPointId
    ? froms.find((one) => one.entryPointId === input.entryPointId)
    : froms.find((one) => one.default)
  const to = input.toAddressId ? tos.find((one) => one.addressId === input.toAddressId) : tos[0]
  if (!from) errors.push(await fromError(tx, input))
  if (!to) {
    errors.push(
      input.toAddressId
        ? {
            pointer: "#/toAddressId",
            code: "unknown_reference",
            detail: "This is no address of the customer for this channel.",
          }
        : {
            pointer: "#/toAddressId",
            code: "required",
            detail: "The customer has no address for this channel. Add one first.",
          },
    )
  }
  const { text = "", html, attachmentIds } = input
  const lengthMax = textLengthMax[input.channel]
  if (text.length > lengthMax)
    errors.push({ pointer: "#/text", code: "too_long", detail: `Use at most ${lengthMax} characters.` })
  if (text.trim() === "" && !html?.trim() && attachmentIds.length === 0) {
    errors.push({ pointer: "#/text", code: "required", detail: "Write something, or attach a file." })
  }
  if (errors.length > 0 || !from || !to) throw invalid(...errors)
  const refusal = await rules[input.channel]?.(tx.db, {
    orgId: tx.orgId,
    entryPointId: from.entryPointId,
    to: to.value,
    now: tx.now,
  })
  if (refusal) throw problem(refusal.code, refusal.extra, refusal.remedy)
  return { from, to }
}

async function fromError(tx: Tx, { entryPointId, channel }: ReplyInput): Promise<FieldError> {
  const pointer = "#/entryPointId"
  if (!entryPointId) return { pointer, code: "from_required", detail: "Choose the address that this is sent from." }
  const found = await tx.db
    .selectFrom("entryPoints")
    .select("channel")
    .where("orgId", "=", tx.orgId)
    .where("id", "=", entryPointId)
    .where("status", "=", "active")
    .executeTakeFirst()
  return found && found.channel !== channel
    ? { pointer, code: "wrong_channel", detail: "This entry point belongs to another channel." }
    : { pointer, code: "unknown_reference", detail: "This is no active entry point that can be used here." }
}

async function startContact(
  tx: Tx,
  conversation: ConversationRow,
  channel: ChannelName,
  from: From,
): Promise<ContactRow> {
  const contact: ContactRow = {
    id: newId(),
    conversationId: conversation.id,
    customerId: conversation.customerId,
    channel,
    channelGroup: groupOf(channel),
    entryPointId: from.entryPointId,
    direction: "outbound",
    inboxId: conversation.inboxId,
    state: "active",
    dueAt: null,
    slaSeconds: null,
    slaSource: null,
    inboxSource: null,
    startedAt: tx.now,
    queuedAt: null,
    awaitingSince: null,
    fulfilledAt: null,
    fulfilledBy: null,
    lastMessageAt: tx.now,
    endedAt: null,
    endReason: null,
    endStatus: null,
    test: conversation.test,
  }
  await insertContacts(tx, [contact])
  tx.event("contact.started", {
    contactId: contact.id,
    conversationId: conversation.id,
    customerId: conversation.customerId,
    channel,
    direction: "outbound",
    entryPoint: { id: from.entryPointId, address: from.address },
    inboxId: conversation.inboxId,
    slaSeconds: null,
    slaSource: null,
    dueAt: null,
    finalIvrSelection: null,
    agentId: conversation.agentId,
    test: conversation.test,
  })
  return contact
}

async function writeMessage(
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

type Unseen = { id: string; contactId: string; receivedAt: Date; entryPointId: string | null }

/** What came after the last message that the writer had seen: nobody answered what they had not seen (routing.md 3.4). */
async function readUnseen(tx: Tx, conversation: ConversationRow, seenMessageId: string | undefined): Promise<Unseen[]> {
  if (!seenMessageId || !conversation.awaitingSince) return []
  const { rows } = await sql<Unseen>`
    SELECT id, contact_id, received_at, entry_point_id FROM messages
    WHERE org_id = ${tx.orgId} AND conversation_id = ${conversation.id} AND direction = 'inbound' AND id > ${seenMessageId}
      AND received_at >= ${conversation.awaitingSince} ORDER BY received_at, id`.execute(tx.db)
  return rows
}

/** A reply on one channel answers all text contacts; those with unseen messages await on. Mail has no session: it ends. */
async function answer(tx: Tx, live: readonly ContactRow[], unseen: readonly Unseen[]): Promise<void> {
  const isUnseen = (contact: ContactRow) => unseen.some((message) => message.contactId === contact.id)
  const answered = await answerContacts(
    tx,
    live.filter((contact) => !isUnseen(contact)),
  )
  await endContacts(
    tx,
    answered.filter((contact) => contact.channelGroup === "mail"),
    "agent_ended",
  )
  const awaiting = live.filter(isUnseen)
  await save(
    tx,
    awaiting.map((contact) => ({
      ...contact,
      awaitingSince: unseen.find((message) => message.contactId === contact.id)?.receivedAt ?? contact.awaitingSince,
    })),
  )
}

function changeOf(
  tx: Tx,
  conversation: ConversationRow,
  message: NewMessage,
  live: readonly ContactRow[],
  unseen: readonly Unseen[],
): ConversationChange {
  const said: ConversationChange = {
    lastMessageAt: tx.now,
    lastMessagePreview: (message.text || message.subject || "").replace(/\s+/g, " ").trim().slice(0, previewLengthMax),
    lastMessageDirection: "outbound",
    lastMessageChannel: message.channel,
    noReplyNeeded: false,
    noReplyRestore: null,
  }
  const first = unseen[0]
  if (!first) return { ...said, awaitingSince: null, dueAt: null, dueBecause: null }
  const contact = live.find((one) => one.id === first.contactId)
  const slaSeconds = contact?.slaSeconds ?? conversation.slaSeconds ?? 0
  const dueAt = new Date(first.receivedAt.getTime() + slaSeconds * 1000)
  const dueBecause = {
    messageId: first.id,
    entryPointId: first.entryPointId,
    receivedAt: first.receivedAt.toISOString(),
    slaSeconds,
    slaSource: contact?.slaSource ?? conversation.slaSource,
  }
  return { ...said, awaitingSince: first.receivedAt, dueAt, dueBecause }
}

/** Nobody has it: the writer gets it. Nothing waits any more: its place in the queue is given back. */
async function settle(
  tx: Tx,
  acting: Acting,
  work: Work,
  conversation: ConversationRow,
  change: ConversationChange,
): Promise<ConversationRow> {
  const textItems = work.items.filter((item) => item.lane === "text").map((item) => item.id)
  const done = { state: "done", reason: "message_outbound", withdrawn: "answered" } as const
  if (!conversation.agentId && (await isMember(tx, conversation.inboxId, acting.userId))) {
    await endItems(tx, textItems, done)
    return openAssignment(tx, {
      conversation,
      agentId: acting.userId ?? "",
      reason: "message_outbound",
      via: "manual",
      change,
    })
  }
  if (!change.awaitingSince) await endItems(tx, textItems, done)
  const [after] = await changeConversations(tx, [{ conversation, change, reason: "message_outbound" }])
  await reseat(tx, [conversation.id], "manual")
  return after ?? conversation
}

function undoOf(
  conversation: ConversationRow,
  contacts: readonly ContactRow[],
  startedContactId: string | null,
  firstQueuedAt: Date | null,
): Undo {
  const {
    awaitingSince,
    dueAt,
    dueBecause,
    lastMessageAt,
    lastMessagePreview,
    lastMessageDirection,
    lastMessageChannel,
  } = conversation
  return {
    conversation: {
      awaitingSince,
      dueAt,
      dueBecause,
      lastMessageAt,
      lastMessagePreview,
      lastMessageDirection,
      lastMessageChannel,
    },
    contacts,
    startedContactId,
    firstQueuedAt,
  }
}
