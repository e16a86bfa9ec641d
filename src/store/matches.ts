import { sql } from "kysely"
import type { ChannelGroup } from "../core/channels.ts"
import type { AgentFact, QueueItemFact } from "../core/routing/facts.ts"
import { statusOf } from "../core/conversations/status.ts"
import { newId } from "../ids.ts"
import { announceAssignment, type AssignmentReason } from "./assignments.ts"
import type { ContactRow } from "./contacts.ts"
import { announceChange, type ConversationRow } from "./conversations.ts"
import { copyTable } from "./copy.ts"
import { type DecisionRow, putDecisions } from "./decisions.ts"
import { itemFact, offerFact } from "./facts.ts"
import { type NewOffer, putOffers } from "./offers.ts"
import type { QueueItemRow } from "./queue-item.ts"
import { records } from "./records.ts"
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
 * Rows that the transaction has made and not put yet: nobody else can change them, so they are neither locked nor read,
 * and what a match changes in them is changed in place. Contacts by conversation.
 */
export type OwnRows = {
  conversations: ReadonlyMap<string, ConversationRow>
  items: ReadonlyMap<string, QueueItemRow>
  contacts: ReadonlyMap<string, readonly ContactRow[]>
}

/**
 * Offers and first assignments with all that follows from them: items, offers, seats and their counters, assignments,
 * conversations, contacts, decisions. Conversations that somebody had go by `openAssignments`.
 */
export function writeMatches(
  tx: Tx,
  offers: readonly NewOffer[],
  assigning: readonly Assigning[],
  decisions: readonly DecisionRow[],
  locked: {
    own: OwnRows
    items: ReadonlyMap<string, QueueItemRow>
    /** Null: they are locked later, see `knowAgents`. */
    agents: ReadonlyMap<string, AgentFact> | null
  },
): void {
  const { own } = locked
  const after = assigning.map(({ conversation, agentId }): ConversationRow => {
    const next = { ...conversation, agentId, lastAgentId: agentId, version: conversation.version + 1 }
    return { ...next, status: statusOf(next) }
  })
  for (const [index, { conversation, decisionId }] of assigning.entries()) {
    const now = after[index] ?? conversation
    announceChange(tx, conversation, now, "automated_assignment", now)
    announceAssignment(tx, conversation, now, { reason: "automated_assignment", decisionId }, now)
  }
  const deltas = agentDeltas(offers, assigning)
  const isForeign = (conversationId: string) => !own.conversations.has(conversationId)
  const foreignOffers = offers.filter(({ conversationId }) => isForeign(conversationId))
  const foreign = assigning.filter(({ conversation }) => isForeign(conversation.id))
  changeOwn(tx, own, offers, after)
  tx.also(itemsUpdate(tx, foreignOffers, foreign))
  putOffers(tx, offers)
  putSeats(tx, offers, assigning)
  tx.also(agentsUpdate(tx, deltas))
  putAssignments(tx, assigning)
  tx.also(
    conversationsUpdate(
      tx,
      after.filter(({ id }) => isForeign(id)),
    ),
  )
  tx.also(contactsUpdate(tx, foreignOffers, foreign))
  putDecisions(tx, decisions)
  tx.touch({
    known: {
      items: itemsAfter(tx, locked.items, foreignOffers, foreign),
      offers: offers.map((offer) => offerFact({ ...offer, state: "pending", decidedAt: null, version: 1 })),
      assigned: after.map(({ id, version, agentId, awaitingSince }, index) => ({
        id,
        version,
        agentId,
        awaitingSince: awaitingSince?.getTime() ?? null,
        group: assigning[index]?.channelGroup === "messaging" ? "messaging" : "mail",
      })),
    },
  })
  if (locked.agents) knowAgents(tx, locked.agents, offers, assigning)
}

/** Tells the routing engine how `writeMatches` leaves these agents, who are locked. */
export function knowAgents(
  tx: Tx,
  locked: ReadonlyMap<string, AgentFact>,
  offers: readonly NewOffer[],
  assigning: readonly Assigning[],
): void {
  const deltas = agentDeltas(offers, assigning)
  tx.touch({ known: { agents: deltas.flatMap((delta) => agentAfter(tx, locked.get(delta.agentId), delta)) } })
}

