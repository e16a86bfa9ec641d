import fc from "fast-check"
import { sql } from "kysely"
import { afterAll, beforeAll, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { amount } from "../../test/trials.ts"
import { newId } from "../ids.ts"
import type { Hint } from "./bus.ts"
import type { Store, TimelineEntry } from "./write.ts"
import { createStore } from "./store.ts"

/** Few events go with all else in one round trip, more in two: what is there afterwards is the same. */

let base: TestStore
beforeAll(async () => {
  base = await testStore()
})
afterAll(() => base.close())

type Told = { type: string; data: Record<string, unknown>; at?: Date; timeline?: TimelineEntry }

const instant = fc.date({ min: new Date("1970-01-01"), max: new Date("2020-01-01"), noInvalidDate: true })
const text = fc.string({ unit: "grapheme", maxLength: 20 }).map((value) => value.replaceAll("\0", ""))
const dataOf = fc.dictionary(text, fc.jsonValue({ depthSize: "small" }), { maxKeys: 4, noNullPrototype: true })
const timelineOf: fc.Arbitrary<TimelineEntry> = fc.record(
  {
    kind: fc.constantFrom("message", "note", "task"),
    conversationId: fc.uuid(),
    customerId: fc.uuid(),
    contactId: fc.option(fc.uuid()),
    thingId: fc.option(fc.uuid()),
    thing: dataOf,
    at: instant,
  },
  { requiredKeys: ["kind", "conversationId", "customerId"] },
)
const toldOf: fc.Arbitrary<Told> = fc.record(
  { type: fc.constantFrom("internal.touched", "note.created"), data: dataOf, at: instant, timeline: timelineOf },
  { requiredKeys: ["type", "data"] },
)

type Way = "at once" | "in two"

/** `late`: rows are to be judged before the events are written. */
function tell(store: Store, orgId: string, told: readonly Told[], way: Way): Promise<string[]> {
  return store.write({ orgId, kind: "act", requestId: "r-1" }, async (tx) => {
    if (way === "in two") tx.late([sql`SELECT 1`], () => undefined)
    tx.touch({ items: [orgId] })
    return told.map(({ type, data, at, timeline }) =>
      tx.event(type, data, { ...(at && { at }), ...(timeline && { timeline }) }),
    )
  })
}

type EventAs = { position: number; id: string; at: Date; [column: string]: unknown }
async function read(orgId: string): Promise<{ events: EventAs[]; timeline: EventAs[] }> {
  const events = await sql<EventAs>`
    SELECT position, id, type, at, actor::text, request_id, data::text, touched::text FROM events WHERE org_id = ${orgId} ORDER BY position`.execute(
    base.db,
  )
  const timeline = await sql<EventAs>`
    SELECT position, id, customer_id, conversation_id, contact_id, kind, thing_id, thing::text, at, actor::text
    FROM timeline_items WHERE org_id = ${orgId} ORDER BY position`.execute(base.db)
  return { events: events.rows, timeline: timeline.rows }
}

test("events and timeline are the same at once and in two round trips, in the order in which they were told", async () => {
  const manyOf = fc.oneof(
    fc.array(toldOf, { minLength: 1, maxLength: 6 }),
    fc.array(toldOf, { minLength: 35, maxLength: 45 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(manyOf, { minLength: 1, maxLength: 3 }), async (transactions) => {
      const orgs = { once: newId(), two: newId() }
      const began = base.clock.now().getTime()
      const ids: string[] = []
      const hints: Hint[] = []
      const leave = base.bus.subscribe((hint) => void (hint.orgId === orgs.once && hints.push(hint)))
      for (const told of transactions) {
        ids.push(...(await tell(base.store, orgs.once, told, "at once")))
        await tell(base.store, orgs.two, told, "in two")
      }
      leave()
      const [once, two] = [await read(orgs.once), await read(orgs.two)]
      const all = transactions.flat()
      expect(once.events.map(({ position, id }) => ({ position, id }))).toEqual(
        ids.map((id, index) => ({ position: index + 1, id })),
      )
      expect(once.timeline.map(({ position, id }) => ({ position, id }))).toEqual(
        all.flatMap(({ timeline }, index) => (timeline ? [{ position: index + 1, id: ids[index] }] : [])),
      )
      // What the other parts of the process are told is what is there.
      expect(hints.flatMap(({ committed }) => committed?.events ?? [])).toMatchObject(
        once.events.map(({ position, id, type }) => ({ position, id, type })),
      )
      // Each organization has its own ids, and its own now.
      const isNow = (at: Date) => at.getTime() >= began
      const known = (rows: EventAs[], orgId: string) =>
        rows.map(({ id: _id, at, touched, ...row }) => ({
          ...row,
          at: isNow(at) ? "now" : at,
          touched: typeof touched === "string" ? touched.replaceAll(orgId, "ORG") : touched,
        }))
      expect(known(once.events, orgs.once)).toEqual(known(two.events, orgs.two))
      expect(known(once.timeline, orgs.once)).toEqual(known(two.timeline, orgs.two))
    }),
    { numRuns: amount(15, 300) },
  )
}, 60_000)

test("many transactions of one organization at once: no gap, each together, and never a later one before an earlier", async () => {
  const orgId = newId()
  const stores = [0, 1, 2].map(() => createStore({ db: base.db, clock: base.clock, bus: base.bus }))
  const sizes = [1, 3, 40, 41, 2, 7]
  const written: string[][] = []
  let isDone = false
  const jobs = stores.flatMap((store, s) =>
    Array.from({ length: 20 }, async (_, n) => {
      const told = Array.from({ length: sizes[(s + n) % sizes.length] ?? 1 }, (_, e): Told => {
        const timeline: TimelineEntry = { kind: "note", conversationId: newId(), customerId: newId() }
        return { type: "note.created", data: { s, n, e }, ...(e % 2 === 0 && { timeline }) }
      })
      if (n % 5 === 4) {
        const failing = store.write({ orgId, kind: "act" }, async (tx) => {
          for (const { type, data } of told) tx.event(type, data)
          tx.also(sql`SELECT 1 / 0`)
        })
        return void (await expect(failing).rejects.toMatchObject({ code: "22012" }))
      }
      written.push(await tell(store, orgId, told, n % 3 === 0 ? "in two" : "at once"))
    }),
  )
  const watching = (async () => {
    while (!isDone) {
      const { rows } = await sql<{ n: number; last: number }>`
        SELECT count(*)::int AS n, coalesce(max(position), 0)::int AS last FROM events WHERE org_id = ${orgId}`.execute(
        base.db,
      )
      expect(rows[0]?.n).toBe(rows[0]?.last)
    }
  })()
  await Promise.all(jobs)
  isDone = true
  await watching
  const { events, timeline } = await read(orgId)
  expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1))
  expect(events).toHaveLength(written.flat().length)
  const at = new Map(events.map(({ id, position }) => [id, position]))
  for (const ids of written) {
    const first = at.get(ids[0] ?? "") ?? 0
    expect(ids.map((id) => at.get(id))).toEqual(ids.map((_, index) => first + index))
  }
  for (const { id, position } of timeline) expect(at.get(id)).toBe(position)
}, 60_000)

test("the first events of an organization, told at once by many, begin with 1", async () => {
  for (let round = 0; round < 5; round++) {
    const orgId = newId()
    const stores = Array.from({ length: 6 }, () => createStore({ db: base.db, clock: base.clock, bus: base.bus }))
    await Promise.all(stores.map((store) => tell(store, orgId, [{ type: "note.created", data: {} }], "at once")))
    expect((await read(orgId)).events.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6])
  }
})
