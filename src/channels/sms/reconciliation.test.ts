import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestStore, testStore } from "../../../test/database.ts"
import { openBlobs } from "../../blobs.ts"
import { createSmsNumbers } from "./numbers.ts"
import { Reconciliation } from "./reconciliation.ts"

let ground: TestStore
let folder = ""

beforeAll(async () => {
  ground = await testStore()
  folder = await mkdtemp(join(tmpdir(), "switchboard-"))
})
afterAll(async () => {
  await ground?.close()
  await rm(folder, { recursive: true })
})

/** Carriers that are asked for at each run, and stand there when they are told to. */
function rig() {
  const { store, db, clock } = ground
  const runs: (() => void)[] = []
  const nothing = () => Promise.reject(new Error("nothing arrives here"))
  const reconciliation = new Reconciliation({
    store,
    intake: { accept: nothing },
    numbers: createSmsNumbers(db, clock),
    blobs: openBlobs(folder),
    log: { info: () => undefined, warn: () => undefined },
    accounts: {
      find: nothing,
      get: nothing,
      all: () => new Promise((resolve) => runs.push(() => resolve([]))),
      open: () => {
        throw new Error("nothing is opened here")
      },
      forget: () => undefined,
    },
  })
  return { reconciliation, runs, now: () => ground.clock.now() }
}

test("a run that takes longer than its pause does not keep the loop of timers awake", async () => {
  const { reconciliation, runs, now } = rig()
  reconciliation.begin(new Date(now().getTime() + 1))
  expect(runs).toHaveLength(1)
  expect(reconciliation.nextAt()).toBeNull()
  runs[0]?.()
  await expect.poll(() => reconciliation.nextAt()?.getTime()).toBeGreaterThan(now().getTime() + 200_000)
})

test("a clock that is set back does not keep it from running", async () => {
  const { reconciliation, runs, now } = rig()
  reconciliation.begin(new Date(now().getTime() + 86_400_000))
  runs[0]?.()
  await expect.poll(() => reconciliation.nextAt()).not.toBeNull()
  reconciliation.begin(new Date(now().getTime() + 1_000))
  expect(runs).toHaveLength(2)
  runs[1]?.()
})
