import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { newId } from "../ids.ts"
import { Timers } from "../timers.ts"
import { type Job, JobWorker } from "./worker.ts"

let ground: TestStore
const orgId = newId()
const otherOrgId = newId()

beforeAll(async () => {
  ground = await testStore()
})
afterAll(async () => {
  await ground?.close()
})
beforeEach(async () => {
  await sql`DELETE FROM jobs`.execute(ground.db)
})

/** A far side that answers when it is told to, beside one that answers at once. */
function rig(hangs = (job: Job) => job.payload.channel === "email" && job.orgId === orgId) {
  const done: string[] = []
  const begun: string[] = []
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
  const timers = new Timers(ground.clock, (_name, error) => {
    throw error
  })
  const worker = new JobWorker(
    ground.store,
    (_job, error) => console.error(error),
    () => timers.wake(),
  )
  worker.handle("deliver", async (job: Job) => {
    begun.push(String(job.payload.name))
    if (hangs(job)) await answered
    done.push(String(job.payload.name))
    return "done"
  })
  timers.register(worker)
  return { worker, timers, done, begun, answer }
}

async function add(name: string, channel: string, org = orgId, runAt = ground.clock.now()): Promise<void> {
  await sql`
    INSERT INTO jobs (org_id, id, kind, payload, run_at)
    VALUES (${org}, ${newId()}, 'deliver', ${JSON.stringify({ name, channel })}::jsonb, ${runAt})`.execute(ground.db)
}

const left = async () =>
  Number((await sql<{ count: number }>`SELECT count(*) FROM jobs`.execute(ground.db)).rows[0]?.count)

test("a far side that does not answer holds up neither what else falls due nor other channels nor other companies", async () => {
  const { timers, worker, done, begun, answer } = rig()
  let deadlines = 0
  timers.register({
    name: "deadlines",
    nextAt: () => new Date(ground.clock.now().getTime() + 20),
    fire: () => {
      deadlines++
      return 0
    },
  })
  const earlier = new Date(ground.clock.now().getTime() - 60_000)
  for (let n = 0; n < 40; n++) await add(`mail ${n}`, "email", orgId, earlier)
  timers.start()
  try {
    await expect.poll(() => begun.length).toBeGreaterThanOrEqual(16)
    await add("chat", "chat")
    await add("mail of another company", "email", otherOrgId)
    const before = deadlines
    await expect.poll(() => [...done].sort(), { timeout: 5_000 }).toEqual(["chat", "mail of another company"])
    await expect.poll(() => deadlines).toBeGreaterThan(before + 2)
    // The rest of the lane waits in the table, where another process could take it.
    expect(begun.filter((name) => name.startsWith("mail ") && name !== "mail of another company")).toHaveLength(16)
    answer()
    await expect.poll(left, { timeout: 10_000 }).toBe(0)
    expect(new Set(begun).size).toBe(begun.length)
    expect(done).toHaveLength(42)
  } finally {
    answer()
    await timers.stop()
    await worker.stop()
  }
})

test("a relay that all companies share holds up no more than its share, however many they are", async () => {
  const { worker, timers, done, begun, answer } = rig((job) => job.payload.channel === "email")
  for (let org = 0; org < 20; org++) {
    const id = newId()
    for (let n = 0; n < 16; n++) await add(`mail ${org} ${n}`, "email", id)
  }
  timers.start()
  try {
    await expect.poll(() => begun.length, { timeout: 5_000 }).toBeGreaterThanOrEqual(48)
    await add("text", "sms")
    await expect.poll(() => done, { timeout: 5_000 }).toEqual(["text"])
    expect(begun.length).toBeLessThanOrEqual(48 + 16 + 1)
  } finally {
    answer()
    await timers.stop()
    await worker.stop()
  }
})

test("a job that takes longer than its claim is not begun again by the one who has it", async () => {
  const { worker, begun, answer } = rig()
  await add("long", "email")
  await worker.begin(ground.clock.now())
  await sql`UPDATE jobs SET claimed_until = now() - interval '1 second'`.execute(ground.db)
  await worker.begin(ground.clock.now())
  expect(begun).toEqual(["long"])
  expect(await worker.nextAt()).toBeNull()
  answer()
  await expect.poll(left).toBe(0)
})

test("who moves the clock waits for everything that falls due; who stops does not wait for ever", async () => {
  const { timers, done, answer } = rig()
  await add("mail", "email")
  timers.start()
  await expect.poll(left).toBe(1)
  let moved = false
  const moving = timers.runDue().then(() => {
    moved = true
  })
  await ground.clock.sleep(150)
  expect({ moved, done }).toEqual({ moved: false, done: [] })
  answer()
  await moving
  expect(done).toEqual(["mail"])
  await timers.stop()

  const stuck = rig()
  await add("stuck", "email")
  stuck.timers.start()
  await expect.poll(() => stuck.begun).toEqual(["stuck"])
  await stuck.timers.stop()
  expect(await left()).toBe(1)
  stuck.answer()
})

test("what another process has keeps the loop neither awake nor from it once the claim is over", async () => {
  const { worker, begun } = rig(() => false)
  const claimedUntil = (text: string) =>
    sql`UPDATE jobs SET claimed_until = clock_timestamp() + ${text}::interval`.execute(ground.db)
  await add("theirs", "chat", orgId, new Date(ground.clock.now().getTime() - 600_000))
  await claimedUntil("1 minute")
  expect(await worker.nextAt()).toBeNull()
  await claimedUntil("-1 second")
  expect((await worker.nextAt())?.getTime()).toBeLessThan(ground.clock.now().getTime())
  await worker.fire(ground.clock.now())
  expect(begun).toEqual(["theirs"])
})

test("a job that is asked for anew while a try of it fails, or when it was given up, runs when that says", async () => {
  const ask = (runAt: Date) =>
    ground.store.write({ orgId, kind: "act" }, async (tx) => tx.job("deliver", { name: "again" }, { key: "k", runAt }))
  const tomorrow = new Date(ground.clock.now().getTime() + 86_400_000)
  const worker = new JobWorker(ground.store, () => undefined)
  worker.handle("deliver", async () => {
    await ask(tomorrow)
    throw new Error("no")
  })
  await ask(ground.clock.now())
  await worker.fire(ground.clock.now())
  expect(await worker.nextAt()).toEqual(tomorrow)
  await sql`UPDATE jobs SET failed_at = now()`.execute(ground.db)
  expect(await worker.nextAt()).toBeNull()
  await ask(tomorrow)
  expect(await worker.nextAt()).toEqual(tomorrow)
})
