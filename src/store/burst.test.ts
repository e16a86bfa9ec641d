import { sql } from "kysely"
import { afterAll, beforeAll, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { createThings, type Thing, thingsTable } from "../../test/things.ts"
import { newId } from "../ids.ts"

let base: TestStore
const orgId = newId()

const things = thingsTable("things")

beforeAll(async () => {
  base = await testStore()
  await createThings(base.db, "things")
})
afterAll(() => base.close())

function row(change: Partial<Thing> = {}): Thing {
  return {
    id: newId(),
    name: "Maya",
    count: 3,
    big: 2 ** 52 + 1,
    small: -2,
    isIt: true,
    at: new Date("2026-11-29T10:00:00.123Z"),
    thing: { a: [1, null, "two"] },
    indexed: { b: "2" },
    raw: Buffer.from([0, 1, 255]),
    words: [],
    ids: [],
    ...change,
  }
}

async function read(id: string): Promise<Record<string, unknown> | undefined> {
  const { rows } = await sql<Record<string, unknown>>`SELECT * FROM things WHERE id = ${id}`.execute(base.db)
  return rows[0]
}

test("every type comes back as it was put, with what is special in a text or not there at all", async () => {
  const rows = [
    row(),
    row({ name: null, isIt: false, count: -2_147_483_648, at: new Date("1969-07-20T20:17:40.001Z") }),
    row({ name: 'tab\t new\nline \\ back\\. "quoted" ,{}', words: ["a,b", 'c"d', "", "ü"], ids: [newId(), newId()] }),
    row({ name: "é".repeat(40) + "🎈".repeat(30), thing: '{"already":"text"}' }),
    row({ name: "", raw: Buffer.alloc(70_000, 7), thing: { long: "x".repeat(50_000) } }),
  ]
  await base.store.write({ orgId, kind: "act" }, async (tx) => tx.put(things, rows))
  for (const one of rows) {
    const thing = typeof one.thing === "string" ? JSON.parse(one.thing) : one.thing
    expect(await read(one.id)).toEqual({ orgId, ...one, thing, kept: "default" })
  }
})

test("what is put is there after a flush, and gone when the transaction fails", async () => {
  const [kept, lost] = [row(), row()]
  await base.store.write({ orgId, kind: "act" }, async (tx) => {
    tx.put(things, [kept])
    expect((await sql`SELECT 1 FROM things WHERE id = ${kept.id}`.execute(tx.db)).rows).toHaveLength(0)
    await tx.flush()
    expect((await sql`SELECT 1 FROM things WHERE id = ${kept.id}`.execute(tx.db)).rows).toHaveLength(1)
    tx.also(sql`UPDATE things SET name = 'Later' WHERE id = ${kept.id}`)
  })
  expect(await read(kept.id)).toMatchObject({ name: "Later" })
  const failing = base.store.write({ orgId, kind: "act" }, async (tx) => {
    tx.put(things, [lost])
    await tx.flush()
    throw new Error("changed my mind")
  })
  await expect(failing).rejects.toThrow("changed my mind")
  expect(await read(lost.id)).toBeUndefined()
})

test("an error in the middle of a burst undoes all of it, and the connection goes on with its statements", async () => {
  const taken = row()
  await base.store.write({ orgId, kind: "act" }, async (tx) => tx.put(things, [taken]))
  // More than the pool has connections: each of them fails once and is used again.
  for (let n = 0; n < 12; n++) {
    const fresh = row()
    const write = base.store.write({ orgId, kind: "act" }, async (tx) => {
      tx.put(things, [fresh, { ...row(), id: taken.id }])
      tx.event("internal.touched", {})
    })
    await expect(write).rejects.toMatchObject({ code: "23505", constraint: "things_pkey" })
    expect(await read(fresh.id)).toBeUndefined()
    await base.store.write({ orgId, kind: "act" }, async (tx) => {
      tx.put(things, [fresh])
      tx.event("internal.touched", {})
    })
    expect(await read(fresh.id)).toBeDefined()
  }
})

test("what is asked for in one turn goes together, each with its own rows", async () => {
  const [a, b] = [row({ name: "A" }), row({ name: "B" })]
  await base.store.write({ orgId, kind: "act" }, async (tx) => tx.put(things, [a, b]))
  const found = await base.store.write({ orgId, kind: "act" }, (tx) =>
    Promise.all([
      tx.together([sql<{ name: string }>`SELECT name FROM things WHERE id = ${a.id}`]),
      tx.together([
        sql<{ isIt: boolean }>`SELECT is_it FROM things WHERE id = ${newId()}`,
        sql<{ name: string; at: Date }>`SELECT name, at FROM things WHERE id = ${b.id}`,
      ]),
    ]),
  )
  expect(found).toEqual([[[{ name: "A" }]], [[], [{ name: "B", at: b.at }]]])
})

test("positions have no gap over transactions that failed", async () => {
  const before = await last()
  const write = (fails: boolean) =>
    base.store.write({ orgId, kind: "act" }, async (tx) => {
      tx.event("internal.touched", {})
      tx.event("internal.touched", {})
      if (fails) tx.also(sql`SELECT 1 / 0`)
    })
  await write(false)
  await expect(write(true)).rejects.toMatchObject({ code: "22012" })
  await write(false)
  const { rows } = await sql<{ position: number }>`
    SELECT position FROM events WHERE org_id = ${orgId} AND position > ${before} ORDER BY position`.execute(base.db)
  expect(rows.map(({ position }) => position - before)).toEqual([1, 2, 3, 4])
})

async function last(): Promise<number> {
  const { rows } = await sql<{ last: number }>`SELECT last FROM event_positions WHERE org_id = ${orgId}`.execute(
    base.db,
  )
  return rows[0]?.last ?? 0
}
