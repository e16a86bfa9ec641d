import { sql } from "kysely"
import { newId } from "../ids.ts"
import { type FieldError, invalid } from "../problem.ts"
import { openAssignment } from "../store/assignments.ts"
import { type ConversationRow, putConversations, lockConversations } from "../store/conversations.ts"
import { lockAgents } from "../store/agents.ts"
import type { Tx } from "../store/write.ts"
import { type Acting, isMember, lockCustomer } from "./acting.ts"
import { refuseBesideActive, reopen } from "./closure.ts"
import { isSeen, type Sight } from "./sight.ts"

export type Start = { customerId: string; inboxId: string; start: "new" | "reopen" }

/**
 * An agent begins: a new conversation, or the customer's last one again. It is his where he is a member of the Inbox.
 * 409 `conversation_active` where the customer has one. Answers its id.
 */
export async function startConversation(tx: Tx, acting: Acting, input: Start): Promise<string> {
  const customer = await lockCustomer(tx, input.customerId)
  const isKnown = customer && !customer.deletedAt && !customer.mergedIntoId
  const errors = await inboxErrors(tx, acting, input.inboxId)
  if (!isKnown || !(await isCustomerSeen(tx, acting.sight, input.customerId))) {
    const detail = "There is no such customer."
    throw invalid({ pointer: "#/customerId", code: "unknown_reference", detail }, ...errors)
  }
  if (errors.length > 0) throw invalid(...errors)
  await refuseBesideActive(tx, input.customerId)
  const closed = input.start === "reopen" ? await lastClosed(tx, acting.sight, input.customerId) : null
  await lockAgents(tx, [acting.userId])
  if (closed) return (await reopen(tx, acting, closed, input.inboxId)).id
  return begin(tx, acting, input, customer.test)
}

async function inboxErrors(tx: Tx, acting: Acting, inboxId: string): Promise<FieldError[]> {
  const pointer = "#/inboxId"
  const inbox = await tx.db
    .selectFrom("inboxes")
    .select("deactivatedAt")
    .where("orgId", "=", tx.orgId)
    .where("id", "=", inboxId)
    .executeTakeFirst()
  const seen = acting.sight.inboxIds === null || acting.sight.inboxIds.includes(inboxId)
  if (!inbox || !seen) return [{ pointer, code: "unknown_reference", detail: "There is no such Inbox." }]
  if (!inbox.deactivatedAt) return []
  return [{ pointer, code: "inbox_deactivated", detail: "This Inbox is deactivated. Choose an active one." }]
}

/** A customer all of whose conversations are hidden from these eyes is none for them. */
async function isCustomerSeen(tx: Tx, sight: Sight, customerId: string): Promise<boolean> {
  const { rows } = await sql<{ seen: boolean }>`
    SELECT ${isSeen(sight)} AS seen FROM conversations c WHERE c.org_id = ${tx.orgId} AND c.customer_id = ${customerId} AND c.merged_into_id IS NULL`.execute(
    tx.db,
  )
  return rows.length === 0 || rows.some((row) => row.seen)
}

/** Of those that may be seen: to open another one in an own Inbox would show what was said in a hidden one. */
async function lastClosed(tx: Tx, sight: Sight, customerId: string): Promise<ConversationRow | null> {
  const { rows } = await sql<{ id: string }>`
    SELECT c.id FROM conversations c
    WHERE c.org_id = ${tx.orgId} AND c.customer_id = ${customerId} AND c.merged_into_id IS NULL AND ${isSeen(sight)}
    ORDER BY c.closed_at DESC LIMIT 1`.execute(tx.db)
  const row = rows[0]
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
  putConversations(tx, [conversation])
  await tx.flush()
  const assignee = acting.userId && (await isMember(tx, inboxId, acting.userId)) ? acting.userId : null
  tx.event("conversation.created", {
    conversationId: conversation.id,
    customerId,
    inboxId,
    agentId: assignee,
    status: "waiting",
    dueAt: null,
    from: null,
    to: "waiting",
    by: acting.id,
    test,
  })
  if (assignee) await openAssignment(tx, { conversation, agentId: assignee, reason: "message_outbound", via: "manual" })
  return conversation.id
}
