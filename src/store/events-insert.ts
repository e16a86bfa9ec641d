import type { Collected } from "./collected.ts"
import type { Committed } from "./committed.ts"
import { eventColumns, eventRows, timelineColumns, timelineRows } from "./event-rows.ts"
import { snakeCase } from "./names.ts"
import { Params } from "./params.ts"
import type { Statement } from "./statement.ts"

/** More of them cost less by COPY. */
export const insertedEventsMax = 40

/**
 * Events and what the timeline shows of them, with the next positions of the organization: theirs count from 1 here. It
 * answers the last position. As the last statement: positions rise as commits do.
 */
export function eventsInsert(unplaced: Committed, collected: Collected): Statement {
  const binary = new Params()
  binary.add("uuid", unplaced.orgId)
  binary.add("bigint", unplaced.events.length)
  binary.add("json", unplaced.actorJson)
  binary.add("text", unplaced.requestId)
  addColumns(binary, eventColumns, eventRows(unplaced))
  addColumns(binary, timelineColumns, timelineRows(unplaced, collected))
  return { sql: text, parameters: [], binary }
}

type ElementType = Parameters<Params["addArray"]>[0]

const paramsBeforeColumns = 4

/** An array for each column, so that the statement is the same for any number of rows. */
function addColumns<Row extends object>(
  params: Params,
  columns: { readonly [Key in keyof Row]?: ElementType },
  rows: readonly Row[],
): void {
  for (const [key, type] of Object.entries(columns) as [keyof Row, ElementType][])
    params.addArray(
      type,
      rows.map((row) => row[key]),
    )
}

const text = `
  WITH p AS (
    INSERT INTO event_positions AS e (org_id, last) VALUES ($1::uuid, $2::bigint)
    ON CONFLICT (org_id) DO UPDATE SET last = e.last + excluded.last RETURNING last), e AS (
    ${insertion("events", eventColumns, paramsBeforeColumns, { actor: "$3::json", request_id: "$4::text" })}), t AS (
    ${insertion("timeline_items", timelineColumns, paramsBeforeColumns + Object.keys(eventColumns).length, { actor: "$3::json" })})
  SELECT last FROM p`

/** Of rows whose columns are the parameters after the `from`-th. */
function insertion(
  table: string,
  columns: { readonly [name: string]: ElementType | undefined },
  from: number,
  same: { readonly [name: string]: string },
): string {
  const names = Object.keys(columns).map(snakeCase)
  const arrays = Object.values(columns).map((type, n) => `$${from + n + 1}::${type}[]`)
  const values = names.map((name) => (name === "position" ? "p.last - $2 + r.position" : `r.${name}`))
  return `INSERT INTO ${table} (org_id, ${[...names, ...Object.keys(same)].join(", ")})
    SELECT $1, ${[...values, ...Object.values(same)].join(", ")} FROM p, unnest(${arrays.join(", ")}) AS r(${names.join(", ")})`
}
