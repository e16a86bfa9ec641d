import { sql } from "kysely"
import type { ChannelGroup, ChannelName } from "../core/channels.ts"
import type { Decision } from "../core/routing/facts.ts"
import { fault } from "../fault.ts"
import { newId } from "../ids.ts"
import type { AgentRow } from "../store/agents.ts"
import { endAssignments, openAssignments } from "../store/assignments.ts"
import { type ConversationRow, conversationsToLock } from "../store/conversations.ts"
import { answerPull, type DecisionRow } from "../store/decisions.ts"
import type { AgentAtWork } from "../store/facts.ts"
import { LeaseLost, leaseToHold } from "../store/leases.ts"
import { type Assigning, type OwnRows, writeMatches } from "../store/matches.ts"
import { endOffers, type NewOffer, type OfferRow, pendingOffersToLock } from "../store/offers.ts"
import { endItems, itemsToLock, type QueueItemRow, requeue, returnItems } from "../store/queue-items.ts"
import { readWorkflowSettings } from "../store/routing-settings.ts"
import type { Tx } from "../store/write.ts"
import { agentsOf, agentsQueries, type MatchDecision, Room, factsOf } from "./guard.ts"

export type Lease = { orgId: string; owner: string; epoch: number }

/** The rows that a batch of decisions is about, locked in the one order. */
type Locked = {
  conversations: ReadonlyMap<string, ConversationRow>
  items: ReadonlyMap<string, QueueItemRow>
  offers: ReadonlyMap<string, OfferRow>
  /** In Settings by the true time of the database, for what sockets say. */
  agents: ReadonlyMap<string, AgentAtWork>
  routingDelaySeconds: number
}

const nothingOwn: OwnRows = { conversations: new Map(), items: new Map(), contacts: new Map() }

/**
 * Writes what the engine decided, each decision only where the locked rows still allow it (routing.md 3.2). Answers the
 * ids of those that were written; the others were refused. Throws `LeaseLost` under an old epoch.
 */
export async function commitDecisions(tx: Tx, lease: Lease, decisions: readonly Decision[]): Promise<Set<number>> {
  const locked = await lockRows(tx, lease, decisions)
  const matches = fitting(tx, locked, decisions.filter(isMatch))
  const accepted = new Set<number>(matches.map((decision) => decision.id))
  const keys = new Map(decisions.map((decision) => [decision.id, newId()]))
  const keyOf = (decision: Decision) => keys.get(decision.id) ?? newId()
  const channels = await contactChannels(
    tx,
    matches.flatMap((match) => (match.type === "offer" ? (locked.items.get(match.itemId)?.contactId ?? []) : [])),
  )
  const offers = newOffers(tx, locked.items, channels, matches, keyOf, lease.epoch)
  const assigning = newAssignments(tx, locked, matches, keyOf)
  await reassign(tx, locked, matches, keyOf)
  await writeEnds(tx, locked, decisions, accepted)
  for (const decision of decisions) if (await writeOther(tx, locked, decision)) accepted.add(decision.id)
  const written = decisions.filter((decision) => accepted.has(decision.id))
  writeMatches(
    tx,
    offers,
    assigning,
    written.map((decision) => decisionRow(tx, locked.items, lease, decision, keyOf(decision))),
    { own: nothingOwn, items: locked.items, agents: factsOf(locked.agents) },
  )
  for (const offer of offers) tellOffered(tx, offer)
  for (const match of matches)
    if (match.type === "assign" && match.requestId)
      await answerPull(tx, match.requestId, { conversationId: match.conversationId })
  await fault("routing.beforeCommit")
  return accepted
}

function isMatch(decision: Decision): decision is MatchDecision {
  return decision.type === "offer" || decision.type === "assign"
}

export function decisionRow(
  tx: Tx,
  items: ReadonlyMap<string, QueueItemRow>,
  { epoch }: Lease,
  decision: Decision,
  id: string,
): DecisionRow {
  return {
    id,
    epoch,
    kind: decision.type,
    queueItemId: "itemId" in decision ? decision.itemId : null,
    conversationId: conversationOf(items, decision),
    agentId: decision.agentId,
    at: tx.now,
    because: decision.because,
  }
}

function conversationOf(items: ReadonlyMap<string, QueueItemRow>, decision: Decision): string | null {
  if ("conversationId" in decision) return decision.conversationId
  return "itemId" in decision ? (items.get(decision.itemId)?.conversationId ?? null) : null
}

