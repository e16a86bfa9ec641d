import { sql } from "kysely"
import { type ChannelName, groupOf } from "../core/channels.ts"
import { newId } from "../ids.ts"
import { type ContactRow, insertContacts, liveContacts } from "../store/contacts.ts"
import { changeConversations, type ConversationChange, type ConversationRow } from "../store/conversations.ts"
import { insertDelivery } from "../store/deliveries.ts"
import type { NewMessage } from "../store/messages.ts"
import { openAssignment } from "../store/assignments.ts"
import { endItems } from "../store/queue-items.ts"
import { reseat } from "../store/seats.ts"
import type { Work } from "../store/work.ts"
import type { Tx } from "../store/write.ts"
import { type Acting, isMember, lockSeen, mustBeOpen } from "./acting.ts"
import { removeDraft } from "./drafts.ts"
import { answerContacts, endContacts, save } from "./end-contacts.ts"
import { readByAnswering } from "./read-marks.ts"
import type { ReplyInput } from "./reply-input.ts"
import { writeMessage } from "./reply-message.ts"
import { replyRoute } from "./reply-route.ts"
import type { From, SendRules } from "./sending.ts"
import type { Undo } from "./undo-send.ts"

const previewLengthMax = 200

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
  const { from, to } = await replyRoute(tx, rules, conversation, input)
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
  if (acting.userId) {
    await removeDraft(tx, { conversationId, userId: acting.userId, channel: input.channel })
    tx.also(readByAnswering(tx, { conversationId, userId: acting.userId, firstUnseenMessageId: unseen[0]?.id ?? null }))
  }

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
