import { sql } from "kysely"
import { afterAll, beforeAll, expect, test } from "vitest"
import WebSocket from "ws"
import { testStore, type TestStore } from "../../../test/database.ts"
import { createStore } from "../../store/store.ts"
import { type Desk, desk, deskOrigin, type Person } from "../../../test/desk.ts"

let ground: TestStore
let d: Desk
let ana: Person
let ben: Person
let jordan: Person
let general = ""
let billing = ""
let port = 0

beforeAll(async () => {
  ground = await testStore()
  d = await desk(ground)
  general = await d.world.entryPoint("email", d.generalId)
  billing = await d.world.entryPoint("email", d.billingId)
  jordan = await d.person("Jordan", ["administrator"])
  ana = await d.person("Ana", ["agent"], [d.generalId])
  ben = await d.person("Ben", ["agent"], [d.billingId])
  port = await d.listen()
}, 120_000)

afterAll(async () => {
  await d?.stop()
  await ground?.close()
})

type Frame = { type: string; [field: string]: ReturnType<typeof JSON.parse> }

class Tab {
  readonly frames: Frame[] = []
  readonly socket: WebSocket
  closed: number | null = null
  constructor(person: Person, headers: Record<string, string> = {}, protocol = "switchboard.live.v1") {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/api/live`, protocol, {
      headers: { cookie: person.cookie, origin: deskOrigin, ...headers },
    })
    this.socket.on("message", (bytes) => this.frames.push(JSON.parse(String(bytes))))
    this.socket.on("close", (code) => {
      this.closed = code
    })
    this.socket.on("error", () => undefined)
  }
  async open(): Promise<this> {
    await until(() => this.socket.readyState === WebSocket.OPEN || this.closed !== null)
    return this
  }
  say(frame: object): void {
    this.socket.send(JSON.stringify(frame))
  }
  async frame(type: string, fits: (frame: Frame) => boolean = () => true): Promise<Frame> {
    await until(() => this.frames.some((frame) => frame.type === type && fits(frame)))
    return this.frames.find((frame) => frame.type === type && fits(frame)) as Frame
  }
  events(): string[] {
    return this.frames.filter((frame) => frame.type === "event").map((frame) => frame.eventType)
  }
}

async function until(holds: () => boolean, ms = 5_000): Promise<void> {
  const end = Date.now() + ms
  while (!holds()) {
    if (Date.now() > end) throw new Error(`did not happen within ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

async function enter(person: Person, streams?: string[], position: number | null = null): Promise<Tab> {
  const tab = await new Tab(person).open()
  tab.say({ type: "hello", position, ...(streams && { streams }) })
  await tab.frame("caught_up")
  return tab
}

let n = 0
const someone = () => `customer${++n}@example.com`

test("what happens in own inboxes is told as it happens, in order, and nothing of others", async () => {
  const tab = await enter(ana, ["me", "work"])
  const other = await enter(ben, ["me", "work"])
  expect(await tab.frame("welcome")).toMatchObject({
    userId: ana.id,
    serverVersion: "0",
    oldestPosition: expect.any(Number),
  })
  const receipt = await d.world.send(general, "email", someone())
  const told = await tab.frame("event", (frame) => frame.eventType === "contact.message_received")
  expect(told.data).toMatchObject({
    conversationId: receipt.conversationId,
    messageId: receipt.messageId,
    text: "Hello",
  })
  const positions = tab.frames.filter((frame) => frame.type === "event").map((frame) => frame.position)
  expect(positions).toEqual(positions.toSorted((a, b) => a - b))
  await d.world.send(billing, "email", someone())
  await other.frame("event", (frame) => frame.eventType === "contact.message_received")
  expect(other.frames.some((frame) => frame.data?.conversationId === receipt.conversationId)).toBe(false)
  expect(tab.frames.filter((frame) => frame.eventType === "contact.message_received")).toHaveLength(1)
  expect((await tab.frame("counts")).mail).toMatchObject({ waiting: expect.any(Number) })
  tab.socket.close()
  other.socket.close()
})

test("from a saved position nothing is missed and nothing is told twice", async () => {
  const tab = await enter(jordan, ["all"])
  await d.world.send(general, "email", someone())
  const seen = await tab.frame("event", (frame) => frame.eventType === "contact.message_received")
  tab.socket.close()
  const writers = Array.from({ length: 10 }, () => d.world.send(general, "email", someone()))
  const again = await enter(jordan, ["all"], seen.position)
  await Promise.all(writers)
  await d.world.send(general, "email", someone(), "the last")
  await again.frame(
    "event",
    (frame) => frame.eventType === "contact.message_received" && frame.data.text === "the last",
  )
  const events = again.frames.filter((frame) => frame.type === "event")
  expect(events.filter((frame) => frame.eventType === "contact.message_received")).toHaveLength(11)
  expect(new Set(events.map((frame) => frame.position)).size).toBe(events.length)
  const stored = await sql<{
    position: number
  }>`SELECT position FROM events WHERE org_id = ${d.world.orgId} AND position > ${seen.position} AND type NOT LIKE 'internal.%' ORDER BY position`.execute(
    ground.db,
  )
  expect(events.map((frame) => frame.position)).toEqual(stored.rows.map((row) => row.position))
  again.socket.close()
  const ahead = await enter(jordan, ["all"], 1_000_000)
  expect(await ahead.frame("problem")).toMatchObject({ code: "position_gone" })
  ahead.socket.close()
})

test("streams are judged by the same table as HTTP, and by the row", async () => {
  const { conversationId } = await d.world.send(billing, "email", someone())
  const tab = await enter(ana, ["me", "all"])
  expect(await tab.frame("problem")).toMatchObject({ code: "not_permitted" })
  tab.say({ type: "subscribe", ref: 1, streams: [`conversation:${conversationId}`] })
  expect(await tab.frame("problem", (frame) => frame.ref === 1)).toMatchObject({ code: "not_found" })
  tab.say({ type: "subscribe", ref: 2, streams: [`queue:${d.billingId}`] })
  expect(await tab.frame("problem", (frame) => frame.ref === 2)).toMatchObject({ code: "not_found" })
  tab.say({ type: "subscribe", ref: 3, streams: [`queue:${d.generalId}`, "board"] })
  expect(await tab.frame("problem", (frame) => frame.ref === 3)).toMatchObject({ code: "not_permitted" })
  tab.say({ type: "subscribe", ref: 4, streams: ["rooms:1"] })
  expect(await tab.frame("problem", (frame) => frame.ref === 4)).toMatchObject({ code: "frame_invalid" })
  tab.say({ type: "unsubscribe", ref: 5, streams: ["me"] })
  expect(await tab.frame("done", (frame) => frame.ref === 5)).toBeTruthy()
  tab.socket.close()
})

test("who is taken out of an Inbox is told nothing more of it", async () => {
  const carl = await d.person("Carl", ["agent"], [d.generalId])
  const tab = await enter(carl, ["work"])
  await d.world.send(general, "email", someone(), "before")
  await tab.frame("event", (frame) => frame.data.text === "before")
  await ground.store.write({ orgId: d.world.orgId, kind: "act" }, async (tx) => {
    await sql`DELETE FROM inbox_members WHERE org_id = ${tx.orgId} AND agent_id = ${carl.id}`.execute(tx.db)
    tx.event("inbox_member.removed", { inboxId: d.generalId, userId: carl.id })
  })
  await d.world.send(general, "email", someone(), "after")
  const witness = await enter(ana, ["work"], 0)
  await witness.frame("event", (frame) => frame.data.text === "after")
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(tab.frames.some((frame) => frame.data?.text === "after")).toBe(false)
  tab.socket.close()
  witness.socket.close()
})

test("whose sight changes again and again while two processes write is told all that he may see, once and in order", async () => {
  const dora = await d.person("Dora", ["agent"], [d.generalId])
  const tab = await enter(dora, ["work", "settings"])
  const { position: from } = await tab.frame("caught_up")
  const silent = {
    publish: () => undefined,
    subscribe: () => () => undefined,
    start: async () => {},
    stop: async () => {},
  }
  const other = createStore({ db: ground.db, clock: ground.clock, bus: silent })
  const { conversationId } = await d.world.send(general, "email", someone())
  const told = (n: number) => ({ conversationId, inboxId: d.generalId, n })
  await Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      (n % 3 === 0 ? other : ground.store).write({ orgId: d.world.orgId, kind: "act" }, async (tx) => {
        if (n % 5 === 0) tx.event("inbox_member.added", { inboxId: d.billingId, userId: dora.id })
        tx.event("note.created", told(n), n % 2 === 0 ? {} : { about: { inboxId: d.generalId, agentId: null } })
        tx.event("internal.touched", {})
      }),
    ),
  )
  const notes = () => tab.frames.filter(({ eventType }) => eventType === "note.created")
  await until(() => notes().length >= 60, 20_000)
  await new Promise((resolve) => setTimeout(resolve, 50))
  const events = tab.frames.filter(({ type, position }) => type === "event" && position > from)
  const { rows } = await sql<{ position: number }>`
    SELECT position FROM events WHERE org_id = ${d.world.orgId} AND position > ${from} AND (type LIKE 'inbox_member.%'
      OR data->>'conversationId' = ${conversationId} OR type = 'customer.created') AND type NOT LIKE 'internal.%' ORDER BY position`.execute(
    ground.db,
  )
  expect(events.map(({ position }) => position)).toEqual(rows.map(({ position }) => position))
  expect(new Set(notes().map(({ data }) => data.n)).size).toBe(60)
  tab.socket.close()
})

