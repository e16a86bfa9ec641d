import { z } from "zod"
import { updateDelivery } from "../../delivery/status.ts"
import type { Principal } from "../../identity/principal.ts"
import { problem } from "../../problem.ts"
import type { FarEnd, FarEndDelivery } from "../../sandbox/far-end.ts"
import type { Store } from "../../store/write.ts"
import { accepted, Answer } from "../answer.ts"
import { intParam } from "../query.ts"
import { type Route, route } from "../route.ts"
import { requireSandbox } from "./messages.ts"

const Delivered = z.object({
  id: z.string(),
  messageId: z.string().nullable(),
  channel: z.string(),
  from: z.string().nullable(),
  to: z.string(),
  text: z.string(),
  html: z.string().nullable(),
  subject: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
  attachments: z.array(z.object({ name: z.string(), type: z.string(), sizeBytes: z.int(), sha256: z.string() })),
  at: z.string(),
})

export type ToldStatus = { status: "sent" | "delivered" | "read" | "failed"; failureCode?: string | undefined }

export type SandboxDeliveryDeps = {
  store: Store
  farEnd: FarEnd
  /** Tells a state as the channel's own provider would; false: not for this one, then the state is told directly. */
  tellProvider?: (orgId: string, delivery: FarEndDelivery, told: ToldStatus) => Promise<boolean>
}

/** What the customers of the sandbox received, and the states that their side tells (api.md 2.16). */
export function sandboxDeliveryRoutes({ store, farEnd, tellProvider }: SandboxDeliveryDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/sandbox/deliveries",
      action: "sandbox.use",
      list: true,
      summary: "What the far end received; waits for the first one up to `wait` seconds",
      query: z.object({
        address: z.string().max(500).optional(),
        after: z.union([z.uuid(), z.iso.datetime({ offset: true })]).optional(),
        wait: intParam(0, 25).optional(),
      }),
      answers: { 200: z.object({ items: z.array(Delivered), nextCursor: z.string().nullable() }) },
      async handle({ principal, query, list, page }) {
        await requireSandbox(store, principal.orgId)
        const after = list.after ? String(list.after[0]) : query.after
        const isId = after !== undefined && !after.includes(":")
        const rows = await farEnd.list(principal.orgId, {
          customersOnly: !mayReadSystemMail(principal),
          address: query.address,
          ...(after !== undefined && (isId ? { afterId: after } : { afterAt: new Date(after) })),
          limit: list.limit + 1,
          waitSeconds: query.wait ?? 0,
        })
        return page(rows, (row) => [row.id], show)
      },
    }),
    route({
      method: "GET",
      path: "/sandbox/deliveries/:id",
      action: "sandbox.use",
      answers: { 200: Delivered },
      async handle({ principal, params }) {
        await requireSandbox(store, principal.orgId)
        const row = await farEnd.get(principal.orgId, params.id)
        if (!row || (row.messageId === null && !mayReadSystemMail(principal))) throw problem("not_found")
        return new Answer(200, show(row))
      },
    }),
    route({
      method: "POST",
      path: "/sandbox/deliveries/:id/statuses",
      action: "sandbox.use",
      summary: "A state told by the far end, in any order",
      body: z.object({
        status: z.enum(["sent", "delivered", "read", "failed"]),
        failureCode: z.string().max(100).optional(),
      }),
      answers: { 202: null },
      async handle({ principal, params, body }) {
        await requireSandbox(store, principal.orgId)
        const delivery = await farEnd.get(principal.orgId, params.id)
        if (!delivery) throw problem("not_found")
        if (await tellProvider?.(principal.orgId, delivery, body)) return accepted(null)
        const failure = {
          code: body.failureCode ?? "undelivered",
          text: "The message could not be delivered.",
          retryable: false,
        }
        await updateDelivery(store, {
          orgId: principal.orgId,
          externalId: delivery.externalId,
          status: body.status,
          failure: body.status === "failed" ? failure : null,
        })
        return accepted(null)
      },
    }),
  ]
}

/** The link in an invitation or a reset lets somebody in as the user whom it is for: only who may edit users sees it. */
function mayReadSystemMail(principal: Principal): boolean {
  return principal.can("user.edit")
}

function show(row: FarEndDelivery) {
  const { id, messageId, channel, text, html, subject, headers, attachments } = row
  return {
    id,
    messageId,
    channel,
    from: row.fromAddress,
    to: row.toAddress,
    text,
    html,
    subject,
    headers,
    attachments,
    at: row.at.toISOString(),
  }
}
