import { sees } from "../../conversations/sight.ts"
import { Explanation } from "../../core/routing/explanation.ts"
import { problem } from "../../problem.ts"
import { explainConversation } from "../../routing/explain-conversation.ts"
import type { Routing } from "../../routing/runner.ts"
import type { Store } from "../../store/write.ts"
import { ok } from "../answer.ts"
import { type Route, route } from "../route.ts"
import { sightOf } from "./acting.ts"

/** "Why did I get this?" (api.md 2.11): while it waits, the candidates are those of now. */
export function explanationRoutes({
  store,
  routing,
}: {
  store: Store
  routing: Pick<Routing, "explain" | "settled">
}): Route[] {
  return [
    route({
      method: "GET",
      path: "/conversations/:id/explanation",
      action: "conversation.read",
      answers: { 200: Explanation },
      async handle({ principal, params, now }) {
        const { orgId } = principal
        const conversation = await store.db
          .selectFrom("conversations")
          .select(["inboxId", "agentId"])
          .where("orgId", "=", orgId)
          .where("id", "=", params.id)
          .executeTakeFirst()
        if (!conversation || !sees(await sightOf(store.db, principal), conversation)) throw problem("not_found")
        const explanation = await explainConversation(store.db, orgId, params.id, now, (itemId) =>
          routing.explain(orgId, itemId),
        )
        if (!explanation) throw problem("not_found")
        return ok(explanation)
      },
    }),
  ]
}
