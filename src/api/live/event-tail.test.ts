import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import { testStore, type TestStore } from "../../../test/database.ts"
import { routingWorld, type RoutingWorld } from "../../../test/routing-world.ts"
import { setAvailability } from "../../availability/availability.ts"
import { newId } from "../../ids.ts"
import type { Hint } from "../../store/bus.ts"
import type { Store } from "../../store/write.ts"
import { createStore } from "../../store/store.ts"
import { EventTail } from "./event-tail.ts"
import type { LiveEvent } from "./live-event.ts"

let base: TestStore
/** As another process: what it commits is told nobody here. */
let other: Store

beforeAll(async () => {
  base = await testStore()
  const silent = {
    publish: () => undefined,
    subscribe: () => () => undefined,
    start: async () => {},
    stop: async () => {},
  }
  other = createStore({ db: base.db, clock: base.clock, bus: silent })
})
afterAll(() => base.close())

let errors: unknown[]
beforeEach(() => {
  errors = []
})
const onError = (error: unknown) => void errors.push(error)

async function until(holds: () => boolean): Promise<void> {
  await expect.poll(holds, { timeout: 10_000, interval: 5 }).toBe(true)
}

test("each event is told once and in order, whoever wrote it and however many are under way", async () => {
  const tail = new EventTail({ store: base.store, bus: base.bus, onError })
  const orgId = newId()
  const told: LiveEvent[] = []
  const leave = await tail.listen(orgId, (events) => told.push(...events))
  const write = (store: Store, n: number) =>
    store.write({ orgId, kind: "act" }, async (tx) => {
      for (let k = 0; k <= n % 3; k++)
        tx.event("internal.touched", { n, k, ...(n % 7 === 0 && { conversationId: newId() }) })
    })
  await Promise.all(Array.from({ length: 60 }, (_, n) => write(n % 4 === 3 ? other : base.store, n)))
  await until(() => told.length === 120)
  expect(told.map(({ position }) => position)).toEqual(Array.from({ length: 120 }, (_, n) => n + 1))
  const stored = await tail.read(orgId, 0)
  expect(told.map(({ frame }) => frame)).toEqual(stored.map(({ frame }) => frame))
  expect(errors).toEqual([])
  leave()
  tail.stop()
})

test("what is told of while the table is looked at in vain is looked for at once", async () => {
  const hints = new Set<(hint: Hint) => void>()
  const bus = {
    publish: () => undefined,
    subscribe: (listener: (hint: Hint) => void) => {
      hints.add(listener)
      return () => hints.delete(listener)
    },
    start: async () => {},
    stop: async () => {},
  }
  const looks: ((events: LiveEvent[]) => void)[] = []
  class Slow extends EventTail {
    override read(): Promise<LiveEvent[]> {
      return new Promise((resolve) => looks.push(resolve))
    }
    override async bounds(): Promise<{ oldest: number; latest: number }> {
      return { oldest: 1, latest: 0 }
    }
  }
  const tail = new Slow({ store: base.store, bus, onError })
  await tail.listen("o", () => undefined)
  const hint = (position: number) => {
    for (const listener of hints) listener({ orgId: "o", position })
  }
  hint(1)
  expect(looks).toHaveLength(1)
  hint(2)
  looks[0]?.([])
  await new Promise((resolve) => setImmediate(resolve))
  expect(looks).toHaveLength(2)
  // Nothing new was told of since: it is not looked for again and again.
  looks[1]?.([])
  await new Promise((resolve) => setImmediate(resolve))
  expect(looks).toHaveLength(2)
  tail.stop()
})

test("what an event of this process says of its conversation is what the table says", async () => {
  const world: RoutingWorld = await routingWorld(base)
  const inbox = await world.inbox("General")
  const second = await world.inbox("Billing")
  const [chat, mail] = [await world.entryPoint("chat", inbox), await world.entryPoint("email", second)]
  await world.settings((settings) => {
    settings.messaging.offerBanner = false
  })
  const tail = new EventTail({ store: base.store, bus: base.bus, onError })
  const told: LiveEvent[] = []
  const leave = await tail.listen(world.orgId, (events) => told.push(...events))
  const ana = await world.agent("Ana", { inboxIds: [inbox, second], availableFor: ["messaging", "mail"], standard: 2 })
  await world.routing.settled(world.orgId)
  // Assigned with their arrival, queued for want of room, joined by a second message, and given by a decision.
  await Promise.all(["v1", "v2", "v3"].map((visitor) => world.send(chat, "chat", visitor)))
  await world.send(chat, "chat", "v1", "more")
  await world.send(mail, "email", "maya@example.com")
  await world.store.write({ orgId: world.orgId, kind: "act" }, (tx) => setAvailability(tx, ana, []))
  await world.send(chat, "chat", "v4")
  await world.routing.settled(world.orgId)
  const { rows } = await sql<{ last: number }>`
    SELECT last FROM event_positions WHERE org_id = ${world.orgId}`.execute(base.db)
  await until(() => told.at(-1)?.position === rows[0]?.last)
  const from = told[0]?.position ?? 0
  const stored = await tail.read(world.orgId, from - 1)
  const shown = ({ position, type, inboxIds, touched }: LiveEvent) => ({ position, type, inboxIds, touched })
  expect(told.map(shown)).toEqual(stored.map(shown))
  // Who has it now may have come later; who had it at the commit was not told before.
  const holders = (events: LiveEvent[]) =>
    events.filter(({ type }) => type === "conversation_assignee.updated").map(({ agentIds }) => agentIds)
  expect(holders(told)).toEqual(holders(stored))
  expect(holders(told).length).toBeGreaterThan(1)
  leave()
  tail.stop()
  await world.stop()
})
