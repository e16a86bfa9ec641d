import { sql } from "kysely"
import type { ChannelGroup } from "../core/channels.ts"
import type { Decision } from "../core/routing/facts.ts"
import type { AgentRow } from "../store/agents.ts"
import { endAssignments } from "../store/assignments.ts"
import { answerPull } from "../store/decisions.ts"
import { endOffers, type OfferRow } from "../store/offers.ts"
import { requeue, returnItems } from "../store/queue-items.ts"
import { readWorkflowSettings } from "../store/routing-settings.ts"
import type { Tx } from "../store/write.ts"
import type { Locked } from "./lock-decisions.ts"

/** What is decided beside matches: ends of offers, absences, answers to who asked for more. False: it does not hold any more. */
export async function writeOther(tx: Tx, locked: Locked, decision: Decision): Promise<boolean> {
  switch (decision.type) {
    case "miss":
      return miss(tx, locked.offers.get(decision.offerId))
    case "withdraw":
      return withdraw(tx, locked.offers.get(decision.offerId), decision.reason)
    case "requeue_absent":
      return requeueAbsent(tx, locked, decision.conversationId, decision.agentId)
    case "unavailable":
      return switchOff(tx, locked.agents.get(decision.agentId), decision.group)
    case "answer_pull":
      await answerPull(tx, decision.requestId, { conversationId: null })
      if (decision.grantMailCredit) await grantMailCredit(tx, decision.agentId)
      return true
    default:
      return false
  }
}

/** Nobody answered it in time, by the database's business clock. */
async function miss(tx: Tx, offer: OfferRow | undefined): Promise<boolean> {
  if (!offer || offer.endsAt.getTime() > tx.now.getTime()) return false
  if ((await endOffers(tx, [offer.id], "missed")).length === 0) return false
  await returnItems(tx, [offer.queueItemId])
  await blockAfterMiss(tx, offer)
  return true
}

/** Its agent can no longer take it. */
async function withdraw(tx: Tx, offer: OfferRow | undefined, reason: string): Promise<boolean> {
  if (!offer || (await endOffers(tx, [offer.id], "withdrawn", reason)).length === 0) return false
  await returnItems(tx, [offer.queueItemId])
  return true
}

/** "Time before next call after declining or missing". */
async function blockAfterMiss(tx: Tx, offer: OfferRow): Promise<void> {
  if (offer.channelGroup !== "voice") return
  const { settings } = await readWorkflowSettings(tx.db, tx.orgId)
  const until = new Date(tx.now.getTime() + settings.voice.declineDelaySeconds * 1000)
  await sql`
    UPDATE agent_states SET blocked_until_voice = ${until}, version = version + 1
    WHERE org_id = ${tx.orgId} AND agent_id = ${offer.agentId}`.execute(tx.db)
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
