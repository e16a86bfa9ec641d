import { type RawBuilder, sql } from "kysely"
import { snakeCase } from "./names.ts"

/**
 * Rows as one parameter (the planner takes them for a hundred: name the keys by `= ANY` too, so that it goes by the index), so that a statement's text does not depend on their number: `FROM ${records(rows, "id uuid, at
 * timestamptz")}`. Keys are written in camelCase and become the columns of `r` in snake_case.
 */
export function records(rows: readonly object[], columns: string): RawBuilder<unknown> {
  return sql`json_to_recordset(${JSON.stringify(rows.map(withSnakeKeys))}::json) AS r(${sql.raw(columns)})`
}

function withSnakeKeys(row: object): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  // What is absent is NULL in the record too.
  for (const [key, value] of Object.entries(row)) if (value !== null && value !== undefined) out[snakeCase(key)] = value
  return out
}
