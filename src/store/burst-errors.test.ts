import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { newId } from "../ids.ts"
import { copyTable } from "./copy.ts"
import { type Database, isUnavailable, openDatabase } from "./database.ts"
import { RetryWrite, type Store, type Tx } from "./write.ts"
import { createStore } from "./store.ts"

/** What goes wrong in a burst, on the one connection that the next transaction gets too. */

let base: TestStore
let alone: Database
let store: Store
let orgId: string

type Row = { id: string; count: number; at: Date | null; thing: object | null }
const things = copyTable<Row>("things", { id: "uuid", count: "integer", at: "timestamptz", thing: "json" })
const row = (change: Partial<Row> = {}): Row => ({ id: newId(), count: 1, at: null, thing: null, ...change })

beforeAll(async () => {
  base = await testStore()
  await sql`CREATE TABLE things (org_id uuid, id uuid PRIMARY KEY, count integer, at timestamptz, thing json)`.execute(
    base.db,
  )
  await sql`CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF NEW.count = 666 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END $$`.execute(
    base.db,
  )
  await sql`CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION hang_up()`.execute(base.db)
  alone = openDatabase({ url: base.url, connectionsMax: 1 })
  store = createStore({ db: alone.db, clock: base.clock, bus: base.bus })
})
afterAll(async () => {
  await alone?.close()
  await base?.close()
})
beforeEach(() => {
  orgId = newId()
})

const write = <T>(work: (tx: Tx) => Promise<T>) => store.write({ orgId, kind: "act" }, work)