test("drafts are told to their author alone, notifications to whom they are for", async () => {
  const { conversationId } = await d.world.send(general, "email", someone())
  const mine = await enter(ana, ["me", "work"])
  const boss = await enter(jordan, ["all"])
  await ana.call("PUT", `/conversations/${conversationId}/drafts/email`, { text: "half a" })
  await ana.call("POST", `/conversations/${conversationId}/notes`, { text: "@Ben", mentionUserIds: [ben.id] })
  await mine.frame("event", (frame) => frame.eventType === "draft.updated")
  await boss.frame("event", (frame) => frame.eventType === "note.added")
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(boss.events()).not.toContain("draft.updated")
  expect(boss.events()).not.toContain("notification.added")
  expect(mine.events()).not.toContain("notification.added")
  mine.socket.close()
  boss.socket.close()
})

test("S8 an offer comes with its countdown and ends in all tabs", async () => {
  const chat = await d.world.entryPoint("chat", d.generalId)
  const dora = await d.person("Dora", ["agent"], [d.generalId])
  await ground.store.write({ orgId: d.world.orgId, kind: "act" }, async (tx) => {
    await sql`UPDATE agent_states SET status = 'logged_in', available_for = '{messaging}', absent_since = NULL, version = version + 1 WHERE agent_id = ${dora.id}`.execute(
      tx.db,
    )
    tx.touch({ agents: [dora.id] })
  })
  const tabs = [await enter(dora), await enter(dora)]
  await d.world.send(chat, "chat", "visitor-1")
  for (const tab of tabs) {
    const offered = await tab.frame("offer")
    expect(offered.offer).toMatchObject({ agentId: dora.id, channel: "chat", status: "pending" })
    expect(offered.remainingMs).toBeGreaterThan(25_000)
  }
  const late = await enter(dora)
  const offerId = (await late.frame("offer")).offer.id
  await ana.call("PUT", `/conversations/${(await late.frame("offer")).offer.conversationId}/assignment`, {
    agentId: ana.id,
  })
  for (const tab of [...tabs, late]) {
    expect(await tab.frame("offer_ended")).toMatchObject({ offerId, status: "withdrawn" })
    tab.socket.close()
  }
  await sql`UPDATE agent_states SET available_for = '{}' WHERE agent_id = ${dora.id}`.execute(ground.db)
})

