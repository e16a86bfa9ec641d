import { sql } from "kysely"
import type { ChannelGroup } from "../core/channels.ts"
import { statusOf } from "../core/conversations/status.ts"
import { newId } from "../ids.ts"
import { announceAssignment } from "./assignments.ts"
import { announceChange, type ConversationRow } from "./conversations.ts"
import { type DecisionRow, decisionsInsert } from "./decisions.ts"
import { type NewOffer, offersInsert } from "./offers.ts"
import { records, runTogether } from "./records.ts"
import type { Tx } from "./write.ts"

/** A waiting item that goes to an agent who has been judged and locked; its conversation nobody has yet. */
export type Assigning = {
  itemId: string
  conversation: ConversationRow
  agentId: string
  channelGroup: ChannelGroup
  via: "push" | "pull"
  decisionId: string
  /** Of a pushed mail: its credit is used up. */
  charged: boolean
  /** Of a pushed message: nothing more is pushed before. */
  blockedUntil: Date | null
}

type AgentDelta = {
  agentId: string
  voice: number
  messaging: number
  mail: number
  charged: number
  assigned: boolean
  blockedUntil: Date | null
}

/**
 * Offers and first assignments with all that follows from them, in one statement: items, offers, seats and their
 * counters, assignments, conversations, contacts, decisions. Conversations that somebody had go by `openAssignments`.
 */
export async function writeMatches(
  tx: Tx,
  offers: readonly NewOffer[],
  assigning: readonly Assigning[],
  decisions: readonly DecisionRow[],
): Promise<void> {
  const after = assigning.map(({ conversation, agentId }): ConversationRow => {
    const next = { ...conversation, agentId, lastAgentId: agentId, version: conversation.version + 1 }
    return { ...next, status: statusOf(next) }
  })
  const deltas = agentDeltas(offers, assigning)
  await runTogether(tx, [
    itemsUpdate(tx, offers, assigning),
    offersInsert(tx, offers),
    seatsInsert(tx, offers, assigning),
    agentsUpdate(tx, deltas),
    assignmentsInsert(tx, assigning),
    conversationsUpdate(tx, after),
    contactsUpdate(tx, offers, assigning),
    decisionsInsert(tx, decisions),
  ])
  tx.touch({
    items: [...offers.map((offer) => offer.queueItemId), ...assigning.map(({ itemId }) => itemId)],
    agents: deltas.map(({ agentId }) => agentId),
  })
  for (const [index, { conversation, decisionId }] of assigning.entries()) {
    const now = after[index] ?? conversation
    announceChange(tx, conversation, now, "automated_assignment")
    announceAssignment(tx, conversation, now, { reason: "automated_assignment", decisionId })
  }
}

function itemsUpdate(tx: Tx, offers: readonly NewOffer[], assigning: readonly Assigning[]) {
  const rows = [
    ...offers.map(({ queueItemId }) => ({ id: queueItemId, state: "offered" })),
    ...assigning.map(({ itemId }) => ({ id: itemId, state: "done" })),
  ]
  if (rows.length === 0) return null
  return sql`
    UPDATE queue_items q SET state = r.state, version = q.version + 1, done_at = CASE WHEN r.state = 'done' THEN ${tx.now}::timestamptz END,
      done_reason = CASE WHEN r.state = 'done' THEN 'assigned' END
    FROM ${records(rows, "id uuid, state text")} WHERE q.org_id = ${tx.orgId} AND q.id = r.id AND q.id = ANY(${rows.map((row) => row.id)})`
}

function seatsInsert(tx: Tx, offers: readonly NewOffer[], assigning: readonly Assigning[]) {
  const rows = [
    ...offers.map(({ id, conversationId, agentId, channelGroup }) => ({
      holderId: id,
      conversationId,
      agentId,
      channelGroup,
      via: "push",
    })),
    ...assigning.map(({ conversation: { id }, agentId, channelGroup, via }) => ({
      holderId: id,
      conversationId: id,
      agentId,
      channelGroup,
      via,
    })),
  ]
  if (rows.length === 0) return null
  return sql`
    INSERT INTO seats (org_id, channel_group, holder_id, agent_id, conversation_id, via, since)
    SELECT ${tx.orgId}::uuid, r.channel_group, r.holder_id, r.agent_id, r.conversation_id, r.via, ${tx.now}::timestamptz
    FROM ${records(rows, "holder_id uuid, conversation_id uuid, agent_id uuid, channel_group text, via text")}`
}

