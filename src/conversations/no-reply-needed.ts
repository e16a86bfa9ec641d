import type { ChannelName } from "../core/channels.ts"
import { groupOf } from "../core/channels.ts"
import { newId } from "../ids.ts"
import { insertContacts, liveContacts } from "../store/contacts.ts"
import { changeConversations, type ConversationRow } from "../store/conversations.ts"
import { endItems, requeue } from "../store/queue-items.ts"
import { reseat } from "../store/seats.ts"
import type { Tx } from "../store/write.ts"
import { type Acting, lockSeen, mustBeOpen } from "./acting.ts"
import { endContacts } from "./end-contacts.ts"

/** What taking it back brings again; as JSON its dates are texts. */
type Restore = {
  channel: ChannelName
  entryPointId: string | null
  awaitingSince: string
  dueAt: string
  dueBecause: object | null
  slaSeconds: number | null
  slaSource: "exception" | "channel_default" | "inbox" | null
  inboxSource: "default" | "exception" | null
  firstQueuedAt: string | null
}

/** Nobody waits for an answer: contacts end, the due date goes, the place in the queue is given back (routing.md 1.1). */
export async function setNoReplyNeeded(tx: Tx, acting: Acting, conversationId: string): Promise<void> {
  const { work, conversation } = await lockSeen(tx, acting, conversationId)
  mustBeOpen(conversation)
  if (conversation.noReplyNeeded) return
  const contacts = (await liveContacts(tx, [conversationId])).filter((contact) => contact.channel !== "voice")
  const lead = contacts.find((contact) => contact.awaitingSince !== null)
  const items = work.items.filter((item) => item.lane === "text")
  const restore: Restore | null =
    lead && conversation.awaitingSince && conversation.dueAt
      ? {
          channel: lead.channel,
          entryPointId: lead.entryPointId,
          awaitingSince: conversation.awaitingSince.toISOString(),
          dueAt: conversation.dueAt.toISOString(),
          dueBecause: conversation.dueBecause,
          slaSeconds: lead.slaSeconds,
          slaSource: lead.slaSource,
          inboxSource: lead.inboxSource,
          firstQueuedAt: items[0]?.firstQueuedAt.toISOString() ?? null,
        }
      : null
  await endContacts(tx, contacts, "no_reply_needed", true)
  await endItems(
    tx,
    items.map((item) => item.id),
    { state: "canceled", reason: "no_reply_needed", withdrawn: "no_reply_needed" },
  )
  const change = { noReplyNeeded: true, noReplyRestore: restore, awaitingSince: null, dueAt: null, dueBecause: null }
  await changeConversations(tx, [{ conversation, change, reason: "no_reply_needed" }])
  await reseat(tx, [conversationId], "manual")
}

/** Taken back: a contact of the same channel with the old due date, queued where nobody has the conversation. */
export async function takeBackNoReplyNeeded(tx: Tx, acting: Acting, conversationId: string): Promise<void> {
  const { conversation } = await lockSeen(tx, acting, conversationId)
  mustBeOpen(conversation)
  if (!conversation.noReplyNeeded) return
  const restore = conversation.noReplyRestore as Restore | null
  const cleared = { noReplyNeeded: false, noReplyRestore: null }
  if (!restore) {
    await changeConversations(tx, [{ conversation, change: cleared }])
    return
  }
  await startAgain(tx, conversation, restore)
  const change = {
    ...cleared,
    awaitingSince: new Date(restore.awaitingSince),
    dueAt: new Date(restore.dueAt),
    dueBecause: restore.dueBecause,
  }
  const [after] = await changeConversations(tx, [{ conversation, change, reason: "no_reply_needed_taken_back" }])
  await reseat(tx, [conversation.id], "manual")
  if (after && !after.agentId) {
    const firstQueuedAt = restore.firstQueuedAt ? new Date(restore.firstQueuedAt) : null
    await requeue(tx, after, { reason: "no_reply_needed_taken_back", firstQueuedAt })
  }
}

async function startAgain(tx: Tx, conversation: ConversationRow, restore: Restore): Promise<void> {
  const id = newId()
  const dueAt = new Date(restore.dueAt)
  await insertContacts(tx, [
    {
      id,
      conversationId: conversation.id,
      customerId: conversation.customerId,
      channel: restore.channel,
      channelGroup: groupOf(restore.channel),
      entryPointId: restore.entryPointId,
      direction: "inbound",
      inboxId: conversation.inboxId,
      state: conversation.agentId ? "active" : "queued",
      dueAt,
      slaSeconds: restore.slaSeconds,
      slaSource: restore.slaSource,
      inboxSource: restore.inboxSource,
      startedAt: tx.now,
      queuedAt: conversation.agentId ? null : tx.now,
      awaitingSince: new Date(restore.awaitingSince),
      fulfilledAt: null,
      fulfilledBy: null,
      lastMessageAt: tx.now,
      endedAt: null,
      endReason: null,
      endStatus: null,
      test: conversation.test,
    },
  ])
  tx.event("contact.started", {
    contactId: id,
    conversationId: conversation.id,
    customerId: conversation.customerId,
    channel: restore.channel,
    entryPoint: restore.entryPointId ? { id: restore.entryPointId } : null,
    inboxId: conversation.inboxId,
    slaSeconds: restore.slaSeconds,
    slaSource: restore.slaSource,
    dueAt,
    finalIvrSelection: null,
    agentId: conversation.agentId,
    test: conversation.test,
  })
}