/** Conversations only where they will change: an offer does not touch them. Throws `LeaseLost`. */
async function lockRows(tx: Tx, lease: Lease, decisions: readonly Decision[]): Promise<Locked> {
  const conversationIds = decisions.flatMap((decision) =>
    decision.type === "assign" || decision.type === "requeue_absent" ? [decision.conversationId] : [],
  )
  const itemIds = decisions.flatMap((decision) => ("itemId" in decision ? [decision.itemId] : []))
  const offerIds = decisions.flatMap((decision) => ("offerId" in decision ? [decision.offerId] : []))
  const [held, conversations, items, offers] = await tx.together([
    leaseToHold(tx, lease),
    conversationsToLock(tx, conversationIds),
    itemsToLock(tx, itemIds),
    pendingOffersToLock(tx, offerIds),
  ])
  if (held.length === 0) throw new LeaseLost(tx.orgId)
  const agentIds = [
    ...decisions.map((decision) => decision.agentId),
    ...conversations.flatMap((conversation) => conversation.agentId ?? []),
  ]
  return {
    conversations: new Map(conversations.map((row) => [row.id, row])),
    items: new Map(items.map((row) => [row.id, row])),
    offers: new Map(offers.map((row) => [row.id, row])),
    ...agentsOf(await tx.together(agentsQueries(tx, agentIds))),
  }
}

/** The guard: what the locked rows still allow, in the order of the decisions. */
function fitting(tx: Tx, locked: Locked, decisions: readonly MatchDecision[]): MatchDecision[] {
  const room = new Room(tx, factsOf(locked.agents))
  const given = new Set<string>()
  return decisions.filter((decision) => {
    const item = locked.items.get(decision.itemId)
    if (!item || given.has(item.id)) return false
    if (item.state !== "waiting" || item.inboxId !== decision.inboxId || item.channelGroup !== decision.group)
      return false
    if (decision.type === "assign" && !isOpen(locked.conversations.get(decision.conversationId))) return false
    if (!room.take(decision)) return false
    given.add(item.id)
    return true
  })
}

function isOpen(conversation: ConversationRow | undefined): boolean {
  return conversation !== undefined && conversation.closedAt === null
}

export function newOffers(
  tx: Tx,
  items: ReadonlyMap<string, QueueItemRow>,
  channels: ReadonlyMap<string, ChannelName>,
  matches: readonly MatchDecision[],
  keyOf: (decision: Decision) => string,
  epoch: number,
): NewOffer[] {
  const offered = matches.filter((match) => match.type === "offer")
  return offered.flatMap((match) => {
    const item = items.get(match.itemId)
    if (!item) return []
    return [
      {
        id: newId(),
        queueItemId: item.id,
        conversationId: item.conversationId,
        contactId: item.contactId,
        inboxId: item.inboxId,
        agentId: match.agentId,
        channel: channels.get(item.contactId) ?? "chat",
        channelGroup: match.group,
        matchReasons: [],
        offeredAt: tx.now,
        endsAt: new Date(tx.now.getTime() + (match.deadlineAt - match.at)),
        epoch,
        decisionId: keyOf(match),
      },
    ]
  })
}

export function tellOffered(tx: Tx, offer: NewOffer): void {
  tx.event("contact.offered", {
    offerId: offer.id,
    contactId: offer.contactId,
    conversationId: offer.conversationId,
    inboxId: offer.inboxId,
    agentId: offer.agentId,
    matchReasons: offer.matchReasons,
    endsAt: offer.endsAt,
    decisionId: offer.decisionId,
    reason: null,
  })
}

async function contactChannels(tx: Tx, contactIds: readonly string[]): Promise<Map<string, ChannelName>> {
  if (contactIds.length === 0) return new Map()
  const { rows } = await sql<{ id: string; channel: ChannelName }>`
    SELECT id, channel FROM contacts WHERE org_id = ${tx.orgId} AND id = ANY(${[...contactIds]})`.execute(tx.db)
  return new Map(rows.map((row) => [row.id, row.channel]))
}

/** Of conversations that nobody has. A pushed mail uses up its credit; a pushed message is followed by the routing delay. */
export function newAssignments(
  tx: Tx,
  locked: Pick<Locked, "conversations" | "routingDelaySeconds">,
  matches: readonly MatchDecision[],
  keyOf: (decision: Decision) => string,
): Assigning[] {
  return matches.flatMap((match) => {
    const conversation = match.type === "assign" ? locked.conversations.get(match.conversationId) : undefined
    if (!conversation || conversation.agentId) return []
    const { itemId, agentId, group, pull } = match
    const delay = group === "messaging" && !pull ? locked.routingDelaySeconds : 0
    return [
      {
        itemId,
        conversation,
        agentId,
        channelGroup: group,
        via: pull ? "pull" : "push",
        decisionId: keyOf(match),
        charged: group === "mail" && !pull,
        blockedUntil: delay > 0 ? new Date(tx.now.getTime() + delay * 1000) : null,
      },
    ]
  })
}

/** Conversations that an absent agent had until now. */
async function reassign(
  tx: Tx,
  locked: Locked,
  matches: readonly MatchDecision[],
  keyOf: (decision: Decision) => string,
): Promise<void> {
  const moved = matches.flatMap((match) => {
    const conversation = match.type === "assign" ? locked.conversations.get(match.conversationId) : undefined
    return conversation?.agentId ? [{ match, conversation }] : []
  })
  if (moved.length === 0) return
  await endItems(
    tx,
    moved.map(({ match }) => match.itemId),
    { state: "done", reason: "assigned", withdrawn: "taken" },
  )
  await openAssignments(
    tx,
    moved.map(({ match, conversation }) => ({
      conversation,
      agentId: match.agentId,
      reason: "automated_assignment" as const,
      endReason: "agent_absent" as const,
      via: match.pull ? ("pull" as const) : ("push" as const),
      decisionId: keyOf(match),
    })),
  )
  await chargeAgents(
    tx,
    locked,
    moved.map(({ match }) => match),
  )
}

