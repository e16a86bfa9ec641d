import { problem } from "../problem.ts"
import { type ContactRow, liveContacts } from "../store/contacts.ts"
import { changeConversations, type ConversationRow } from "../store/conversations.ts"
import { lockDeliveriesOf } from "../store/deliveries.ts"
import { requeue } from "../store/queue-items.ts"
import { reseat } from "../store/seats.ts"
import type { Tx } from "../store/write.ts"
import { type Acting, lockSeen } from "./acting.ts"
import { save } from "./end-contacts.ts"

/** What a message changed, kept with its delivery while it can be undone. As JSON its dates are texts. */
export type Undo = {
  conversation: Pick<
    ConversationRow,
    | "awaitingSince"
    | "dueAt"
    | "dueBecause"
    | "lastMessageAt"
    | "lastMessagePreview"
    | "lastMessageDirection"
    | "lastMessageChannel"
  >
  /** Live contacts as they were before. */
  contacts: readonly ContactRow[]
  /** The contact that the message began. */
  startedContactId: string | null
  firstQueuedAt: Date | null
}

/**
 * Takes a message back that has not left: it leaves the timeline, its files return to the writer, and the customer waits
 * again for what it had answered. 409 `already_sent` once it was tried.
 */
export async function undoSend(tx: Tx, acting: Acting, messageId: string, deliveryId: string): Promise<void> {
  const message = await tx.db
    .selectFrom("messages")
    .select(["conversationId", "flags"])
    .where("orgId", "=", tx.orgId)
    .where("id", "=", messageId)
    .executeTakeFirst()
  if (!message) throw problem("not_found")
  const { conversation } = await lockSeen(tx, acting, message.conversationId)
  const deliveries = await lockDeliveriesOf(tx, messageId)
  const delivery = deliveries.find((one) => one.id === deliveryId)
  if (!delivery) throw problem("not_found")
  if (delivery.status === "canceled") return
  if (delivery.status !== "queued" || delivery.attempts > 0 || deliveries.length > 1) throw problem("already_sent")
  await cancel(tx, conversation.id, messageId, delivery.id)
  const row = await tx.db
    .selectFrom("deliveries")
    .select("undo")
    .where("orgId", "=", tx.orgId)
    .where("id", "=", deliveryId)
    .executeTakeFirstOrThrow()
  if (row.undo && !conversation.closedAt) await restore(tx, conversation, row.undo as Undo, messageId)
  tx.event("message.delivery_updated", {
    messageId,
    deliveryId,
    conversationId: conversation.id,
    customerId: conversation.customerId,
    inboxId: conversation.inboxId,
    status: "failed",
    failure: undone,
    undone: true,
  })
}

const undone = { code: "undone", text: "Taken back before it was sent.", retryable: false }

async function cancel(tx: Tx, conversationId: string, messageId: string, deliveryId: string): Promise<void> {
  const { orgId } = tx
  await tx.db
    .updateTable("deliveries")
    .set({ status: "canceled", failure: JSON.stringify(undone), changedAt: tx.now })
    .where("orgId", "=", orgId)
    .where("id", "=", deliveryId)
    .execute()
  await tx.db
    .updateTable("messages")
    .set({ flags: JSON.stringify({ undone: true }), fulfils: false })
    .where("orgId", "=", orgId)
    .where("id", "=", messageId)
    .execute()
  await tx.db
    .deleteFrom("timelineItems")
    .where("orgId", "=", orgId)
    .where("conversationId", "=", conversationId)
    .where("kind", "=", "message")
    .where("thingId", "=", messageId)
    .execute()
  await tx.db
    .updateTable("attachments")
    .set({ messageId: null })
    .where("orgId", "=", orgId)
    .where("messageId", "=", messageId)
    .execute()
}

/** Only what no later answer has settled since. */
async function restore(tx: Tx, conversation: ConversationRow, undo: Undo, messageId: string): Promise<void> {
  const later = await tx.db
    .selectFrom("messages")
    .select("id")
    .where("orgId", "=", tx.orgId)
    .where("conversationId", "=", conversation.id)
    .where("id", ">", messageId)
    .executeTakeFirst()
  if (later || conversation.noReplyNeeded) return
  const live = await liveContacts(tx, [conversation.id])
  const free = (contact: ContactRow) => !live.some((one) => one.id !== contact.id && one.channel === contact.channel)
  const contacts = undo.contacts.map(contactOf).filter(free)
  const state = conversation.agentId ? "active" : "queued"
  await save(
    tx,
    contacts.map((contact) => ({ ...contact, state, inboxId: conversation.inboxId })),
  )
  if (undo.startedContactId) {
    await tx.db
      .updateTable("contacts")
      .set({ state: "ended", endedAt: tx.now, endReason: "agent_ended", endStatus: "unanswered" })
      .where("orgId", "=", tx.orgId)
      .where("id", "=", undo.startedContactId)
      .where("state", "<>", "ended")
      .execute()
  }
  const { awaitingSince, dueAt, lastMessageAt, ...rest } = undo.conversation
  const change = { ...rest, awaitingSince: date(awaitingSince), dueAt: date(dueAt), lastMessageAt: date(lastMessageAt) }
  const [after] = await changeConversations(tx, [{ conversation, change, reason: "undone" }])
  await reseat(tx, [conversation.id], "manual")
  if (after && !after.agentId) await requeue(tx, after, { reason: "undone", firstQueuedAt: date(undo.firstQueuedAt) })
}

function contactOf(row: ContactRow): ContactRow {
  return {
    ...row,
    awaitingSince: date(row.awaitingSince),
    fulfilledAt: date(row.fulfilledAt),
    lastMessageAt: date(row.lastMessageAt),
    endedAt: null,
    endReason: null,
    endStatus: null,
  }
}

function date(value: Date | string | null): Date | null {
  return value === null ? null : new Date(value)
}
