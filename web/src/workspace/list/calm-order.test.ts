import { expect, test } from "vitest"
import { calmOrder } from "./calm-order.ts"

test("rows under the hand keep their place; new ones stand at the end, those that left are gone", () => {
  expect(calmOrder(["a", "b", "c"], ["c", "d", "a"])).toEqual(["a", "c", "d"])
  expect(calmOrder([], ["b", "a"])).toEqual(["b", "a"])
  expect(calmOrder(["a"], [])).toEqual([])
})
