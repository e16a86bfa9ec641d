import { sql } from "kysely"
import { newId } from "../ids.ts"
import { moveContacts } from "./contacts.ts"
import { changeConversations, type ConversationChange, type ConversationRow } from "./conversations.ts"
import { records } from "./records.ts"
import { reseat, type SeatVia } from "./seats.ts"
import type { EventOptions, Tx } from "./write.ts"

/** Why an agent has, or no longer has, a conversation (spec 6.7 and api.md 1.1). */
export type AssignmentReason =
  | "automated_assignment"
  | "contact_declined"
  | "contact_inbound"
  | "contact_missed"
  | "contact_offered"
  | "contact_offer_conflict"
  | "customer_conversation_merge"
  | "dedicated_agent_assign"
  | "dedicated_agent_change"
  | "device_error"
  | "manual"
  | "message_outbound"
  | "phone_call_transfer"
  | "queue_ivr_transfer"
  | "rerouted_unassign"
  | "user_deactivation"
  | "agent_absent"
  | "inbox_removed"
  | "no_reply_needed"
  | "closed"

export type Opening = {
  conversation: ConversationRow
  agentId: string
  reason: AssignmentReason
  via: SeatVia
  /** For the assignment that ends by this one. */
  endReason?: AssignmentReason
  decisionId?: string | null
  /** What else of the conversation changes with it (its Inbox, its due date). */
  change?: ConversationChange
  /** Proposed by the caller, so that a repeat finds its own row. */
  id?: string
}

/**
 * Gives conversations to agents: the former assignment ends, the new one opens, contacts become active, the seat is
 * taken (never refused), the conversation names its agent. The caller has locked conversations, items, offers and the
 * agents old and new, and ends the queue item. Answers the conversations as they are now.
 */
export async function openAssignments(tx: Tx, openings: readonly Opening[]): Promise<ConversationRow[]> {
  if (openings.length === 0) return []
  await endOpen(
    tx,
    openings.map(({ conversation, reason, endReason }) => ({ conversation, reason: endReason ?? reason })),
  )
  await sql`
    INSERT INTO assignments (org_id, id, conversation_id, agent_id, inbox_id, reason, started_at, decision_id)
    SELECT ${tx.orgId}, r.id, r.conversation_id, r.agent_id, r.inbox_id, r.reason, ${tx.now}::timestamptz, r.decision_id
    FROM ${records(
      openings.map((o) => ({
        id: o.id ?? newId(),
        conversationId: o.conversation.id,
        agentId: o.agentId,
        inboxId: o.change?.inboxId ?? o.conversation.inboxId,
        reason: o.reason,
        decisionId: o.decisionId ?? null,
      })),
      "id uuid, conversation_id uuid, agent_id uuid, inbox_id uuid, reason text, decision_id uuid",
    )}`.execute(tx.db)
  const after = await changeConversations(
    tx,
    openings.map(({ conversation, agentId, change, reason }) => ({
      conversation,
      change: { ...change, agentId, lastAgentId: agentId },
      reason,
    })),
  )
  const ids = openings.map(({ conversation }) => conversation.id)
  await moveContacts(tx, ids, "active")
  for (const via of new Set(openings.map((opening) => opening.via))) {
    await reseat(
      tx,
      openings.filter((opening) => opening.via === via).map(({ conversation }) => conversation.id),
      via,
    )
  }
  await sql`
    UPDATE agent_states SET last_assigned_at = ${tx.now}, version = version + 1
    WHERE org_id = ${tx.orgId} AND agent_id = ANY(${openings.map((opening) => opening.agentId)})`.execute(tx.db)
  tx.touch({ agents: openings.flatMap(({ agentId, conversation }) => [agentId, conversation.agentId]) })
  for (const [index, opening] of openings.entries())
    announceAssignment(tx, opening.conversation, after[index] ?? opening.conversation, opening)
  return after
}

/** One conversation; see `openAssignments`. */
export async function openAssignment(tx: Tx, opening: Opening): Promise<ConversationRow> {
  const [after] = await openAssignments(tx, [opening])
  return after ?? opening.conversation
}

/**
 * Takes conversations from their agents; `change` goes into the same statement (a close, a transfer). Contacts stay as
 * they are: end or requeue them first or after. Answers the conversations as they are now.
 */
export async function endAssignments(
  tx: Tx,
  endings: readonly { conversation: ConversationRow; reason: AssignmentReason; change?: ConversationChange }[],
): Promise<ConversationRow[]> {
  if (endings.length === 0) return []
  await endOpen(tx, endings)
  const after = await changeConversations(
    tx,
    endings.map(({ conversation, change, reason }) => ({
      conversation,
      change: { ...change, agentId: null, lastAgentId: conversation.agentId ?? conversation.lastAgentId },
      reason,
    })),
  )
  await reseat(
    tx,
    endings.map(({ conversation }) => conversation.id),
    "manual",
  )
  tx.touch({ agents: endings.map(({ conversation }) => conversation.agentId) })
  for (const [index, { conversation, reason }] of endings.entries()) {
    if (conversation.agentId) announceAssignment(tx, conversation, after[index] ?? conversation, { reason })
  }
  return after
}

/** One conversation; see `endAssignments`. */
export async function endAssignment(
  tx: Tx,
  ending: { conversation: ConversationRow; reason: AssignmentReason; change?: ConversationChange },
): Promise<ConversationRow> {
  const [after] = await endAssignments(tx, [ending])
  return after ?? ending.conversation
}

/** In a statement of its own before another opens: the partial unique index allows one open row. */
async function endOpen(
  tx: Tx,
  rows: readonly { conversation: ConversationRow; reason: AssignmentReason }[],
): Promise<void> {
  const assigned = rows.filter(({ conversation }) => conversation.agentId !== null)
  if (assigned.length === 0) return
  await sql`
    UPDATE assignments a SET ended_at = ${tx.now}, ended_reason = r.reason
    FROM ${records(
      assigned.map(({ conversation, reason }) => ({ conversationId: conversation.id, reason })),
      "conversation_id uuid, reason text",
    )} WHERE a.org_id = ${tx.orgId} AND a.conversation_id = r.conversation_id AND a.ended_at IS NULL
      AND a.conversation_id = ANY(${assigned.map(({ conversation }) => conversation.id)})`.execute(tx.db)
}

/** `conversation_assignee.updated`, and what the timeline shows. */
export function announceAssignment(
  tx: Tx,
  before: ConversationRow,
  after: ConversationRow,
  { reason, decisionId }: { reason: AssignmentReason; decisionId?: string | null },
  about?: EventOptions["about"],
): void {
  const data = {
    conversationId: after.id,
    customerId: after.customerId,
    agentId: after.agentId,
    fromAgentId: before.agentId,
    inboxId: after.inboxId,
    reason,
    decisionId: decisionId ?? null,
  }
  const thing = { agentId: after.agentId, fromAgentId: before.agentId, inboxId: after.inboxId, reason }
  tx.event("conversation_assignee.updated", data, {
    about,
    timeline: { kind: "assignment_change", conversationId: after.id, customerId: after.customerId, thing },
  })
}