/** As `itemsUpdate` leaves them; those of our own are told when they are put. */
function itemsAfter(
  tx: Tx,
  locked: ReadonlyMap<string, QueueItemRow>,
  offers: readonly NewOffer[],
  assigning: readonly Assigning[],
): QueueItemFact[] {
  const after = (id: string, change: Partial<QueueItemRow>) => {
    const item = locked.get(id)
    return item ? [itemFact({ ...item, ...change, version: item.version + 1 })] : []
  }
  return [
    ...offers.flatMap(({ queueItemId }) => after(queueItemId, { state: "offered" })),
    ...assigning.flatMap(({ itemId }) => after(itemId, { state: "done", doneAt: tx.now, doneReason: "assigned" })),
  ]
}

/** As `agentsUpdate` leaves him. */
function agentAfter(tx: Tx, agent: AgentFact | undefined, delta: AgentDelta): AgentFact[] {
  if (!agent) return []
  return [
    {
      ...agent,
      voiceLoad: agent.voiceLoad + delta.voice,
      messagingLoad: agent.messagingLoad + delta.messaging,
      mailCredit: agent.mailCredit - delta.charged,
      lastAssignedAt: delta.assigned ? tx.now.getTime() : agent.lastAssignedAt,
      blockedUntilMessaging: delta.blockedUntil?.getTime() ?? agent.blockedUntilMessaging,
      version: agent.version + 1,
    },
  ]
}

function changeOwn(tx: Tx, own: OwnRows, offers: readonly NewOffer[], after: readonly ConversationRow[]): void {
  const itemOf = new Map([...own.items.values()].map((item) => [item.conversationId, item]))
  const move = (conversationId: string, change: Partial<QueueItemRow>, state: ContactRow["state"]) => {
    const item = itemOf.get(conversationId)
    if (item) Object.assign(item, { ...change, version: item.version + 1 })
    for (const contact of own.contacts.get(conversationId) ?? []) contact.state = state
  }
  for (const { conversationId } of offers) move(conversationId, { state: "offered" }, "offered")
  for (const conversation of after) {
    const made = own.conversations.get(conversation.id)
    if (!made) continue
    Object.assign(made, conversation)
    move(made.id, { state: "done", doneAt: tx.now, doneReason: "assigned" }, "active")
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

type SeatRow = {
  channelGroup: ChannelGroup
  holderId: string
  agentId: string
  conversationId: string
  via: Assigning["via"]
  since: Date
}
const seatsTable = copyTable<SeatRow>("seats", {
  channelGroup: "text",
  holderId: "uuid",
  agentId: "uuid",
  conversationId: "uuid",
  via: "text",
  since: "timestamptz",
})

function putSeats(tx: Tx, offers: readonly NewOffer[], assigning: readonly Assigning[]): void {
  tx.put(seatsTable, [
    ...offers.map(({ id, conversationId, agentId, channelGroup }) => ({
      holderId: id,
      conversationId,
      agentId,
      channelGroup,
      via: "push" as const,
      since: tx.now,
    })),
    ...assigning.map(({ conversation: { id }, agentId, channelGroup, via }) => ({
      holderId: id,
      conversationId: id,
      agentId,
      channelGroup,
      via,
      since: tx.now,
    })),
  ])
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

type AssignmentRow = {
  id: string
  conversationId: string
  agentId: string
  inboxId: string
  reason: AssignmentReason
  startedAt: Date
  decisionId: string
}
const assignmentsTable = copyTable<AssignmentRow>("assignments", {
  id: "uuid",
  conversationId: "uuid",
  agentId: "uuid",
  inboxId: "uuid",
  reason: "text",
  startedAt: "timestamptz",
  decisionId: "uuid",
})

function putAssignments(tx: Tx, assigning: readonly Assigning[]): void {
  tx.put(
    assignmentsTable,
    assigning.map(({ conversation, agentId, decisionId }) => ({
      id: newId(),
      conversationId: conversation.id,
      agentId,
      inboxId: conversation.inboxId,
      reason: "automated_assignment",
      startedAt: tx.now,
      decisionId,
    })),
  )
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