test("typing and viewing reach colleagues who look at it, and the customer's side", async () => {
  const { conversationId } = await d.world.send(general, "email", someone())
  const one = await enter(ana, [`conversation:${conversationId}`])
  const two = await enter(jordan, [`conversation:${conversationId}`])
  one.say({ type: "presence", place: "work", conversationId })
  expect(await two.frame("viewing")).toMatchObject({ conversationId, person: { id: ana.id, name: "Ana" }, on: true })
  one.say({ type: "typing", conversationId, channel: "email", on: true })
  expect(await two.frame("typing")).toMatchObject({ conversationId, person: { name: "Ana" }, on: true })
  expect(d.typed).toContainEqual([conversationId, "Ana", true])
  expect(one.frames.some((frame) => frame.type === "typing")).toBe(false)
  d.hub.customerTyping(d.world.orgId, String(conversationId), { id: null, name: "Maya" }, true)
  expect(await one.frame("typing")).toMatchObject({ person: { type: "customer", name: "Maya" } })
  one.socket.close()
  expect(await two.frame("viewing", (frame) => frame.on === false)).toBeTruthy()
  two.socket.close()
})

test("presence: settings pauses routing until the socket ends; an agent with a socket is connected", async () => {
  const tab = await enter(ana)
  tab.say({ type: "presence", place: "settings" })
  const inSettings = async () =>
    (
      await sql<{
        is: boolean
      }>`SELECT settings_until > clock_timestamp() AS is FROM agent_states WHERE agent_id = ${ana.id}`.execute(
        ground.db,
      )
    ).rows[0]?.is ?? false
  await eventually(inSettings)
  tab.socket.close()
  await eventually(async () => !(await inSettings()))
})

