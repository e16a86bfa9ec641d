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

test("woken a hundred times while it works, it looks once more, and at once", async () => {
  let looks = 0
  const { promise: held, resolve: go } = Promise.withResolvers<void>()
  const timers = new Timers(systemClock(), (_name, error) => {
    throw error
  })
  timers.register({
    name: "slow",
    nextAt: () => null,
    fire: async () => {
      looks++
      await held
      return 0
    },
  })
  timers.start()
  await expect.poll(() => looks).toBe(1)
  for (let n = 0; n < 100; n++) {
    timers.wake()
    await new Promise((resolve) => setImmediate(resolve))
  }
  go()
  await expect.poll(() => looks, { timeout: 900 }).toBe(2)
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(looks).toBe(2)
  await timers.stop()
})

test("who stops waits for a timer that is just being asked when it is next: its database is closed then", async () => {
  const { promise: held, resolve: go } = Promise.withResolvers<void>()
  const said: string[] = []
  const timers = new Timers(systemClock(), (_name, error) => {
    throw error
  })
  timers.register({
    name: "slow to say",
    nextAt: async () => {
      said.push("asked")
      await held
      said.push("answered")
      return null
    },
    fire: () => 0,
  })
  timers.start()
  await expect.poll(() => said).toEqual(["asked"])
  const stopped = timers.stop().then(() => said.push("stopped"))
  await new Promise((resolve) => setTimeout(resolve, 20))
  go()
  await stopped
  expect(said).toEqual(["asked", "answered", "stopped"])
})
