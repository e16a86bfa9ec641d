import { expect, test } from "vitest"
import { contrast, textOn } from "./contrast.ts"

test("white on black is 21, a color on itself 1", () => {
  expect(contrast("#ffffff", "#000000")).toBeCloseTo(21)
  expect(contrast("#4C5BDC", "#4C5BDC")).toBe(1)
})

test("a light ground gets dark text, a dark one keeps white", () => {
  expect(textOn("#FFE066").dark).toBe(true)
  expect(textOn("#4C5BDC").dark).toBe(false)
})
