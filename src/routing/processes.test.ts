import { type ChildProcess, spawn } from "node:child_process"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { sql } from "kysely"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { routingWorld, type RoutingWorld } from "../../test/routing-world.ts"
import { amount } from "../../test/trials.ts"
import { findBroken } from "./invariants.ts"

/** Intake and routing in processes that are killed without warning, on one database. */

let base: TestStore
let world: RoutingWorld
const children = new Set<ChildProcess>()

beforeAll(async () => {
  base = await testStore()
})
afterAll(() => base.close())
beforeEach(async () => {
  world = await routingWorld(base, { unrouted: true })
})
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL")
  children.clear()
  await world.stop()
})

async function startChild(owner: string, onAck: (externalId: string) => void = () => undefined): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../test/routing-child.ts"), base.url, owner], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  children.add(child)
  await new Promise<void>((resolve, reject) => {
    child.once("exit", () => reject(new Error("the child ended")))
    createInterface({ input: child.stdout ?? process.stdin }).on("line", (line) => {
      if (line === "ready") resolve()
      const [word, externalId = ""] = line.split(" ")
      if (word === "ack") onAck(externalId)
    })
  })
  return child
}

async function killed(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve))
  child.kill("SIGKILL")
  await ended
  children.delete(child)
}

test("reliability 1 killed during intake again and again: what was acknowledged is there once, what was not comes with its repeat", async () => {
  const inbox = await world.inbox("General")
  const sms = await world.entryPoint("sms", inbox)
  await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"], standard: 100, maximum: 100 })
  const events = Array.from({ length: amount(120, 10_000) }, (_, index) => ({
    orgId: world.orgId,
    entryPointId: sms,
    from: `+1415556${String(index % 40).padStart(4, "0")}`,
    externalId: `SM${index}`,
  }))
  const acknowledged = new Set<string>()
  const kills = amount(3, 20)
  for (let round = 0; round <= kills; round++) {
    const child = await startChild("phoenix", (id) => acknowledged.add(id))
    const open = events.filter((event) => !acknowledged.has(event.externalId))
    const enough = round === kills ? events.length : acknowledged.size + Math.floor(open.length / 3)
    // As a provider would: in small groups, each again until it is acknowledged.
    for (let at = 0; at < open.length && acknowledged.size < enough; at += 10) {
      child.stdin?.write(
        open
          .slice(at, at + 10)
          .map((event) => `${JSON.stringify(event)}\n`)
          .join(""),
      )
      await base.clock.sleep(5)
    }
    for (let waits = 0; acknowledged.size < enough && waits < 1_000; waits++) await base.clock.sleep(10)
    await killed(child)
  }
  expect(acknowledged.size).toBe(events.length)
  const { rows } = await sql<{ externalId: string; n: number }>`
    SELECT external_id, count(*)::int AS n FROM messages WHERE org_id = ${world.orgId} GROUP BY external_id`.execute(
    base.db,
  )
  expect(rows).toHaveLength(events.length)
  expect(rows.every(({ n }) => n === 1)).toBe(true)
  const last = await startChild("phoenix")
  await base.clock.sleep(500)
  expect(await findBroken(base.db, world.orgId, base.clock.now())).toEqual([])
  await killed(last)
}, 120_000)

test("a second process takes over routing when the first is killed, and the first one's epoch is over", async () => {
  const inbox = await world.inbox("General")
  const sms = await world.entryPoint("sms", inbox)
  const ana = await world.agent("Ana", { inboxIds: [inbox], availableFor: ["messaging"], standard: 10, maximum: 10 })
  await world.settings((settings) => {
    settings.messaging.offerBanner = false
  })
  const first = await startChild("first")
  const owner = async () => {
    const { rows } = await sql<{
      owner: string
      epoch: number
    }>`SELECT owner, epoch FROM leases WHERE org_id = ${world.orgId}`.execute(base.db)
    return rows[0]
  }
  const assigned = async (conversationId: string | null) => {
    for (let waits = 0; waits < 300; waits++) {
      const { rows } = await sql<{
        agentId: string | null
      }>`SELECT agent_id FROM conversations WHERE id = ${conversationId}`.execute(base.db)
      if (rows[0]?.agentId) return rows[0].agentId
      await base.clock.sleep(20)
    }
    return null
  }
  // Intake here, routing there: the hint crosses processes.
  const before = await world.send(sms, "sms", "+14155550100")
  expect(await assigned(before.conversationId)).toBe(ana)
  expect(await owner()).toMatchObject({ owner: "first", epoch: 1 })
  const second = await startChild("second")
  expect(await owner()).toMatchObject({ owner: "first", epoch: 1 })
  await killed(first)
  const during = await world.send(sms, "sms", "+14155550101")
  // Instead of waiting for 15 s.
  await sql`UPDATE leases SET expires_at = expires_at - interval '14 s' WHERE org_id = ${world.orgId}`.execute(base.db)
  expect(await assigned(during.conversationId)).toBe(ana)
  expect(await owner()).toMatchObject({ owner: "second", epoch: 2 })
  await killed(second)
})
