import { z } from "zod"
import { presentConversation } from "../../conversations/present.ts"
import { Conversation } from "../../core/conversations/conversation.ts"
import { Offer, OfferStatus } from "../../core/routing/offer.ts"
import { acceptOffer, declineOffer } from "../../offers/answer-offer.ts"
import { readOffers } from "../../offers/read.ts"
import { problem } from "../../problem.ts"
import { ok } from "../answer.ts"
import { listParam } from "../query.ts"
import { type Route, route } from "../route.ts"
import type { AgentDeps } from "./agents.ts"

/** What is offered to the caller (api.md 2.12). Another's offer answers 404. */
export function offerRoutes({ store, routing }: AgentDeps): Route[] {
  async function find(orgId: string, agentId: string, id: string) {
    const [offer] = await readOffers(store.db, orgId, { agentId, ids: [id] })
    if (!offer) throw problem("not_found")
    return offer
  }

  return [
    route({
      method: "GET",
      path: "/offers",
      action: "agent.self",
      list: true,
      query: z.object({ status: listParam(OfferStatus.options).optional() }),
      answers: { 200: z.object({ items: z.array(Offer), nextCursor: z.string().nullable() }) },
      async handle({ principal, query, list, page }) {
        const before = list.after?.[0]
        const rows = await readOffers(store.db, principal.orgId, {
          agentId: principal.ownerId,
          limit: list.limit,
          beforeId: typeof before === "string" ? before : null,
          ...(query.status && { status: query.status }),
        })
        return page(
          rows,
          (offer) => [offer.id],
          (offer) => offer,
        )
      },
    }),
    route({
      method: "GET",
      path: "/offers/:id",
      action: "agent.self",
      answers: { 200: Offer },
      handle: async ({ principal, params }) => ok(await find(principal.orgId, principal.ownerId, params.id)),
    }),
    route({
      method: "PUT",
      path: "/offers/:id/acceptance",
      action: "agent.self",
      answers: { 200: z.object({ offer: Offer, conversation: Conversation, callId: z.null() }) },
      problems: ["offer_ended"],
      async handle({ principal, params, write }) {
        const { orgId, ownerId } = principal
        const { conversationId } = await write((tx) => acceptOffer(tx, params.id, ownerId))
        const conversation = await presentConversation(store.db, orgId, conversationId, ownerId)
        return ok({ offer: await find(orgId, ownerId, params.id), conversation, callId: null })
      },
    }),
    route({
      method: "PUT",
      path: "/offers/:id/decline",
      action: "agent.self",
      body: z.object({ reason: z.enum(["declined", "device_error"]).default("declined") }).optional(),
      answers: { 200: Offer },
      problems: ["decline_not_allowed", "offer_ended"],
      async handle({ principal, params, body, write }) {
        await write((tx) => declineOffer(tx, params.id, principal.ownerId, body?.reason ?? "declined"))
        await routing.settled(principal.orgId)
        return ok(await find(principal.orgId, principal.ownerId, params.id))
      },
    }),
  ]
}
