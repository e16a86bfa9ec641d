import { sql } from "kysely"
import { z } from "zod"
import { Person } from "../core/people/person.ts"
import type { Principal } from "../identity/principal.ts"
import { problem } from "../problem.ts"
import type { Bus } from "../store/bus.ts"
import type { Store } from "../store/write.ts"
import { ok, raw } from "./answer.ts"
import { maySee } from "./event-filter.ts"
import { intParam } from "./query.ts"
import { type Route, route } from "./route.ts"

const EventShape = z.object({
  position: z.int(),
  id: z.string(),
  type: z.string(),
  at: z.string(),
  actor: Person,
  requestId: z.string().nullable(),
  data: z.record(z.string(), z.unknown()),
})

type EventRow = {
  position: number
  id: string
  type: string
  at: Date
  actor: unknown
  requestId: string | null
  data: unknown
}

const pageDefault = 200
/** A hint may be lost; then the page is looked for this often. */
const lookAgainMs = 2_000

const types = z
  .string()
  .max(2_000)
  .transform((text) => text.split(",").filter((type) => type !== ""))

/** The domain events (api.md 5), the same for webhooks, sockets and here. */
export function eventRoutes({ store, bus }: { store: Store; bus: Bus }): Route[] {
  const { db } = store

  async function pageAfter(principal: Principal, after: number, limit: number, wanted: readonly string[] | undefined) {
    const last = await sql<{
      last: number
    }>`SELECT last FROM event_positions WHERE org_id = ${principal.orgId}`.execute(db)
    const latest = last.rows[0]?.last ?? 0
    const found = await sql<EventRow>`
      SELECT position, id, type, at, actor, request_id, data FROM events
      WHERE org_id = ${principal.orgId} AND position > ${after} AND position <= ${latest} AND ${ofTypes(wanted)}
      ORDER BY position LIMIT ${limit}`.execute(db)
    const isPageFull = found.rows.length === limit
    return {
      items: found.rows.filter((event) => maySee(principal, event)),
      position: isPageFull ? (found.rows.at(-1)?.position ?? after) : Math.max(after, latest),
    }
  }

  return [
    route({
      method: "GET",
      path: "/events",
      action: "event.read",
      produces: ["application/jsonl", "application/x-ndjson"],
      summary: "Everything that happened, in order; `wait` holds the answer until something does",
      query: z.object({
        after: intParam(0, Number.MAX_SAFE_INTEGER).optional(),
        limit: intParam(1, 1_000).optional(),
        types: types.optional(),
        wait: intParam(0, 25).optional(),
      }),
      answers: { 200: z.object({ items: z.array(EventShape), position: z.int(), oldestPosition: z.int() }) },
      problems: ["position_gone"],
      async handle({ principal, query, request }) {
        const bounds = await sql<{ oldest: number | null; latest: number | null }>`
          SELECT (SELECT min(position) FROM events WHERE org_id = ${principal.orgId}) AS oldest,
            (SELECT last FROM event_positions WHERE org_id = ${principal.orgId}) AS latest`.execute(db)
        const latest = bounds.rows[0]?.latest ?? 0
        const oldestPosition = bounds.rows[0]?.oldest ?? latest + 1
        const after = query.after ?? oldestPosition - 1
        if (after < oldestPosition - 1) throw problem("position_gone", { oldestPosition, position: latest })
        const limit = query.limit ?? pageDefault
        const until = store.clock.monotonic() + (query.wait ?? 0) * 1000
        using growth = watchGrowth(bus, principal.orgId)
        let page = await pageAfter(principal, after, limit, query.types)
        for (let from = after; page.items.length === 0 && store.clock.monotonic() < until && !request.raw.destroyed; ) {
          // Pages of what is not for this caller are passed over at once; at the end one waits.
          if (page.position === from) await growth.wait(Math.min(lookAgainMs, until - store.clock.monotonic()))
          from = page.position
          page = await pageAfter(principal, from, limit, query.types)
        }
        if (/\bapplication\/(x-ndjson|jsonl)\b/.test(request.headers.accept ?? "")) {
          return raw(
            "application/jsonl; charset=utf-8",
            page.items.map((item) => `${JSON.stringify(item)}\n`).join(""),
            { "x-position": String(page.position) },
          )
        }
        return ok({ items: page.items, position: page.position, oldestPosition })
      },
    }),
  ]
}

/** Exact names, or all of a noun: `contact.*`. */
function ofTypes(wanted: readonly string[] | undefined) {
  if (!wanted || wanted.length === 0) return sql`true`
  const nouns = wanted.filter((one) => one.endsWith(".*")).map((one) => one.slice(0, -2))
  return sql`(type = ANY(${wanted}) OR split_part(type, '.', 1) = ANY(${nouns}))`
}

/** Notices growth from the moment it is made, so that what comes between a look and a wait is not missed. */
function watchGrowth(bus: Bus, orgId: string): { wait(ms: number): Promise<void>; [Symbol.dispose](): void } {
  let grown = false
  let wake: () => void = () => undefined
  const leave = bus.subscribe((hint) => {
    if (hint.orgId !== orgId) return
    grown = true
    wake()
  })
  return {
    async wait(ms) {
      if (!grown) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.max(1, ms))
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      grown = false
    },
    [Symbol.dispose]: leave,
  }
}
