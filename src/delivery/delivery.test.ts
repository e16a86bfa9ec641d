import { sql } from "kysely"
import { afterAll, beforeAll, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { type Desk, desk, type FarSide, type Person } from "../../test/desk.ts"
import { setFault } from "../fault.ts"
import { claimSeconds } from "../jobs/worker.ts"
import { keysFrom } from "../keys.ts"
import { failureOfStatus, sendFailure } from "./failure.ts"
import { updateDelivery } from "./status.ts"
import { DeliverySweep } from "./sweep.ts"
import { sendSystemMail, systemMailHandler } from "./system-mail.ts"
import { trySecondsMax } from "./worker.ts"

let ground: TestStore
let d: Desk
let ana: Person
let jordan: Person
let sms = ""
let original: FarSide["answer"]

beforeAll(async () => {
  ground = await testStore()
  d = await desk(ground)
  sms = await d.world.entryPoint("sms", d.generalId)
  jordan = await d.person("Jordan", ["administrator"])
  ana = await d.person("Ana", ["agent"], [d.generalId])
  original = d.far.sms.answer
}, 120_000)

afterAll(async () => {
  await d?.stop()
  await ground?.close()
})

let n = 0

async function answered(text = "Hello back", from = `+1415555${String(1000 + n++)}`) {
  const { conversationId } = await d.world.send(sms, "sms", from)
  const sent = await ana.call("POST", `/conversations/${conversationId}/messages`, { channel: "sms", text })
  expect(sent.status, JSON.stringify(sent.body)).toBe(201)
  return { conversationId: String(conversationId), messageId: String(sent.body.id), from }
}

async function deliveryOf(messageId: string) {
  return (await ana.call("GET", `/messages/${messageId}`)).body.delivery
}

/** As if so many seconds had gone by. */
async function later(seconds: number): Promise<void> {
  const at = new Date(ground.clock.now().getTime() + seconds * 1000)
  for (let round = 0; round < 10; round++) if ((await d.jobs.fire(at)) === 0) return
}

function copies(messageId: string): number {
  return d.far.sms.sent.filter((message) => message.messageId === messageId).length
}

test("reliability 20 a provider that is down or throttles is tried again, later by its word, and then succeeds", async () => {
  d.far.sms.answer = () => failureOfStatus(429, "Too many", 120)
  const { messageId } = await answered()
  await d.deliver()
  expect(await deliveryOf(messageId)).toMatchObject({
    status: "queued",
    attempts: 1,
    failure: { code: "throttled", retryable: true },
  })
  await later(60)
  expect(copies(messageId)).toBe(1)
  d.far.sms.answer = () => failureOfStatus(503, "Down")
  await d.jobs.fire(new Date(ground.clock.now().getTime() + 140_000))
  expect(await deliveryOf(messageId)).toMatchObject({
    status: "queued",
    attempts: 2,
    failure: { code: "provider_error" },
  })
  d.far.sms.answer = original
  await later(300)
  expect(await deliveryOf(messageId)).toMatchObject({ status: "sent", attempts: 3, failure: null })
})

test("reliability 20 a refusal is final and says why; the agent may send it again", async () => {
  d.far.sms.answer = () => failureOfStatus(400, "This number cannot receive texts.")
  const { messageId } = await answered()
  await d.deliver()
  await later(100_000)
  expect(await deliveryOf(messageId)).toEqual(
    expect.objectContaining({
      status: "failed",
      attempts: 1,
      failure: { code: "refused", text: "This number cannot receive texts.", retryable: false },
    }),
  )
  expect(copies(messageId)).toBe(1)
  d.far.sms.answer = original
  const again = await ana.call("POST", `/messages/${messageId}/deliveries`, {})
  expect(again.status).toBe(201)
  await d.deliver()
  expect(await deliveryOf(messageId)).toMatchObject({ status: "sent", failure: null })
  expect(
    (await ana.call("GET", `/messages/${messageId}/deliveries`)).body.items.map(
      (one: { status: string }) => one.status,
    ),
  ).toEqual(["failed", "sent"])
  expect((await ana.call("POST", `/messages/${messageId}/deliveries`, {})).body.code).toBe("already_sent")
})

test("reliability 5 what the provider said is stored when the database is back, not shown as unknown", async () => {
  let held: Promise<unknown> = Promise.resolve()
  d.far.sms.answer = async (message) => {
    const sent = await original(message)
    const client = await ground.pool.connect()
    await client.query("BEGIN")
    await client.query("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE")
    // Longer than a statement waits for a lock.
    held = ground.clock
      .sleep(2_500)
      .then(() => client.query("COMMIT"))
      .finally(() => client.release())
    return sent
  }
  const { messageId } = await answered()
  await d.deliver()
  await held
  d.far.sms.answer = original
  expect(await deliveryOf(messageId)).toMatchObject({ status: "sent", attempts: 1, failure: null })
  expect(copies(messageId)).toBe(1)
})

test("what left without somebody's copy is sent, and says who did not get it", async () => {
  const shortfall = { code: "refused_in_part", text: "The mail server refused boss@example.com." }
  d.far.sms.answer = async (message) => ({ ...(await original(message)), shortfall })
  const { messageId } = await answered()
  await d.deliver()
  d.far.sms.answer = original
  expect(await deliveryOf(messageId)).toMatchObject({ status: "sent", failure: { ...shortfall, retryable: false } })
  expect((await ana.call("POST", `/messages/${messageId}/deliveries`, {})).body.code).toBe("already_sent")
})

test("reliability 20 an unknown outcome is shown as unknown and never sent again by itself", async () => {
  d.far.sms.answer = async (message) => {
    await original(message)
    return sendFailure("timeout", "No answer in time.", { unknown: true })
  }
  const { messageId, from } = await answered()
  await d.deliver()
  await later(1_000_000)
  expect(copies(messageId)).toBe(1)
  expect(await deliveryOf(messageId)).toMatchObject({ status: "unknown", failure: { code: "timeout" } })
  d.far.sms.answer = original
  const asked = await ana.call("POST", `/messages/${messageId}/deliveries`, {})
  expect(asked.body.errors).toMatchObject([{ pointer: "#/acceptDuplicate", code: "required" }])
  expect((await ana.call("POST", `/messages/${messageId}/deliveries`, { acceptDuplicate: true })).status).toBe(201)
  await d.deliver()
  expect(copies(messageId)).toBe(2)
  expect((await jordan.call("GET", `/sandbox/deliveries?address=${encodeURIComponent(from)}`)).body.items).toHaveLength(
    2,
  )
})

test("reliability 21 a crash after the provider took it: asked about, found, one copy", async () => {
  await crashDuring("delivery.afterSend", async (messageId) => {
    d.far.sms.lookup = async (message) => {
      const found = await d.farEnd.find(message.orgId, message.deliveryId)
      return found ? { ok: true, externalId: found.externalId } : "not_taken"
    }
    await later(3_600)
    expect(copies(messageId)).toBe(1)
    expect(await deliveryOf(messageId)).toMatchObject({ status: "sent", attempts: 1 })
  })
})

test("reliability 21 a crash before the provider heard of it: asked about, not found, sent once", async () => {
  await crashDuring("delivery.beforeSend", async (messageId) => {
    expect(copies(messageId)).toBe(0)
    d.far.sms.lookup = async (message) =>
      (await d.farEnd.find(message.orgId, message.deliveryId)) ? "cannot_tell" : "not_taken"
    await later(3_600)
    expect(copies(messageId)).toBe(1)
    expect(await deliveryOf(messageId)).toMatchObject({ status: "sent", attempts: 2 })
  })
})

test("reliability 21 a crash in mid-send at a provider that cannot be asked is shown as unknown", async () => {
  await crashDuring("delivery.afterSend", async (messageId) => {
    await later(3_600)
    expect(copies(messageId)).toBe(1)
    expect(await deliveryOf(messageId)).toMatchObject({ status: "unknown", failure: { code: "outcome_unknown" } })
  })
})

async function crashDuring(point: string, then: (messageId: string) => Promise<void>): Promise<void> {
  d.far.sms.answer = original
  const { messageId } = await answered()
  setFault(point, () => {
    throw new Error("killed")
  })
  const quiet = console.error
  console.error = () => undefined
  await d.deliver()
  console.error = quiet
  setFault(point, null)
  expect(await deliveryOf(messageId)).toMatchObject({ status: "queued", attempts: 1 })
  await then(messageId)
  d.far.sms.lookup = null
}

test("a channel that throws has an unknown outcome, not a second copy", async () => {
  d.far.sms.answer = () => {
    throw new Error("bug")
  }
  const { messageId } = await answered()
  await d.deliver()
  await later(100_000)
  expect(copies(messageId)).toBe(1)
  expect((await deliveryOf(messageId)).status).toBe("unknown")
  d.far.sms.answer = original
})

test("reliability 18 states come in any order, twice, and before the message: the highest stays", async () => {
  d.far.sms.answer = () => ({ ok: true, externalId: `SM${n}` })
  const { messageId } = await answered()
  const orgId = d.world.orgId
  const externalId = `SM${n}`
  expect(await updateDelivery(ground.store, { orgId, externalId, status: "delivered" })).toBe(false)
  expect(await updateDelivery(ground.store, { orgId, externalId, status: "sent" })).toBe(false)
  await d.deliver()
  expect((await deliveryOf(messageId)).status).toBe("delivered")
  await updateDelivery(ground.store, { orgId, externalId, status: "read" })
  await updateDelivery(ground.store, {
    orgId,
    externalId,
    status: "failed",
    failure: { code: "x", text: "x", retryable: false },
  })
  await updateDelivery(ground.store, { orgId, externalId, status: "delivered" })
  expect((await deliveryOf(messageId)).status).toBe("read")
  const told = await sql<{ status: string }>`
    SELECT data->>'status' AS status FROM events WHERE type = 'message.delivery_updated' AND data->>'messageId' = ${messageId} ORDER BY position`.execute(
    ground.db,
  )
  expect(told.rows.map((row) => row.status)).toEqual(["sent", "delivered", "read"])
  const left = await sql`SELECT 1 FROM delivery_statuses_pending`.execute(ground.db)
  expect(left.rows).toEqual([])
  d.far.sms.answer = original
})

test("a race of the provider's state and the answer that names the message loses neither", async () => {
  const orgId = d.world.orgId
  for (let round = 0; round < 10; round++) {
    const externalId = `race-${round}`
    let told: Promise<boolean> | undefined
    d.far.sms.answer = () => {
      told = updateDelivery(ground.store, { orgId, externalId, status: "delivered" })
      return { ok: true, externalId }
    }
    const { messageId } = await answered()
    await d.deliver()
    await told
    expect((await deliveryOf(messageId)).status).toBe("delivered")
  }
  d.far.sms.answer = original
})

test("messages of one conversation leave in the order in which they were written", async () => {
  d.far.sms.answer = async (message) => {
    if (message.text === "one") await new Promise((resolve) => setTimeout(resolve, 50))
    return original(message)
  }
  const { conversationId, from } = await answered("one")
  for (const text of ["two", "three"])
    await ana.call("POST", `/conversations/${conversationId}/messages`, { channel: "sms", text })
  for (let round = 0; round < 10; round++) await later(2)
  const got = await jordan.call("GET", `/sandbox/deliveries?address=${encodeURIComponent(from)}`)
  expect(got.body.items.map((one: { text: string }) => one.text)).toEqual(["one", "two", "three"])
  d.far.sms.answer = original
})

test("the far end tells states in any order, and waits for what comes", async () => {
  const from = `+1415555${String(1000 + n++)}`
  const waiting = jordan.call("GET", `/sandbox/deliveries?address=${encodeURIComponent(from)}&wait=5`)
  const { messageId } = await answered("hi", from)
  await d.deliver()
  const [got] = (await waiting).body.items
  expect(got).toMatchObject({ messageId, text: "hi", channel: "sms" })
  expect(
    (await jordan.call("GET", `/sandbox/deliveries?address=${encodeURIComponent(from)}&after=${got.id}`)).body.items,
  ).toEqual([])
  expect((await jordan.call("POST", `/sandbox/deliveries/${got.id}/statuses`, { status: "delivered" })).status).toBe(
    202,
  )
  expect((await jordan.call("POST", `/sandbox/deliveries/${got.id}/statuses`, { status: "sent" })).status).toBe(202)
  expect((await deliveryOf(messageId)).status).toBe("delivered")
  expect((await ana.call("GET", "/sandbox/deliveries")).body.code).toBe("not_permitted")
})

test("reliability 21 no claim of a job runs out while a try of it still asks, sends and stores", () => {
  expect(claimSeconds).toBeGreaterThan(trySecondsMax + 10)
})

test("a clock that is set back keeps the sweep from no delivery", async () => {
  const { messageId } = await answered()
  const sweep = new DeliverySweep(ground.store)
  const now = ground.clock.now().getTime()
  expect(await sweep.fire(new Date(now + 30_000))).toBe(0)
  await sweep.fire(new Date(now + 7_200_000))
  await sql`DELETE FROM jobs WHERE kind = 'deliver'`.execute(ground.db)
  expect(await sweep.fire(new Date(now))).toBe(1)
  await d.deliver()
  expect((await deliveryOf(messageId)).status).toBe("sent")
})

test("a delivery without its job is found by the sweep", async () => {
  const { messageId } = await answered()
  await sql`DELETE FROM jobs WHERE kind = 'deliver'`.execute(ground.db)
  await d.deliver()
  expect((await deliveryOf(messageId)).attempts).toBe(0)
  expect(await new DeliverySweep(ground.store).sweep(ground.clock.now())).toBe(1)
  await d.deliver()
  expect((await deliveryOf(messageId)).status).toBe("sent")
})

test("a mail of the program goes to the far end while there is no relay; the database holds its link sealed", async () => {
  const keys = keysFrom("a secret of tests")
  const { store } = ground
  d.jobs.handle("system_mail", systemMailHandler({ store, keys, farEnd: d.farEnd, relay: null }))
  await sendSystemMail(
    { store, keys },
    { orgId: d.world.orgId, to: "new@retale.com", subject: "Invitation", text: "https://desk/accept#secret" },
  )
  const stored = await sql<{ all: string }>`SELECT payload::text AS all FROM jobs WHERE kind = 'system_mail'`.execute(
    ground.db,
  )
  expect(stored.rows[0]?.all).not.toContain("secret")
  await d.deliver()
  const got = await jordan.call("GET", "/sandbox/deliveries?address=new@retale.com")
  expect(got.body.items).toMatchObject([{ messageId: null, subject: "Invitation", text: "https://desk/accept#secret" }])
  const held = await sql<{
    text: string
  }>`SELECT text FROM sandbox_deliveries WHERE to_address = 'new@retale.com'`.execute(ground.db)
  expect(held.rows[0]?.text).not.toContain("secret")
})
