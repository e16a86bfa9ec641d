import type { ChannelName } from "../core/channels.ts"
import type { Decision } from "../core/routing/facts.ts"
import { newId } from "../ids.ts"
import type { Assigning } from "../store/matches.ts"
import type { ConversationRow } from "../store/conversations.ts"
import type { DecisionRow } from "../store/decisions.ts"
import type { Lease } from "../store/leases.ts"
import type { NewOffer } from "../store/offers.ts"
import type { QueueItemRow } from "../store/queue-item.ts"
import type { Tx } from "../store/write.ts"
import type { MatchDecision } from "./guard.ts"

/** What the engine decided, as rows to be written; for its own batches and for those of intake. */

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

/** Of conversations that nobody has. A pushed mail uses up its credit; a pushed message is followed by the routing delay. */
export function newAssignments(
  tx: Tx,
  known: { conversations: ReadonlyMap<string, ConversationRow>; routingDelaySeconds: number },
  matches: readonly MatchDecision[],
  keyOf: (decision: Decision) => string,
): Assigning[] {
  return matches.flatMap((match) => {
    const conversation = match.type === "assign" ? known.conversations.get(match.conversationId) : undefined
    if (!conversation || conversation.agentId) return []
    const { itemId, agentId, group, pull } = match
    const delay = group === "messaging" && !pull ? known.routingDelaySeconds : 0
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
