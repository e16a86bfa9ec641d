import { z } from "zod"
import type { ParkedEvents } from "../intake/parked.ts"
import { problem } from "../problem.ts"
import { created, ok } from "./answer.ts"
import { boolParam } from "./query.ts"
import { type Route, route } from "./route.ts"

const InboundEventShape = z.object({
  id: z.string(),
  channel: z.string(),
  entryPointId: z.string(),
  externalId: z.string(),
  receivedAt: z.string(),
  parkedAt: z.string().nullable(),
  parkedReason: z.string().nullable(),
  discardedAt: z.string().nullable(),
  attempts: z.int(),
  messageId: z.string().nullable(),
  raw: z.string().nullable().optional(),
})

type Row = NonNullable<Awaited<ReturnType<ParkedEvents["find"]>>>

export type InboundEventDeps = {
  parked: ParkedEvents
  /** The bytes of a blob, for what was too large for its row. */
  readBlob: (sha256: string) => Promise<Buffer>
}

/** What arrived, as received; what could not be taken in can be tried again (api.md 2.15). */
export function inboundEventRoutes({ parked, readBlob }: InboundEventDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/inbound-events",
      action: "inboundEvent.read",
      list: true,
      query: z.object({ parked: boolParam.optional(), channel: z.string().max(40).optional() }),
      answers: { 200: z.object({ items: z.array(InboundEventShape), nextCursor: z.string().nullable() }) },
      async handle({ principal, query, list, page }) {
        const beforeId = typeof list.after?.[0] === "string" ? list.after[0] : null
        const rows = await parked.list(principal.orgId, {
          parked: query.parked,
          channel: query.channel,
          limit: list.limit,
          beforeId,
        })
        return page(rows, (row) => [row.id], show)
      },
    }),
    route({
      method: "GET",
      path: "/inbound-events/:id",
      action: "inboundEvent.read",
      answers: { 200: InboundEventShape },
      async handle({ principal, params }) {
        const row = await parked.find(principal.orgId, params.id)
        if (!row) throw problem("not_found")
        const bytes = row.raw ?? (row.rawSha256 === null ? null : await readBlob(row.rawSha256))
        return ok({ ...show(row), raw: bytes?.toString("base64") ?? null })
      },
    }),
    route({
      method: "POST",
      path: "/inbound-events/:id/replays",
      action: "inboundEvent.replay",
      idempotent: true,
      answers: { 201: z.object({ status: z.enum(["done", "parked"]) }) },
      problems: ["not_parked"],
      async handle({ principal, params, actor, requestId }) {
        const { status } = await parked.replay(principal.orgId, params.id, { actor, requestId })
        return created(`/inbound-events/${params.id}`, { status })
      },
    }),
    route({
      method: "PUT",
      path: "/inbound-events/:id/discard",
      action: "inboundEvent.replay",
      body: z.object({ reason: z.string().trim().max(500).nullable().optional() }),
      answers: { 200: InboundEventShape },
      problems: ["not_parked"],
      async handle({ principal, params, body, actor, requestId }) {
        const row = await parked.find(principal.orgId, params.id)
        // Setting what is set answers the same (P8).
        if (row?.discardedAt) return ok(show(row))
        return ok(show(await parked.discard(principal.orgId, params.id, body.reason ?? null, { actor, requestId })))
      },
    }),
  ]
}

function show(row: Row): Record<string, unknown> {
  const { id, channel, entryPointId, externalId, receivedAt, parkedAt, parkedReason, discardedAt, attempts } = row
  return {
    id,
    channel,
    entryPointId,
    externalId,
    receivedAt,
    parkedAt,
    parkedReason,
    discardedAt,
    attempts,
    messageId: row.receipt?.messageId ?? null,
  }
}