function agentDeltas(offers: readonly NewOffer[], assigning: readonly Assigning[]): AgentDelta[] {
  const deltas = new Map<string, AgentDelta>()
  const of = (agentId: string): AgentDelta => {
    const delta = deltas.get(agentId) ?? {
      agentId,
      voice: 0,
      messaging: 0,
      mail: 0,
      charged: 0,
      assigned: false,
      blockedUntil: null,
    }
    deltas.set(agentId, delta)
    return delta
  }
  for (const { agentId, channelGroup } of offers) of(agentId)[channelGroup] += 1
  for (const { agentId, channelGroup, charged, blockedUntil } of assigning) {
    const delta = of(agentId)
    delta[channelGroup] += 1
    delta.assigned = true
    delta.charged += charged ? 1 : 0
    delta.blockedUntil = blockedUntil ?? delta.blockedUntil
  }
  return [...deltas.values()]
}

function agentsUpdate(tx: Tx, deltas: readonly AgentDelta[]) {
  if (deltas.length === 0) return null
  return sql`
    UPDATE agent_states a SET voice_load = a.voice_load + r.voice, messaging_load = a.messaging_load + r.messaging,
      mail_load = a.mail_load + r.mail, mail_credit = a.mail_credit - r.charged,
      last_assigned_at = CASE WHEN r.assigned THEN ${tx.now}::timestamptz ELSE a.last_assigned_at END,
      blocked_until_messaging = coalesce(r.blocked_until, a.blocked_until_messaging), version = a.version + 1
    FROM ${records(deltas, "agent_id uuid, voice int, messaging int, mail int, charged int, assigned boolean, blocked_until timestamptz")}
    WHERE a.org_id = ${tx.orgId} AND a.agent_id = r.agent_id AND a.agent_id = ANY(${deltas.map((row) => row.agentId)})`
}

function assignmentsInsert(tx: Tx, assigning: readonly Assigning[]) {
  if (assigning.length === 0) return null
  return sql`
    INSERT INTO assignments (org_id, id, conversation_id, agent_id, inbox_id, reason, started_at, decision_id)
    SELECT ${tx.orgId}::uuid, r.id, r.conversation_id, r.agent_id, r.inbox_id, 'automated_assignment', ${tx.now}::timestamptz, r.decision_id
    FROM ${records(
      assigning.map(({ conversation, agentId, decisionId }) => ({
        id: newId(),
        conversationId: conversation.id,
        agentId,
        inboxId: conversation.inboxId,
        decisionId,
      })),
      "id uuid, conversation_id uuid, agent_id uuid, inbox_id uuid, decision_id uuid",
    )}`
}

function conversationsUpdate(tx: Tx, after: readonly ConversationRow[]) {
  if (after.length === 0) return null
  return sql`
    UPDATE conversations c SET agent_id = r.agent_id, last_agent_id = r.agent_id, status = r.status, updated_at = ${tx.now}, version = c.version + 1
    FROM ${records(
      after.map(({ id, agentId, status }) => ({ id, agentId, status })),
      "id uuid, agent_id uuid, status text",
    )}
    WHERE c.org_id = ${tx.orgId} AND c.id = r.id AND c.id = ANY(${after.map((row) => row.id)})`
}

function contactsUpdate(tx: Tx, offers: readonly NewOffer[], assigning: readonly Assigning[]) {
  const rows = [
    ...offers.map(({ conversationId }) => ({ conversationId, state: "offered" })),
    ...assigning.map(({ conversation }) => ({ conversationId: conversation.id, state: "active" })),
  ]
  if (rows.length === 0) return null
  return sql`
    UPDATE contacts k SET state = r.state FROM ${records(rows, "conversation_id uuid, state text")}
    WHERE k.org_id = ${tx.orgId} AND k.conversation_id = r.conversation_id AND k.conversation_id = ANY(${rows.map((row) => row.conversationId)}) AND k.channel <> 'voice' AND k.state <> 'ended'
      AND (r.state = 'active' OR k.state <> 'active')`
}
