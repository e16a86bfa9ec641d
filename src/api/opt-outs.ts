import { sql } from "kysely"
import { z } from "zod"
import { OptOut } from "../core/opt-out/opt-out.ts"
import type { Store } from "../store/write.ts"
import { idParam, textParam } from "./query.ts"
import { type Route, route } from "./route.ts"

/** Who wants no text messages from which number (api.md 2.6). Read only: STOP and START are the customer's. */
export function optOutRoutes({ store }: { store: Store }): Route[] {
  return [
    route({
      method: "GET",
      path: "/opt-outs",
      action: "conversation.read",
      list: true,
      query: z.object({ customerAddress: textParam.optional(), phoneNumberId: idParam.optional() }),
      answers: { 200: z.object({ items: z.array(OptOut), nextCursor: z.string().nullable() }) },
      async handle({ principal, query, list, page }) {
        const [phoneNumberId = null, customerAddress = null] = list.after ?? []
        const { rows } = await sql<{ customerAddress: string; phoneNumberId: string; keyword: string; since: Date }>`
          SELECT customer_address, phone_number_id, keyword, since FROM opt_outs
          WHERE org_id = ${principal.orgId}
            AND (${query.customerAddress ?? null}::text IS NULL OR customer_address = ${query.customerAddress ?? null})
            AND (${query.phoneNumberId ?? null}::uuid IS NULL OR phone_number_id = ${query.phoneNumberId ?? null})
            AND (${phoneNumberId}::uuid IS NULL OR (phone_number_id, customer_address) > (${phoneNumberId}::uuid, ${customerAddress}))
          ORDER BY phone_number_id, customer_address LIMIT ${list.limit + 1}`.execute(store.db)
        return page(
          rows,
          (row) => [row.phoneNumberId, row.customerAddress],
          (row) => row,
        )
      },
    }),
  ]
}
