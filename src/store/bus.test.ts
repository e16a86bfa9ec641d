import pg from "pg"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { testDatabase } from "../../test/database.ts"
import { systemClock } from "../clock.ts"
import { newId } from "../ids.ts"
import { type Bus, type Hint, postgresBus } from "./bus.ts"

/** Processes on one database, each with its bus; a listener beside them sees what goes through the database. */

const clock = systemClock()
let database: Awaited<ReturnType<typeof testDatabase>>
let listener: pg.Client
let seen: string[]
const buses: Bus[] = []

beforeEach(async () => {
  database = await testDatabase()
  listener = new pg.Client({ connectionString: database.url })
  await listener.connect()
  seen = []
  listener.on("notification", ({ payload = "" }) => void seen.push(payload))
  await listener.query("LISTEN switchboard")
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const bus of buses.splice(0)) await bus.stop()
  await listener.end()
  await database.drop()
})

async function start(): Promise<{ bus: Bus; heard: Hint[] }> {
  const bus = postgresBus(database.url, () => undefined)
  buses.push(bus)
  const heard: Hint[] = []
  bus.subscribe((hint) => void heard.push(hint))
  await bus.start()
  return { bus, heard }
}

/** A process says hello by its name alone. */
const hints = () => seen.filter((payload) => payload.includes(" ")).map((payload) => payload.split(" ").slice(1))
const meet = () =>
  vi.waitFor(() => expect(new Set(seen.map((payload) => payload.split(" ")[0])).size).toBe(buses.length))
const quiet = () => clock.sleep(60)

test("who is alone sends no hints, and hears himself", async () => {
  const { bus, heard } = await start()
  const orgId = newId()
  for (let position = 1; position <= 5; position++) bus.publish({ orgId, position })
  await quiet()
  expect(heard.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5])
  expect(hints()).toEqual([])
  expect(seen).toHaveLength(1)
})

test("two hear each other; what follows closely goes together, the last position of each organization", async () => {
  const [a, b] = [await start(), await start()]
  await meet()
  await quiet()
  const [one, other] = [newId(), newId()]
  for (let position = 1; position <= 5; position++) a.bus.publish({ orgId: one, position })
  a.bus.publish({ orgId: other, position: 7 })
  await vi.waitFor(() => expect(b.heard).toHaveLength(2))
  expect(b.heard).toEqual([
    { orgId: one, position: 5 },
    { orgId: other, position: 7 },
  ])
  expect(hints()).toEqual([[`${one}:5`, `${other}:7`]])
  b.bus.publish({ orgId: one, position: 6 })
  await vi.waitFor(() => expect(a.heard.at(-1)).toEqual({ orgId: one, position: 6 }))
  await quiet()
  expect(b.heard).toHaveLength(3)
})

test("three that start at the same time all hear each other", async () => {
  const all = await Promise.all([start(), start(), start()])
  await meet()
  await quiet()
  for (const { bus } of all) {
    const orgId = newId()
    bus.publish({ orgId, position: 1 })
    await vi.waitFor(() => {
      for (const { heard } of all) expect(heard.filter((hint) => hint.orgId === orgId)).toHaveLength(1)
    })
  }
})

test("who starts later is told what was kept: the last position of each organization", async () => {
  const a = await start()
  const orgIds = Array.from({ length: 250 }, () => newId())
  for (const orgId of orgIds) for (const position of [1, 2]) a.bus.publish({ orgId, position })
  await quiet()
  expect(hints()).toEqual([])
  const b = await start()
  await vi.waitFor(() => expect(b.heard).toHaveLength(orgIds.length))
  expect(b.heard).toEqual(orgIds.map((orgId) => ({ orgId, position: 2 })))
  a.bus.publish({ orgId: orgIds[0] ?? "", position: 3 })
  await vi.waitFor(() => expect(b.heard.at(-1)).toEqual({ orgId: orgIds[0], position: 3 }))
})

test("who is silent for long is there no more, and is told again when he comes back", async () => {
  const [a, b] = [await start(), await start()]
  await meet()
  await quiet()
  await b.bus.stop()
  const now = performance.now.bind(performance)
  vi.spyOn(performance, "now").mockImplementation(() => now() + 11_000)
  const orgId = newId()
  a.bus.publish({ orgId, position: 1 })
  await quiet()
  expect(hints()).toEqual([])
  const c = await start()
  await vi.waitFor(() => expect(c.heard).toEqual([{ orgId, position: 1 }]))
})

test("what was published while the connection was lost is told when there is another", async () => {
  const [a, b] = [await start(), await start()]
  await meet()
  const first = newId()
  a.bus.publish({ orgId: first, position: 1 })
  await vi.waitFor(() => expect(b.heard).toHaveLength(1))
  // Both are cut off; nobody has been forgotten yet, so that nobody is new.
  await listener.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'switchboard-bus'",
  )
  await quiet()
  const orgId = newId()
  a.bus.publish({ orgId, position: 1 })
  await quiet()
  expect(hints()).toHaveLength(1)
  await vi.waitFor(() => expect(hints()).toEqual([[`${first}:1`], [`${orgId}:1`]]), { timeout: 3_000 })
})

test("a listener that fails holds up nobody else's process", async () => {
  const [a, b] = [await start(), await start()]
  await meet()
  await quiet()
  const leave = a.bus.subscribe(() => {
    throw new Error("cannot follow")
  })
  const orgId = newId()
  a.bus.publish({ orgId, position: 1 })
  await vi.waitFor(() => expect(b.heard).toEqual([{ orgId, position: 1 }]))
  leave()
})

test("who is stopped while it starts leaves no connection", async () => {
  const bus = postgresBus(database.url, () => undefined)
  const starting = bus.start()
  await bus.stop()
  await starting
  const { rows } = await listener.query(
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'switchboard-bus'",
  )
  expect(rows).toEqual([])
  expect(seen).toEqual([])
})