async function written(): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT count(*)::int AS n FROM things WHERE org_id = ${orgId}`.execute(
    base.db,
  )
  return rows[0]?.n ?? 0
}

/** Nothing of what failed is there, and the same connection writes. More often than an organization has permits. */
async function failsAndGoesOn(work: (tx: Tx) => Promise<unknown>, error: object): Promise<void> {
  for (let n = 0; n < 3; n++) {
    await expect(write(work)).rejects.toMatchObject(error)
    expect(await written()).toBe(n)
    await write(async (tx) => {
      tx.put(things, [row()])
      tx.event("internal.touched", {})
    })
    expect(await written()).toBe(n + 1)
  }
  const { rows } = await sql<{ position: number }>`
    SELECT position FROM events WHERE org_id = ${orgId} ORDER BY position`.execute(base.db)
  expect(rows.map(({ position }) => position)).toEqual([1, 2, 3])
}

const failure = sql`SELECT 1 / 0`
const failing: [string, (tx: Tx) => Promise<unknown>][] = [
  ["first", async (tx) => tx.together([failure, sql`SELECT 1`])],
  [
    "first collected",
    async (tx) => {
      tx.also(failure)
      tx.put(things, [row()])
      tx.event("internal.touched", {})
    },
  ],
  [
    "middle",
    async (tx) => {
      tx.put(things, [row()])
      tx.late([failure], () => undefined)
      tx.put(things, [row()])
      tx.event("internal.touched", {})
    },
  ],
  [
    "last",
    async (tx) => {
      tx.put(things, [row()])
      tx.also(failure)
    },
  ],
]
test.each(failing)("an error in the %s step undoes all of it", async (_place, work) => {
  await failsAndGoesOn(work, { code: "22012" })
})

test("what a late callback throws undoes all of it; permit and connection are free", async () => {
  await failsAndGoesOn(
    async (tx) => {
      tx.put(things, [row()])
      tx.late([sql`SELECT 1`], () => {
        throw new Error("not like this")
      })
      tx.event("internal.touched", {})
    },
    { message: "not like this" },
  )
})

test("time-outs of statements and locks undo all of it", async () => {
  await failsAndGoesOn(
    async (tx) => {
      tx.put(things, [row()])
      tx.also(sql`SET LOCAL statement_timeout = 20`)
      tx.also(sql`SELECT pg_sleep(5)`)
      tx.event("internal.touched", {})
    },
    { code: "57014" },
  )
  const held = row()
  await store.write({ orgId: newId(), kind: "act" }, async (tx) => tx.put(things, [held]))
  orgId = newId()
  const holder = await base.pool.connect()
  await holder.query("BEGIN")
  await holder.query("UPDATE things SET count = 2 WHERE id = $1", [held.id])
  await failsAndGoesOn(
    async (tx) => {
      tx.also(sql`SET LOCAL lock_timeout = 20`)
      tx.put(things, [row()])
      tx.also(sql`UPDATE things SET count = 3 WHERE id = ${held.id}`)
      tx.event("internal.touched", {})
    },
    { code: "55P03" },
  )
  await holder.query("ROLLBACK")
  holder.release()
})

const hangUp = sql`SELECT pg_terminate_backend(pg_backend_pid())`
const lost: [string, (tx: Tx) => Promise<unknown>][] = [
  ["begins", async (tx) => tx.together([hangUp])],
  [
    "writes",
    async (tx) => {
      tx.put(things, [row()])
      tx.also(hangUp)
      tx.event("internal.touched", {})
    },
  ],
  [
    "commits",
    async (tx) => {
      tx.put(things, [row({ count: 666 })])
      tx.event("internal.touched", {})
    },
  ],
]
test.each(lost)("a connection that is lost while it %s says so, and another one goes on", async (_place, work) => {
  const error = await write(work).catch((found: unknown) => found)
  expect(isUnavailable(error)).toBe(true)
  expect(await written()).toBe(0)
  await write(async (tx) => tx.put(things, [row()]))
  expect(await written()).toBe(1)
})

test("what cannot be sent fails before anything is sent: the connection waits for nothing", async () => {
  const never = new Date(Number.NaN)
  await failsAndGoesOn(async (tx) => tx.together([sql`SELECT ${never}::timestamptz`]), { name: "RangeError" })
  orgId = newId()
  await failsAndGoesOn(
    async (tx) => {
      tx.put(things, [row()])
      tx.also(sql`UPDATE things SET at = ${never} WHERE org_id = ${orgId}`)
      tx.event("internal.touched", {})
    },
    { name: "RangeError" },
  )
})

test.each<[string, Partial<Row>, RegExp]>([
  ["an id of other letters", { id: "0000000g-0000-4000-8000-000000000000" }, /not a UUID/],
  ["an id that is too short", { id: "00000000-0000-4000-8000-0000000000" }, /not a UUID/],
  ["a number that is too large", { count: 2 ** 31 }, /not a number/],
  ["a number with a fraction", { count: 1.5 }, /not a number/],
  ["a date that is none", { at: new Date(Number.NaN) }, /not a number/],
])("%s is refused and not written as another", async (_what, change, message) => {
  await expect(write(async (tx) => tx.put(things, [row(change)]))).rejects.toThrow(message)
  expect(await written()).toBe(0)
})

test("NUL and half a character in an event stop nobody who reads it; whole ones stay", async () => {
  const text = 'half \ud83d and \ude00, NUL \0, whole 😀, escaped \\ud83d \\u0000, tab \t, "quoted" \\'
  const conversationId = newId()
  await write(async (tx) => tx.event("internal.touched", { text, conversationId }))
  const { rows } = await sql<{ id: string; text: string }>`
    SELECT data->>'conversationId' AS id, data->>'text' AS text FROM events WHERE org_id = ${orgId}`.execute(base.db)
  expect(rows).toEqual([{ id: conversationId, text: text.toWellFormed().replaceAll("\0", "\ufffd") }])
})

test("rows that nobody asked for are passed over", async () => {
  await write(async (tx) => {
    tx.put(things, [row()])
    tx.also(sql`UPDATE things SET count = 2 WHERE org_id = ${orgId} RETURNING id`)
  })
  expect(await written()).toBe(1)
})

test("statements that the connection has lost, or whose table has changed, are prepared anew", async () => {
  const id = newId()
  const read = () => write(async (tx) => (await tx.together([sql`SELECT * FROM things WHERE id = ${id}`]))[0][0])
  await write(async (tx) => tx.put(things, [row({ id })]))
  expect(await read()).toEqual({ orgId, id, count: 1, at: null, thing: null })
  await alone.pool.query("DISCARD ALL")
  expect(await read()).toMatchObject({ id })
  await alone.pool.query("DEALLOCATE ALL")
  await write(async (tx) => tx.put(things, [row()]))
  await sql`ALTER TABLE things ADD COLUMN more text DEFAULT 'more'`.execute(base.db)
  expect(await read()).toEqual({ orgId, id, count: 1, at: null, thing: null, more: "more" })
  await sql`ALTER TABLE things DROP COLUMN more`.execute(base.db)
  expect(await written()).toBe(2)
})

test("a second try collects everything anew", async () => {
  let tries = 0
  const acts: number[] = []
  await write(async (tx) => {
    const n = ++tries
    tx.put(things, [row()])
    tx.event("internal.touched", { n })
    tx.touch({ items: [newId()] })
    tx.job("test", { n })
    tx.afterCommit(() => acts.push(n))
    tx.late([sql`SELECT 1`], () => {
      if (n < 3) throw new RetryWrite("again")
    })
  })
  expect({ tries, acts, rows: await written() }).toEqual({ tries: 3, acts: [3], rows: 1 })
  const { rows } = await sql<{ data: object; items: number; jobs: number }>`
    SELECT e.data, json_array_length(e.touched->'items') AS items, (SELECT count(*)::int FROM jobs WHERE org_id = ${orgId}) AS jobs
    FROM events e WHERE e.org_id = ${orgId}`.execute(base.db)
  expect(rows).toEqual([{ data: { n: 3 }, items: 1, jobs: 1 }])
})

test("statements beside each other begin one transaction; one of another isolation is committed too", async () => {
  const notices: unknown[] = []
  const client = await alone.pool.connect()
  client.on("notice", (notice) => notices.push(notice.message))
  client.release()
  const [a, b] = await write((tx) =>
    Promise.all([
      sql<{ xid: string }>`SELECT pg_current_xact_id()::text AS xid`.execute(tx.db),
      sql<{ xid: string }>`SELECT pg_current_xact_id()::text AS xid`.execute(tx.db),
    ]),
  )
  expect(a.rows).toEqual(b.rows)
  await alone.db
    .transaction()
    .setIsolationLevel("repeatable read")
    .execute((trx) => sql`INSERT INTO things (org_id, id, count) VALUES (${orgId}, ${newId()}, 1)`.execute(trx))
  expect(await written()).toBe(1)
  expect(notices).toEqual([])
})

test("who fails to follow does not make what is committed look like a failure", async () => {
  const leave = base.bus.subscribe(() => {
    throw new Error("cannot follow")
  })
  await write(async (tx) => {
    tx.put(things, [row()])
    tx.event("internal.touched", {})
  })
  leave()
  expect(await written()).toBe(1)
})

test("what runs again and again is prepared, and anew where the connection has lost it or its table has changed", async () => {
  const id = newId()
  await write(async (tx) => tx.put(things, [row({ id })]))
  const read = async (db = alone.db) => (await sql`SELECT * FROM things WHERE id = ${id}`.execute(db)).rows[0]
  for (let n = 0; n < 25; n++) await read()
  const names = await alone.pool.query(
    "SELECT 1 FROM pg_prepared_statements WHERE statement LIKE 'SELECT * FROM things%'",
  )
  expect(names.rowCount).toBeGreaterThan(0)
  await alone.pool.query("DISCARD ALL")
  await expect(read()).rejects.toMatchObject({ code: "26000" })
  expect(await read()).toMatchObject({ id })
  await sql`ALTER TABLE things ADD COLUMN more text DEFAULT 'more'`.execute(base.db)
  // In a transaction of the store nobody notices.
  expect(await write((tx) => read(tx.db))).toMatchObject({ id, more: "more" })
  await sql`ALTER TABLE things DROP COLUMN more`.execute(base.db)
})

test("a connection keeps the plans of what it used last; what it has let go is prepared anew, also behind an error", async () => {
  const kept = async () =>
    (await alone.pool.query("SELECT count(*)::int AS n FROM pg_prepared_statements WHERE name LIKE 'b\\_%'")).rows[0].n
  const columns = (n: number) => sql`SELECT ${sql.raw(`${n} AS n, 'at ${n}' AS text`)}, ${n}::int AS same`
  const ask = (numbers: number[]) => write((tx) => tx.together(numbers.map(columns)))
  for (let from = 0; from < 500; from += 25) {
    const numbers = Array.from({ length: 25 }, (_, n) => from + n)
    const rows = await ask(numbers)
    expect(rows).toEqual(numbers.map((n) => [{ n, text: `at ${n}`, same: n }]))
    if (from % 100 === 0) {
      // What would have been let go behind it is there still.
      const failing = write((tx) => tx.together([failure, ...numbers.map((n) => columns(1_000 + n))]))
      await expect(failing).rejects.toMatchObject({ code: "22012" })
    }
  }
  expect(await kept()).toBeLessThanOrEqual(200)
  for (const n of [0, 499, 250, 1_000, 0]) expect(await ask([n])).toEqual([[{ n, text: `at ${n}`, same: n }]])
})
