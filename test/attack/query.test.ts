import { expect, test } from "vitest"
import { readQueryString } from "../../src/api/server.ts"

test("reliability 57 a name that stands in the query thousands of times costs no more than any other query of that length", () => {
  const cost = (text: string) => {
    const began = performance.now()
    for (let n = 0; n < 5; n++) readQueryString(text)
    return performance.now() - began
  }
  const names = Array.from({ length: 40_000 }, (_, n) => n.toString(36)).join("&")
  cost(names)
  // It was two hundred times as much at 8 KB already.
  expect(cost("a&".repeat(40_000))).toBeLessThan(20 * cost(names) + 50)
  expect(readQueryString("a=1&b=2&a=3&a=4")).toEqual({ a: ["1", "3", "4"], b: "2" })
  expect(Object.getPrototypeOf(readQueryString("__proto__=1"))).toBe(null)
})