async function eventually(holds: () => Promise<boolean>, ms = 5_000): Promise<void> {
  const end = Date.now() + ms
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`did not happen within ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test("reliability 43 a foreign or absent origin is refused before the upgrade", async () => {
  const foreign: Record<string, string>[] = [{ origin: "https://evil.example" }, { origin: "" }, { cookie: "" }]
  for (const headers of foreign) {
    const tab = new Tab(ana, headers)
    await until(() => tab.closed !== null)
    expect(tab.frames).toEqual([])
    expect(tab.closed).toBe(1006)
  }
})

test("reliability 43 what is no frame closes the socket by its kind", async () => {
  const cases: [(tab: Tab) => void, number][] = [
    [(tab) => tab.socket.send("{"), 1003],
    [(tab) => tab.socket.send(Buffer.from([1, 2, 3])), 1003],
    [(tab) => tab.say({ type: "shout" }), 1003],
    [(tab) => tab.say({ type: "ping" }), 4002],
    [(tab) => tab.socket.send("x".repeat(70_000)), 1009],
    [(tab) => tab.socket.send(Buffer.from([0xff, 0xfe]), { binary: false }), 1007],
  ]
  for (const [act, code] of cases) {
    const tab = await new Tab(ana).open()
    act(tab)
    await until(() => tab.closed !== null)
    expect(tab.closed).toBe(code)
  }
})

test("reliability 43 more than 50 frames in 10 s end the socket", async () => {
  const tab = await enter(ana)
  for (let count = 0; count < 60; count++) tab.say({ type: "ping" })
  await until(() => tab.closed !== null)
  expect(tab.closed).toBe(4029)
  expect(tab.frames.filter((frame) => frame.type === "pong").length).toBeLessThanOrEqual(50)
})

test("reliability 43 more than 20 sockets of one person are refused", async () => {
  const eve = await d.person("Eve", ["agent"], [])
  const tabs = await Promise.all(Array.from({ length: 20 }, () => new Tab(eve).open()))
  const one = await new Tab(eve).open()
  await until(() => one.closed !== null)
  expect(one.closed).toBe(1008)
  for (const tab of tabs) tab.socket.close()
})

test("reliability 46 an ended session ends its sockets with a farewell", async () => {
  const fay = await d.person("Fay", ["agent"], [d.generalId])
  const tab = await enter(fay)
  await d.sessions.end({ orgId: d.world.orgId, userId: fay.id })
  expect(await tab.frame("goodbye")).toMatchObject({ reason: "session_ended" })
  await until(() => tab.closed !== null)
  expect(tab.closed).toBe(4001)
})
