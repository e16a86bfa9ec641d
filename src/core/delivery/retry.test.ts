import { expect, test } from "vitest"
import { nextTrySeconds } from "./retry.ts"
import { isAdvance, type StoredDeliveryStatus } from "./status.ts"

test("reliability 20 pauses grow, are spread, never undercut Retry-After, and end", () => {
  expect(nextTrySeconds(1, 0.5)).toBe(5)
  expect(nextTrySeconds(1, 0)).toBe(4.5)
  expect(nextTrySeconds(2, 0.5)).toBe(15)
  expect(nextTrySeconds(1, 0, 120)).toBe(120)
  expect(nextTrySeconds(1, 0, 1e9)).toBe(86_400)
  expect(nextTrySeconds(8, 0.5)).toBe(14_400)
  expect(nextTrySeconds(9, 0.5)).toBeNull()
})

test("reliability 18 the final state is the same in whatever order the states come", () => {
  const told: StoredDeliveryStatus[] = ["sent", "delivered", "read", "failed"]
  for (const order of permutations(told)) {
    expect(
      order.reduce((state, next) => (isAdvance(state, next) ? next : state), "queued" as StoredDeliveryStatus),
    ).toBe("read")
  }
})

function permutations<T>(items: T[]): T[][] {
  if (items.length < 2) return [items]
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]))
}
