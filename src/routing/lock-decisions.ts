import type { Decision } from "../core/routing/facts.ts"
import { type ConversationRow, conversationsToLock } from "../store/conversations.ts"
import type { AgentAtWork } from "../store/facts.ts"
import { type Lease, LeaseLost, leaseToHold } from "../store/leases.ts"
import { type OfferRow, pendingOffersToLock } from "../store/offers.ts"
import { itemsToLock } from "../store/queue-items.ts"
import type { QueueItemRow } from "../store/queue-item.ts"
import type { Tx } from "../store/write.ts"
import { agentsOf, agentsQueries } from "./guard.ts"

/** The rows that a batch of decisions is about, locked in the one order. */
export type Locked = {
  conversations: ReadonlyMap<string, ConversationRow>
  items: ReadonlyMap<string, QueueItemRow>
  offers: ReadonlyMap<string, OfferRow>
  /** In Settings by the true time of the database, for what sockets say. */
  agents: ReadonlyMap<string, AgentAtWork>
  routingDelaySeconds: number
}

/** Conversations only where they will change: an offer does not touch them. Throws `LeaseLost`. */
export async function lockRows(tx: Tx, lease: Lease, decisions: readonly Decision[]): Promise<Locked> {
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
