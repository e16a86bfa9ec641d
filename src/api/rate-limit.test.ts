import { expect, test } from "vitest"
import { systemClock } from "../clock.ts"
import { RateLimiter, refuseExceeded } from "./rate-limit.ts"

test("reliability 38 what costs more than one counts as such; asking whether anything is left costs nothing", () => {
  const limiter = new RateLimiter(systemClock(), 1)
  const megabytes = { name: "visitor", quota: 500, windowSeconds: 3_600 }
  const ask = (subject = "a") => limiter.take(megabytes, subject, 0)
  expect(ask()).toMatchObject({ remaining: 500, exceeded: false })
  limiter.take(megabytes, "a", 9.5)
  expect(ask()).toMatchObject({ remaining: 490.5, exceeded: false })
  limiter.take(megabytes, "a", 495)
  expect(() => refuseExceeded(ask())).toThrow("rate_limited")
  expect(ask("b")).toMatchObject({ exceeded: false })
})
