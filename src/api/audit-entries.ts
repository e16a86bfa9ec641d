import { sql } from "kysely"
import { z } from "zod"
import { Person } from "../core/people/person.ts"
import type { Store } from "../store/write.ts"
import { raw } from "./answer.ts"
import { csvOf } from "./csv.ts"
import { listParam, textParam, timeParam } from "./query.ts"
import { type Route, route } from "./route.ts"

const AuditEntry = z.object({
  id: z.string(),
  at: z.string(),
  actor: Person,
  entityType: z.string(),
  entityId: z.string(),
  entityName: z.string().nullable(),
  action: z.enum(["added", "updated", "removed"]),
  before: z.unknown(),
  after: z.unknown(),
  requestId: z.string().nullable(),
})

type Row = {
  id: string
  at: Date
  actor: { name: string }
  entityType: string
  entityId: string
  entityName: string | null
  action: string
  before: unknown
  after: unknown
  requestId: string | null
}

const exportRowsMax = 10_000
const columns = [
  "id",
  "at",
  "actor",
  "entityType",
  "entityId",
  "entityName",
  "action",
  "before",
  "after",
  "requestId",
] as const

/** Who changed what (api.md 2.15): append only, newest first. */
export function auditEntryRoutes({ store }: { store: Store }): Route[] {
  return [
    route({
      method: "GET",
      path: "/audit-entries",
      action: "auditEntry.read",
      list: true,
      produces: ["text/csv"],
      query: z.object({
        entityType: z.string().max(100).optional(),
        entityId: z.string().max(100).optional(),
        actorId: z.string().max(100).optional(),
        action: listParam(["added", "updated", "removed"]).optional(),
        atFrom: timeParam.optional(),
        atTo: timeParam.optional(),
        q: textParam.optional(),
        format: z.enum(["csv", "json"]).optional(),
      }),
      answers: { 200: z.object({ items: z.array(AuditEntry), nextCursor: z.string().nullable() }) },
      async handle({ principal, query, list, page, request }) {
        const asCsv = query.format === "csv" || /\btext\/csv\b/.test(request.headers.accept ?? "")
        const before = typeof list.after?.[0] === "string" ? list.after[0] : null
        const found = await sql<Row>`
          SELECT id, at, actor, entity_type, entity_id, entity_name, action, before, after, request_id FROM audit_entries
          WHERE org_id = ${principal.orgId}
            ${query.entityType === undefined ? sql`` : sql`AND entity_type = ${query.entityType}`}
            ${query.entityId === undefined ? sql`` : sql`AND entity_id = ${query.entityId}`}
            ${query.actorId === undefined ? sql`` : sql`AND actor->>'id' = ${query.actorId}`}
            ${query.action === undefined ? sql`` : sql`AND action = ANY(${query.action}::text[])`}
            ${query.atFrom === undefined ? sql`` : sql`AND at >= ${query.atFrom}`}
            ${query.atTo === undefined ? sql`` : sql`AND at < ${query.atTo}`}
            ${query.q ? sql`AND (position(lower(${query.q}) IN lower(coalesce(entity_name, ''))) > 0 OR position(lower(${query.q}) IN lower(entity_type || ' ' || (actor->>'name'))) > 0)` : sql``}
            ${before === null ? sql`` : sql`AND id < ${before}::uuid`}
          ORDER BY id DESC LIMIT ${asCsv ? exportRowsMax : list.limit + 1}`.execute(store.db)
        if (!asCsv)
          return page(
            found.rows,
            (row) => [row.id],
            (row) => row,
          )
        const table = found.rows.map((row) =>
          columns.map((name) => cellOf(name === "actor" ? row.actor.name : row[name])),
        )
        return raw("text/csv; charset=utf-8", csvOf([[...columns], ...table]), {
          "content-disposition": 'attachment; filename="audit-entries.csv"',
        })
      },
    }),
  ]
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ""
  if (value instanceof Date) return value.toISOString()
  return typeof value === "string" ? value : JSON.stringify(value)
}
