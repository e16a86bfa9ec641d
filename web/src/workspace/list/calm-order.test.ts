import { expect, test } from "vitest"
import { calmOrder, risingRows } from "./calm-order.ts"

test("rows under the hand keep their place; new ones stand at the end, those that left are gone", () => {
  expect(calmOrder(["a", "b", "c"], ["c", "d", "a"])).toEqual(["a", "c", "d"])
  expect(calmOrder([], ["b", "a"])).toEqual(["b", "a"])
  expect(calmOrder(["a"], [])).toEqual([])
})

test("a row that rises is marked, what it overtakes is not; one that sinks marks nobody", () => {
  expect([...risingRows(["a", "b", "c", "d"], ["d", "a", "b", "c"])]).toEqual(["d"])
  expect([...risingRows(["a", "b", "c", "d"], ["b", "c", "d", "a"])]).toEqual([])
  expect([...risingRows(["a", "b", "c", "d"], ["a", "b", "c", "d"])]).toEqual([])
  expect([...risingRows(["a", "b", "c", "d"], ["d", "b", "a", "c"])]).toEqual(["d"])
})
