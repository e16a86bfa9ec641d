import { newId } from "../ids.ts"
import { invalid } from "../problem.ts"
import { openAssignment } from "../store/assignments.ts"
import { type ConversationRow, insertConversations, lockConversations } from "../store/conversations.ts"
import { lockAgents } from "../store/agents.ts"
import type { Tx } from "../store/write.ts"
import { type Acting, isMember, lockCustomer } from "./acting.ts"
import { refuseBesideActive, reopen } from "./closure.ts"

export type Start = { customerId: string; inboxId: string; start: "new" | "reopen" }

/**
 * An agent begins: a new conversation, or the customer's last one again. It is his where he is a member of the Inbox.
 * 409 `conversation_active` where the customer has one. Answers its id.
 */
export async function startConversation(tx: Tx, acting: Acting, input: Start): Promise<string> {
  const customer = await lockCustomer(tx, input.customerId)
  if (!customer || customer.deletedAt || customer.mergedIntoId) {
    throw invalid({ pointer: "#/customerId", code: "unknown_reference", detail: "There is no such customer." })
  }
  await mustBeActive(tx, acting, input.inboxId)
  await refuseBesideActive(tx, input.customerId)
  const closed = input.start === "reopen" ? await lastClosed(tx, input.customerId) : null
  await lockAgents(tx, [acting.userId])
  if (closed) return (await reopen(tx, acting, closed, input.inboxId)).id
  return begin(tx, acting, input, customer.test)
}

async function mustBeActive(tx: Tx, acting: Acting, inboxId: string): Promise<void> {
  const inbox = await tx.db
    .selectFrom("inboxes")
    .select("deactivatedAt")
    .where("orgId", "=", tx.orgId)
    .where("id", "=", inboxId)
    .executeTakeFirst()
  const seen = acting.sight.inboxIds === null || acting.sight.inboxIds.includes(inboxId)
  if (!inbox || !seen) throw invalid({ pointer: "#/inboxId", code: "unknown_reference", detail: "There is no such Inbox." })
  if (inbox.deactivatedAt) {
    throw invalid({ pointer: "#/inboxId", code: "inbox_deactivated", detail: "This Inbox is deactivated. Choose an active one." })
  }
}

async function lastClosed(tx: Tx, customerId: string): Promise<ConversationRow | null> {
  const row = await tx.db
    .selectFrom("conversations")
    .select("id")
    .where("orgId", "=", tx.orgId)
    .where("customerId", "=", customerId)
    .where("mergedIntoId", "is", null)
    .orderBy("closedAt", "desc")
    .limit(1)
    .executeTakeFirst()
  return row ? ((await lockConversations(tx, [row.id])).get(row.id) ?? null) : null
}

async function begin(tx: Tx, acting: Acting, { customerId, inboxId }: Start, test: boolean): Promise<string> {
  const conversation: ConversationRow = {
    id: newId(),
    customerId,
    inboxId,
    status: "waiting",
    agentId: null,
    lastAgentId: null,
    awaitingSince: null,
    dueAt: null,
    dueBecause: null,
    slaSeconds: null,
    slaSource: null,
    noReplyNeeded: false,
    noReplyRestore: null,
    topicIds: [],
    closedAt: null,
    closedBy: null,
    closeForced: false,
    reopenedAt: null,
    mergedIntoId: null,
    relatedConversationId: null,
    lastMessageAt: null,
    lastMessagePreview: null,
    lastMessageDirection: null,
    lastMessageChannel: null,
    lastInboundAt: null,
    test,
    createdAt: tx.now,
    version: 1,
  }
  await insertConversations(tx, [conversation])
  const assignee = acting.userId && (await isMember(tx, inboxId, acting.userId)) ? acting.userId : null
  tx.event("conversation.created", {
    conversationId: conversation.id,
    customerId,
    inboxId,
    agentId: assignee,
    status: "waiting",
    dueAt: null,
    by: acting.id,
    test,
  })
  if (assignee) await openAssignment(tx, { conversation, agentId: assignee, reason: "message_outbound", via: "manual" })
  return conversation.id
}
