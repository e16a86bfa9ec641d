import { type Kysely, sql } from "kysely"
import { type CopyTable, copyTable } from "../src/store/copy.ts"
import type { DB } from "../src/store/tables.ts"

/** A table with a column of each type that rows are written in. */
export type Thing = {
  id: string
  name: string | null
  count: number | null
  big: number | null
  small: number | null
  isIt: boolean | null
  at: Date | null
  thing: unknown
  indexed: unknown
  raw: Buffer | null
  words: string[] | null
  ids: string[] | null
}

/** How rows go into the table of this name, which `createThings` makes. */
export function thingsTable(name: string): CopyTable<Thing> {
  return copyTable<Thing>(name, {
    id: "uuid",
    name: "text",
    count: "integer",
    big: "bigint",
    small: "smallint",
    isIt: "boolean",
    at: "timestamptz",
    thing: "json",
    indexed: "jsonb",
    raw: "bytea",
    words: "texts",
    ids: "uuids",
  })
}

/** Has a column more than what is written: it takes its default. */
export async function createThings(db: Kysely<DB>, name: string): Promise<void> {
  await sql`CREATE TABLE ${sql.raw(name)} (org_id uuid, id uuid PRIMARY KEY, name text, count integer, big bigint, small smallint,
    is_it boolean, at timestamptz, thing json, indexed jsonb, raw bytea, words text[], ids uuid[], kept text DEFAULT 'default')`.execute(
    db,
  )
}
