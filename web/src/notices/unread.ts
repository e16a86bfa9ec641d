import { useQuery } from "@tanstack/react-query"
import type { Conversation } from "../../../src/core/conversations/conversation.ts"
import type { Offer } from "../../../src/core/routing/offer.ts"
import { useCan } from "../can.ts"
import { shownName } from "../workspace/names.ts"
import { useOffers } from "../workspace/offers/offers.ts"
import { workListQuery } from "../workspace/work.queries.ts"

/** What waits for the person's eyes: offers, and conversations of his with something unread. */
export function useUnread(): {
  count: number
  firstName: string | null
  conversations: Conversation[]
  offers: Offer[]
} {
  const can = useCan()
  const mine = useQuery({ ...workListQuery("mine"), enabled: can("agent.self") }).data
  const offers = useOffers().filter((each) => !each.end)
  const conversations = (mine?.items ?? []).filter((each) => each.unread)
  const first = offers[0]?.offer.customer.name ?? conversations[0]?.customer.name ?? null
  return {
    count: offers.length + conversations.length,
    firstName: first ? shownName(first, "") : null,
    conversations,
    offers: offers.map(({ offer }) => offer),
  }
}
