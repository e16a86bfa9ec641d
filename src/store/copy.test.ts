import fc from "fast-check"
import { sql } from "kysely"
import { afterAll, beforeAll, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { createThings, type Thing, thingsTable } from "../../test/things.ts"
import { amount } from "../../test/trials.ts"
import { newId } from "../ids.ts"
import { Copy } from "./copy.ts"

/** Few rows go by INSERT, more by COPY: nobody who reads them can tell. */

let base: TestStore

const copied = thingsTable("copied")
const inserted = thingsTable("inserted")

beforeAll(async () => {
  base = await testStore()
  for (const name of ["copied", "inserted"]) await createThings(base.db, name)
})
afterAll(() => base.close())

const textOf = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ maxLength: 60 }),
  fc.constantFrom("", "\\.", "\\N", "NULL", "\t\n\r\\", "é".repeat(40), "🎈".repeat(40), "{a,b}", '"'),
)
const text = textOf.map((value) => value.replaceAll("\0", ""))
const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 4, nil: null })
const edges = (bits: number) => fc.constantFrom(0, -1, 255, 256, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
const json = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom("half \ud83d", "NUL \0", "\\u0000", '"\\"').map((odd) => ({ odd, [odd]: 1 })),
)

const rowOf: fc.Arbitrary<Thing> = fc.record({
  id: fc.uuid(),
  name: nullable(text),
  count: nullable(fc.oneof(fc.integer(), edges(32))),
  big: nullable(
    fc.oneof(fc.maxSafeInteger(), edges(32), fc.constantFrom(2 ** 53 - 1, -(2 ** 53), 2 ** 32, -(2 ** 32) - 1)),
  ),
  small: nullable(fc.oneof(fc.integer({ min: -32_768, max: 32_767 }), edges(16))),
  isIt: nullable(fc.boolean()),
  at: nullable(fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })),
  // A text is taken for JSON as it is.
  thing: nullable(
    fc.oneof(
      json.filter((value) => typeof value !== "string"),
      json.map((value) => JSON.stringify(value)),
    ),
  ),
  indexed: nullable(json.map((value) => JSON.stringify(value))),
  raw: nullable(fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes))),
  words: nullable(fc.array(text, { maxLength: 5 })),
  ids: nullable(fc.array(fc.uuid(), { maxLength: 5 })),
})
const rowsOf = fc.uniqueArray(rowOf, { minLength: 7, maxLength: 12, selector: ({ id }) => id })

async function read(name: string): Promise<unknown[]> {
  const { rows } = await sql`
    SELECT *, thing::text AS thing_text, indexed::text AS indexed_text, at::text AS at_text, big::text AS big_text
    FROM ${sql.raw(name)} ORDER BY id`.execute(base.db)
  return rows
}

test("the same rows by INSERT and by COPY read back equal, and as they were", async () => {
  await fc.assert(
    fc.asyncProperty(rowsOf, fc.integer({ min: 1, max: 6 }), async (rows, share) => {
      const orgId = newId()
      await sql`TRUNCATE copied, inserted`.execute(base.db)
      await base.store.write({ orgId, kind: "act" }, async (tx) => tx.put(copied, rows))
      for (let from = 0; from < rows.length; from += share)
        await base.store.write({ orgId, kind: "act" }, async (tx) => tx.put(inserted, rows.slice(from, from + share)))
      const found = await read("copied")
      expect(await read("inserted")).toEqual(found)
      const byId = [...rows].sort((a, b) => (a.id < b.id ? -1 : 1))
      expect(found).toMatchObject(
        byId.map(({ thing: _thing, indexed: _indexed, ...row }) => ({ orgId, ...row, kept: "default" })),
      )
    }),
    { numRuns: amount(40, 1_000) },
  )
}, 60_000)

test("rows that are put one after the other in one transaction go together, up to six by INSERT", () => {
  const row = { id: newId() } as Thing
  const orgId = newId()
  const copy = new Copy(inserted)
  expect(copy.asInsert()).toBeNull()
  const placeholders: number[] = []
  for (let n = 1; n <= 7; n++) {
    copy.add(inserted, orgId, [row])
    const insert = copy.asInsert()
    placeholders.push(insert?.binary?.count ?? 0)
    expect(insert?.sql.match(/\$\d+/g)?.length ?? 0).toBe(placeholders.at(-1))
  }
  expect(placeholders).toEqual([13, 26, 39, 52, 65, 78, 0])
})

test("an error is the same by both ways: which index, which code", async () => {
  const row = (id = newId()): Thing => fc.sample(rowOf, 1).map((one) => ({ ...one, id }))[0] as Thing
  const taken = row()
  const write = (rows: Thing[]) =>
    base.store.write({ orgId: newId(), kind: "act" }, async (tx) => tx.put(inserted, rows))
  await write([taken])
  for (const others of [0, 5, 6, 40]) {
    const rows = [...Array.from({ length: others }, () => row()), row(taken.id)]
    await expect(write(rows)).rejects.toMatchObject({ code: "23505", constraint: "inserted_pkey", table: "inserted" })
    await expect(write(rows.map((one) => ({ ...one, id: newId(), name: "NUL \0" })))).rejects.toMatchObject({
      code: "22021",
    })
  }
})