async function chargeAgents(tx: Tx, { routingDelaySeconds }: Locked, matches: readonly MatchDecision[]): Promise<void> {
  const pushed = (group: ChannelGroup) =>
    matches.filter((match) => match.group === group && !match.pull).map((match) => match.agentId)
  const until = routingDelaySeconds > 0 ? new Date(tx.now.getTime() + routingDelaySeconds * 1000) : null
  await sql`
    UPDATE agent_states SET mail_credit = CASE WHEN agent_id = ANY(${pushed("mail")}) THEN 0 ELSE mail_credit END,
      blocked_until_messaging = CASE WHEN agent_id = ANY(${pushed("messaging")}) THEN coalesce(${until}, blocked_until_messaging) ELSE blocked_until_messaging END,
      version = version + 1
    WHERE org_id = ${tx.orgId} AND agent_id = ANY(${[...pushed("mail"), ...pushed("messaging")]})`.execute(tx.db)
}

/** Offers that nobody answered in time (by the database's business clock), or that their agent can no longer take. */
async function writeEnds(
  tx: Tx,
  { offers }: Locked,
  decisions: readonly Decision[],
  accepted: Set<number>,
): Promise<void> {
  for (const decision of decisions) {
    if (decision.type !== "miss" && decision.type !== "withdraw") continue
    const offer = offers.get(decision.offerId)
    if (!offer) continue
    const isMiss = decision.type === "miss"
    if (isMiss && offer.endsAt.getTime() > tx.now.getTime()) continue
    const ended = await endOffers(tx, [offer.id], isMiss ? "missed" : "withdrawn", isMiss ? null : decision.reason)
    if (ended.length === 0) continue
    await returnItems(tx, [offer.queueItemId])
    if (isMiss) await blockAfterMiss(tx, offer)
    accepted.add(decision.id)
  }
}

/** "Time before next call after declining or missing". */
export async function blockAfterMiss(tx: Tx, offer: OfferRow): Promise<void> {
  if (offer.channelGroup !== "voice") return
  const { settings } = await readWorkflowSettings(tx.db, tx.orgId)
  const until = new Date(tx.now.getTime() + settings.voice.declineDelaySeconds * 1000)
  await sql`
    UPDATE agent_states SET blocked_until_voice = ${until}, version = version + 1
    WHERE org_id = ${tx.orgId} AND agent_id = ${offer.agentId}`.execute(tx.db)
}

async function writeOther(tx: Tx, locked: Locked, decision: Decision): Promise<boolean> {
  if (decision.type === "requeue_absent") return requeueAbsent(tx, locked, decision.conversationId, decision.agentId)
  if (decision.type === "unavailable") return switchOff(tx, locked.agents.get(decision.agentId), decision.group)
  if (decision.type !== "answer_pull") return false
  await answerPull(tx, decision.requestId, { conversationId: null })
  if (decision.grantMailCredit) await grantMailCredit(tx, decision.agentId)
  return true
}

/** From now on the first mail that waits or arrives is his (api.md 9, row 14). */
async function grantMailCredit(tx: Tx, agentId: string): Promise<void> {
  await sql`
    UPDATE agent_states SET mail_credit = 1, version = version + 1
    WHERE org_id = ${tx.orgId} AND agent_id = ${agentId} AND mail_credit = 0 AND 'mail' = ANY(available_for)`.execute(
    tx.db,
  )
  tx.touch({ agents: [agentId] })
}

/** The grace of an absent agent is over: back to the queue with its old due date and place. */
async function requeueAbsent(
  tx: Tx,
  { conversations, agents }: Locked,
  conversationId: string,
  agentId: string,
): Promise<boolean> {
  const conversation = conversations.get(conversationId)
  const agent = agents.get(agentId)
  if (!conversation || conversation.agentId !== agentId || !conversation.awaitingSince) return false
  if (agent && agent.status === "logged_in" && agent.connected && !agent.deactivatedAt) return false
  const [after] = await endAssignments(tx, [{ conversation, reason: "agent_absent" }])
  if (after) await requeue(tx, after, { reason: "agent_absent" })
  return true
}

/** Two misses in a row: the group is switched off for the agent, who is told. */
async function switchOff(tx: Tx, agent: AgentRow | undefined, group: ChannelGroup): Promise<boolean> {
  if (!agent?.availableFor.includes(group)) return false
  const availableFor = agent.availableFor.filter((one) => one !== group)
  await sql`
    UPDATE agent_states SET available_for = ${availableFor}, misses_in_row = 0, version = version + 1
    WHERE org_id = ${tx.orgId} AND agent_id = ${agent.agentId}`.execute(tx.db)
  tx.touch({ agents: [agent.agentId] })
  tx.event("agent_availability.updated", { agentId: agent.agentId, availableFor, group, cause: "missed_offers" })
  return true
}
