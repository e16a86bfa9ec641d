import { z } from "zod"
import { problem } from "../../problem.ts"
import type { Store } from "../../store/write.ts"
import { Answer } from "../answer.ts"
import { type Route, route } from "../route.ts"
import { requireSandbox } from "./messages.ts"

/** Leads to the page of another origin that embeds a chat app's snippet, as a customer's site would. */
export function sandboxPageRoutes({ store, sandboxOrigin }: { store: Store; sandboxOrigin: string }): Route[] {
  return [
    route({
      method: "GET",
      path: "/sandbox/pages/:app",
      action: "sandbox.use",
      params: z.object({ app: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/) }),
      answers: { 302: null },
      async handle({ principal, params }) {
        await requireSandbox(store, principal.orgId)
        const known = await store.db
          .selectFrom("chatApps")
          .select("appId")
          .where("orgId", "=", principal.orgId)
          .where((eb) =>
            eb.or([
              eb("appId", "=", params.app),
              eb("name", "=", params.app),
              eb(eb.cast<string>("id", "text"), "=", params.app),
            ]),
          )
          .executeTakeFirst()
        if (!known) throw problem("not_found")
        return new Answer(302, null, { location: `${sandboxOrigin}/${known.appId}` })
      },
    }),
  ]
}
