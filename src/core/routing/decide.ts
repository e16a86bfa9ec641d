import { withdrawReason } from "./eligibility.ts"
import type { AssignedFact, Because, Decision, Instant, OfferFact, QueueItemFact } from "./facts.ts"
import type { Pull, RoutingState } from "./state.ts"

/** One decision of each kind, made from the state; shared by both engines, which differ in how they find where to look. */

/** A pending offer whose deadline is over is missed; one whose agent can no longer take it is taken back. */
export function decideOffer(state: RoutingState, offer: OfferFact, now: Instant): Decision | null {
  if (state.isHeld("offer", offer.id) || state.isRefusedRow("offer", offer.id, offer.version, now)) return null
  const { itemId, agentId, group } = offer
  const fields = { offerId: offer.id, itemId, agentId, group }
  if (offer.deadlineAt <= now) {
    return { id: state.nextDecisionId(), at: now, because: because(state, "deadline"), type: "miss", ...fields }
  }
  const item = state.items.get(itemId)
  const agent = state.agents.get(agentId)
  if (!agent) return null
  const offered = { group, inboxId: item?.inboxId ?? null }
  const reason = withdrawReason(agent, offered, state.isOnCall(agent), { now, config: state.config })
  if (!reason) return null
  const rule = because(state, "agent_not_routable")
  return { id: state.nextDecisionId(), at: now, because: rule, type: "withdraw", ...fields, reason }
}

/** The grace of work that an absent agent has is over. */
export function decideAssigned(state: RoutingState, conversation: AssignedFact, now: Instant): Decision | null {
  const { id: conversationId, agentId, version } = conversation
  if (state.isHeld("assigned", conversationId) || state.isRefusedRow("assigned", conversationId, version, now))
    return null
  const ends = state.graceEndsAt(conversation)
  if (ends === null || ends > now || agentId === null) return null
  const rule = because(state, "absent_grace")
  return { id: state.nextDecisionId(), at: now, because: rule, type: "requeue_absent", conversationId, agentId }
}

/** Agents who missed twice in a row and are still switched on. */
export function decideTwiceMissed(state: RoutingState, now: Instant): Decision | null {
  const next = state.twiceMissed.shift()
  if (!next || !state.agents.get(next.agentId)?.availableFor.includes(next.group)) return null
  return { id: state.nextDecisionId(), at: now, because: because(state, "two_misses"), type: "unavailable", ...next }
}

/** Next found nothing: from now on the first mail is his (routing.md 1.6). */
export function answerNothing(state: RoutingState, { requestId, agentId }: Pull, now: Instant): Decision {
  const agent = state.agents.get(agentId)
  const grantMailCredit = agent?.mailCredit === 0 && agent.availableFor.includes("mail")
  const rule = because(state, "nothing_found")
  return {
    id: state.nextDecisionId(),
    at: now,
    because: rule,
    type: "answer_pull",
    requestId,
    agentId,
    found: false,
    grantMailCredit,
  }
}

/** A call always rings; a message does where the banner is on and nobody asked for it; mail is given (spec 6.5). */
export function matchDecision(
  state: RoutingState,
  item: QueueItemFact,
  agentId: string,
  pull: Pull | null,
  why: Because,
  now: Instant,
): Decision {
  const { id: itemId, conversationId, inboxId, group } = item
  const match = {
    itemId,
    conversationId,
    inboxId,
    group,
    agentId,
    pull: pull !== null,
    requestId: pull?.requestId ?? null,
  }
  const common = { id: state.nextDecisionId(), at: now, because: why, ...match }
  const rings = group === "voice" || (group === "messaging" && state.config.offerBanner && !pull)
  if (!rings) return { ...common, type: "assign", reason: "automated_assignment" }
  const seconds = group === "voice" ? state.config.ringSeconds : state.config.offerSeconds
  return { ...common, type: "offer", deadlineAt: now + seconds * 1000 }
}

function because(state: RoutingState, rule: Because["rule"]): Because {
  return { rule, configVersion: state.config.version }
}
