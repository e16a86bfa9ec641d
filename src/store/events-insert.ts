import type { Statement } from "./burst.ts"
import type { EventRow, TimelineRow } from "./commit.ts"
import { type ColumnType, Params } from "./copy.ts"

/** One statement for each number of events and items is prepared. */
export const insertedEventsMax = 40

/**
 * Events and what the timeline shows of them, with the next positions of the organization: theirs count from 1 here. It
 * answers the last position. As the last statement: positions rise as commits do.
 */
export function eventsInsert(events: readonly EventRow[], timeline: readonly TimelineRow[], orgId: string): Statement {
  const params = new Params()
  params.add("uuid", orgId)
  params.add("bigint", events.length)
  params.add("json", events[0]?.actor)
  params.add("text", events[0]?.requestId)
  addRows(params, eventColumns, events)
  addRows(params, timelineColumns, timeline)
  return { sql: textFor(events.length, timeline.length), parameters: [], binary: params }
}

type Columns<Row> = { readonly [Key in keyof Row & string]?: ColumnType }

const eventColumns: Columns<EventRow> = {
  position: "bigint",
  id: "uuid",
  type: "text",
  at: "timestamptz",
  data: "json",
  touched: "json",
}
const timelineColumns: Columns<TimelineRow> = {
  position: "bigint",
  id: "uuid",
  customerId: "uuid",
  conversationId: "uuid",
  contactId: "uuid",
  kind: "text",
  thingId: "uuid",
  thing: "json",
  at: "timestamptz",
}
const paramsBeforeRows = 4

function addRows<Row extends object>(params: Params, columns: Columns<Row>, rows: readonly Row[]): void {
  for (const row of rows)
    for (const [key, type] of Object.entries(columns) as [keyof Row, ColumnType][]) params.add(type, row[key])
}

const texts = new Map<number, string>()

function textFor(events: number, items: number): string {
  const key = events * 1_000 + items
  let text = texts.get(key)
  if (text === undefined) {
    text = textOf(events, items)
    texts.set(key, text)
  }
  return text
}

function textOf(events: number, items: number): string {
  const eventNames = Object.keys(eventColumns).map(snakeCase)
  const itemNames = Object.keys(timelineColumns).map(snakeCase)
  const position = (rows: string) => `p.last - $2 + ${rows}.position`
  const others = (names: readonly string[], rows: string) => names.slice(1).map((name) => `${rows}.${name}`)
  const firstItem = paramsBeforeRows + events * eventNames.length
  const timeline =
    items === 0
      ? ""
      : `, t AS (
    INSERT INTO timeline_items (org_id, ${itemNames.join(", ")}, actor)
    SELECT $1, ${[position("i"), ...others(itemNames, "i")].join(", ")}, $3 FROM p, (VALUES ${values(items, timelineColumns, firstItem)}) AS i(${itemNames.join(", ")}))`
  return `
  WITH p AS (
    INSERT INTO event_positions AS e (org_id, last) VALUES ($1::uuid, $2::bigint)
    ON CONFLICT (org_id) DO UPDATE SET last = e.last + excluded.last RETURNING last), e AS (
    INSERT INTO events (org_id, ${eventNames.join(", ")}, actor, request_id)
    SELECT $1, ${[position("r"), ...others(eventNames, "r")].join(", ")}, $3::json, $4::text
    FROM p, (VALUES ${values(events, eventColumns, paramsBeforeRows)}) AS r(${eventNames.join(", ")}))${timeline}
  SELECT last FROM p`
}

/** Of parameters after the `from`-th, with their types: those of the columns do not reach them here. */
function values(rows: number, columns: { readonly [name: string]: ColumnType | undefined }, from: number): string {
  const types = Object.values(columns)
  const row = (n: number) => `(${types.map((type, c) => `$${from + n * types.length + c + 1}::${type}`).join(", ")})`
  return Array.from({ length: rows }, (_, n) => row(n)).join(", ")
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
