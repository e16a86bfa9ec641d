import { sql } from "kysely"
import { afterAll, beforeAll, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { systemClock } from "../clock.ts"
import { DatabaseTime } from "./database-time.ts"

let base: TestStore

beforeAll(async () => {
  base = await testStore()
})
afterAll(() => base.close())

test.each([7_200_000, -7_200_000])("a process whose clock is %d ms wrong takes the database's time", async (wrong) => {
  const clock = systemClock()
  clock.correct(wrong)
  const corrections: number[] = []
  const time = new DatabaseTime({ db: base.db, clock, onCorrected: (ms) => corrections.push(ms) })
  await time.follow()
  const { rows } = await sql<{ at: Date }>`SELECT clock_timestamp() AS at`.execute(base.db)
  expect(Math.abs(clock.real().getTime() - (rows[0]?.at.getTime() ?? 0))).toBeLessThan(60_000)
  expect(corrections).toHaveLength(1)
  expect(Math.sign(corrections[0] ?? 0)).toBe(-Math.sign(wrong))
})

test("a lag that two ask about at once is made up for once", async () => {
  const clock = systemClock()
  clock.correct(-7_200_000)
  const time = new DatabaseTime({ db: base.db, clock, onCorrected: () => undefined })
  const asked = [time.follow(), time.follow()]
  expect(asked[1]).toBe(asked[0])
  await Promise.all(asked)
  expect(Math.abs(clock.aheadOfMachine())).toBeLessThan(60_000)
})

test("a database that does not answer leaves the time as it is, also at start", async () => {
  const { db, close } = await testStore()
  await close()
  const clock = systemClock()
  const time = new DatabaseTime({ db, clock, onCorrected: () => expect.unreachable() })
  await time.start()
  time.stop()
  await expect(time.follow()).rejects.toThrow()
  expect(Math.abs(clock.aheadOfMachine())).toBeLessThan(60_000)
})
