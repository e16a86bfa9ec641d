import { sql } from "kysely"
import type { ChannelGroup, ChannelName } from "../core/channels.ts"
import type { Decision } from "../core/routing/facts.ts"
import { fault } from "../fault.ts"
import { newId } from "../ids.ts"
import { openAssignments } from "../store/assignments.ts"
import type { ConversationRow } from "../store/conversations.ts"
import { answerPull } from "../store/decisions.ts"
import type { Lease } from "../store/leases.ts"
import { type OwnRows, writeMatches } from "../store/matches.ts"
import { endItems } from "../store/queue-items.ts"
import type { Tx } from "../store/write.ts"
import { factsOf, type MatchDecision, Room } from "./guard.ts"
import { type Locked, lockRows } from "./lock-decisions.ts"
import { decisionRow, newAssignments, newOffers, tellOffered } from "./match-rows.ts"
import { writeOther } from "./other-decisions.ts"

const nothingOwn: OwnRows = { conversations: new Map(), items: new Map(), contacts: new Map() }

/**
 * Writes what the engine decided, each decision only where the locked rows still allow it (routing.md 3.2). Answers the
 * ids of those that were written; the others were refused. Throws `LeaseLost` under an old epoch.
 */
export async function commitDecisions(tx: Tx, lease: Lease, decisions: readonly Decision[]): Promise<Set<number>> {
  const locked = await lockRows(tx, lease, decisions)
  const facts = factsOf(locked.agents)
  const matches = fitting(locked, new Room(tx, facts), decisions.filter(isMatch))
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
  for (const decision of decisions) if (await writeOther(tx, locked, decision)) accepted.add(decision.id)
  const written = decisions.filter((decision) => accepted.has(decision.id))
  writeMatches(
    tx,
    offers,
    assigning,
    written.map((decision) => decisionRow(tx, locked.items, lease, decision, keyOf(decision))),
    { own: nothingOwn, items: locked.items, agents: facts },
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

/** The guard: what the locked rows still allow, in the order of the decisions. */
function fitting(locked: Locked, room: Room, decisions: readonly MatchDecision[]): MatchDecision[] {
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

async function contactChannels(tx: Tx, contactIds: readonly string[]): Promise<Map<string, ChannelName>> {
  if (contactIds.length === 0) return new Map()
  const { rows } = await sql<{ id: string; channel: ChannelName }>`
    SELECT id, channel FROM contacts WHERE org_id = ${tx.orgId} AND id = ANY(${[...contactIds]})`.execute(tx.db)
  return new Map(rows.map((row) => [row.id, row.channel]))
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
