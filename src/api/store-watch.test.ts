import { expect, test } from "vitest"
import { StoreWatch } from "./store-watch.ts"

const never = () => new Promise<never>(() => {})

test("reliability 5 a request on a store that hangs is given up within 2 s, with 503", async () => {
  const began = performance.now()
  await expect(new StoreWatch(never).guard(never())).rejects.toMatchObject({
    code: "unavailable",
    extra: { reason: "database" },
  })
  expect(performance.now() - began).toBeLessThan(2_000)
})

test("slow work on a store that answers is waited for; fast work asks nothing", async () => {
  let asked = 0
  const watch = new StoreWatch(async () => void asked++)
  expect(await watch.guard(new Promise((resolve) => setTimeout(() => resolve("done"), 1_200)))).toBe("done")
  expect(asked).toBe(1)
  expect(await watch.guard(Promise.resolve("at once"))).toBe("at once")
  await expect(watch.guard(Promise.reject(new Error("own")))).rejects.toThrow("own")
  expect(asked).toBe(1)
})
