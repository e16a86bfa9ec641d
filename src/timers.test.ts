import { expect, test } from "vitest"
import { systemClock } from "./clock.ts"
import { Timers } from "./timers.ts"

test("a timer that is overdue and fails is tried again, but not at once", async () => {
  const errors: string[] = []
  let fires = 0
  const timers = new Timers(systemClock(), (name) => errors.push(name))
  timers.register({
    name: "broken",
    nextAt: () => new Date(0),
    fire: () => {
      fires++
      throw new Error("no")
    },
  })
  timers.start()
  await new Promise((resolve) => setTimeout(resolve, 300))
  await timers.stop()
  expect(fires).toBeGreaterThan(0)
  expect(fires).toBeLessThan(10)
  expect(errors).toContain("broken")
})
