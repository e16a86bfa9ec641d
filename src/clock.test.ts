import { afterEach, expect, test, vi } from "vitest"
import { systemClock } from "./clock.ts"

afterEach(() => vi.restoreAllMocks())

test("reliability 14 who sets the clock of the machine does not move the time", () => {
  const clock = systemClock()
  const before = clock.now().getTime()
  vi.spyOn(Date, "now").mockReturnValue(before + 7_200_000)
  expect(clock.now().getTime() - before).toBeLessThan(3_600_000)
  expect(clock.real().getTime() - before).toBeLessThan(3_600_000)
  expect(clock.aheadOfMachine()).toBeLessThan(-3_600_000)
})

test("a correction moves true and business time, a test clock business time only", () => {
  const clock = systemClock()
  const began = clock.real().getTime()
  clock.correct(60_000)
  clock.setOffset(3_600_000)
  expect(clock.real().getTime()).toBeGreaterThanOrEqual(began + 60_000)
  expect(clock.now().getTime() - clock.real().getTime()).toBeGreaterThanOrEqual(3_599_000)
  expect(clock.aheadOfMachine()).toBeGreaterThan(59_000)
})
