import type { AgentRow } from "./agents.ts"
import { lockAgents } from "./agents.ts"
import { type ConversationRow, lockConversations } from "./conversations.ts"
import { lockPendingOffers, type OfferRow } from "./offers.ts"
import { lockLiveItems } from "./queue-items.ts"
import type { QueueItemRow } from "./queue-item.ts"
import type { Tx } from "./write.ts"

export type Work = {
  conversations: Map<string, ConversationRow>
  items: QueueItemRow[]
  offers: OfferRow[]
  agents: Map<string, AgentRow>
}

/**
 * Locks everything that an act on these conversations may touch, in the one lock order (routing.md 3.0: conversations,
 * queue items, offers, agents), each in a statement of its own. Customers are locked before by whoever needs them.
 * `agentIds`: agents who will get something; those who have something now are found here.
 */
export async function lockWork(
  tx: Tx,
  conversationIds: readonly string[],
  agentIds: readonly (string | null | undefined)[] = [],
): Promise<Work> {
  const conversations = await lockConversations(tx, conversationIds)
  const items = await lockLiveItems(tx, conversationIds)
  const offers = await lockPendingOffers(
    tx,
    items.map((item) => item.id),
  )
  const holders = [...conversations.values()].map((conversation) => conversation.agentId)
  const agents = await lockAgents(tx, [...agentIds, ...holders, ...offers.map((offer) => offer.agentId)])
  return { conversations, items, offers, agents }
}
