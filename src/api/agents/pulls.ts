import { z } from "zod"
import type { Clock } from "../../clock.ts"
import { closeConversation } from "../../conversations/closure.ts"
import { presentConversation } from "../../conversations/present.ts"
import { Conversation } from "../../core/conversations/conversation.ts"
import { pullNext } from "../../routing/next.ts"
import type { Routing } from "../../routing/runner.ts"
import type { Store } from "../../store/write.ts"
import { created, ok } from "../answer.ts"
import { actingOf } from "../conversations/acting.ts"
import { type Route, route } from "../route.ts"

export type PullDeps = { store: Store; clock: Clock; routing: Pick<Routing, "settled" | "owns"> }

const Assigned = z.object({ agentId: z.string(), reason: z.string(), assignedAt: z.string() }).nullable()

/** "Next" and "Close & Next" (api.md 2.12). */
export function pullRoutes(deps: PullDeps): Route[] {
  const { store } = deps
  return [
    route({
      method: "POST",
      path: "/agents/me/pulls",
      action: "agent.self",
      idempotent: true,
      body: z.object({ closing: z.uuid().nullable().optional(), force: z.boolean().optional() }).optional(),
      answers: {
        201: z.object({ conversation: Conversation.nullable(), assignment: Assigned }),
        200: z.object({ conversation: z.null(), explanation: z.object({ text: z.string() }).loose() }),
      },
      problems: ["not_available", "at_capacity", "customer_waiting", "topic_required"],
      async handle({ principal, body, by }) {
        const { orgId, ownerId } = principal
        const closing = body?.closing
        const acting = closing ? await actingOf(store.db, principal) : null
        const before =
          closing && acting
            ? (tx: Parameters<typeof closeConversation>[0]) =>
                closeConversation(tx, acting, closing, { force: body.force ?? false })
            : null
        const { conversationId } = await pullNext(deps, by, ownerId, before)
        const conversation = conversationId ? await presentConversation(store.db, orgId, conversationId, ownerId) : null
        if (!conversation)
          return ok({
            conversation: null,
            explanation: { text: "Nothing waits in your Inboxes that you can take now." },
          })
        return created(`/conversations/${conversation.id}`, { conversation, assignment: conversation.assignment })
      },
    }),
  ]
}
