import { problem } from "../problem.ts"
import { endAssignment, openAssignment } from "../store/assignments.ts"
import { liveContacts } from "../store/contacts.ts"
import { changeConversations, type ConversationRow } from "../store/conversations.ts"
import { endItems } from "../store/queue-items.ts"
import type { Tx } from "../store/write.ts"
import { WorkflowSettings, defaultWorkflowSettings } from "../core/workflow/settings.ts"
import { type Acting, isMember, lockSeen, lockSeenWithCustomer, type Scene } from "./acting.ts"
import { type ContactEndReason, endContacts } from "./end-contacts.ts"
import { setTopics } from "./topics.ts"

export type Closing = { force: boolean; topicIds?: readonly string[] | undefined }

/**
 * Ends the conversation: its contacts, its place in the queue, its assignment. 409 `customer_waiting` while somebody
 * waits for an answer, unless forced; 409 `topic_required` where the company wants one. Closed already: nothing happens.
 * The first refusal tells of both, so that a person is asked once.
 */
export async function closeConversation(
  tx: Tx,
  acting: Acting,
  conversationId: string,
  closing: Closing,
): Promise<void> {
  const { work, conversation } = await lockSeenWithCustomer(tx, acting, conversationId)
  if (conversation.closedAt) return
  const topicIds = closing.topicIds ? await setTopics(tx, conversation, closing.topicIds) : conversation.topicIds
  const topicRequired = topicIds.length === 0 && (await isTopicRequired(tx))
  if (conversation.awaitingSince && !closing.force) throw problem("customer_waiting", { topicRequired })
  if (topicRequired) throw problem("topic_required")
  await close(tx, acting, { work, conversation: { ...conversation, topicIds } }, "conversation_closed")
}

/** The customer is being forgotten and locked: whatever waits is over. */
export async function closeForDeletedCustomer(tx: Tx, acting: Acting, conversationId: string): Promise<void> {
  const scene = await lockSeen(tx, acting, conversationId)
  if (!scene.conversation.closedAt) await close(tx, acting, scene, "customer_deleted")
}

async function close(
  tx: Tx,
  acting: Acting,
  { work, conversation }: Scene,
  endReason: ContactEndReason,
): Promise<void> {
  const conversationId = conversation.id
  await endContacts(tx, await liveContacts(tx, [conversationId]), endReason)
  await endItems(
    tx,
    work.items.map((item) => item.id),
    { state: "canceled", reason: "closed", withdrawn: "closed" },
  )
  await endAssignment(tx, {
    conversation,
    reason: "closed",
    change: {
      closedAt: tx.now,
      closedBy: { type: acting.type, id: acting.id, name: acting.name },
      closeForced: conversation.awaitingSince !== null,
      awaitingSince: null,
      dueAt: null,
      dueBecause: null,
    },
  })
  tx.event("conversation.closed", {
    conversationId,
    customerId: conversation.customerId,
    inboxId: conversation.inboxId,
    from: conversation.status,
    to: "closed",
    by: acting.id,
    forced: conversation.awaitingSince !== null,
    agentId: conversation.agentId,
  })
}

async function isTopicRequired(tx: Tx): Promise<boolean> {
  const row = await tx.db
    .selectFrom("workflowSettings")
    .select("settings")
    .where("orgId", "=", tx.orgId)
    .executeTakeFirst()
  const settings = WorkflowSettings.safeParse(row?.settings)
  return (settings.success ? settings.data : defaultWorkflowSettings).topicRequiredToClose
}

/** An agent takes it up again; it is his where he is a member of its Inbox. 409 `conversation_active` beside another. */
export async function reopenConversation(tx: Tx, acting: Acting, conversationId: string): Promise<void> {
  const { conversation } = await lockSeenWithCustomer(tx, acting, conversationId, [acting.userId])
  if (!conversation.closedAt) return
  await refuseBesideActive(tx, conversation.customerId)
  await reopen(tx, acting, conversation)
}

export async function refuseBesideActive(tx: Tx, customerId: string): Promise<void> {
  const active = await tx.db
    .selectFrom("conversations")
    .select("id")
    .where("orgId", "=", tx.orgId)
    .where("customerId", "=", customerId)
    .where("status", "<>", "closed")
    .executeTakeFirst()
  if (active) throw problem("conversation_active", { conversationId: active.id })
}

/** The conversation is locked and closed, and no other of the customer is active. */
export async function reopen(
  tx: Tx,
  acting: Acting,
  conversation: ConversationRow,
  inboxId = conversation.inboxId,
): Promise<ConversationRow> {
  const change = { inboxId, closedAt: null, closedBy: null, closeForced: false, reopenedAt: tx.now }
  const after =
    acting.userId && (await isMember(tx, inboxId, acting.userId))
      ? await openAssignment(tx, { conversation, agentId: acting.userId, reason: "manual", via: "manual", change })
      : ((await changeConversations(tx, [{ conversation, change }]))[0] ?? conversation)
  tx.event("conversation.reopened", {
    conversationId: conversation.id,
    customerId: conversation.customerId,
    inboxId,
    agentId: after.agentId,
    status: after.status,
    dueAt: null,
    from: "closed",
    to: after.status,
    by: acting.id,
    test: conversation.test,
  })
  return after
}
