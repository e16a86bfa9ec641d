import { expect, test } from "vitest"
import { textOn } from "./color.ts"
import { isShownOn } from "./display-rules.ts"

test("pages that are included and not excluded show the chat; a star stands for anything", () => {
  const url = "https://shop.example/cart/7?x=1"
  expect(isShownOn({ include: [], exclude: [] }, url)).toBe(true)
  expect(isShownOn({ include: ["/cart/*"], exclude: [] }, url)).toBe(true)
  expect(isShownOn({ include: ["/help/*"], exclude: [] }, url)).toBe(false)
  expect(isShownOn({ include: ["shop.example/*"], exclude: ["*/cart/*"] }, url)).toBe(false)
  expect(isShownOn({ include: ["/cart/7"], exclude: ["/cart/7+"] }, url)).toBe(true)
})

test("text on a color is whichever of black and white stands out more", () => {
  expect(textOn("#4C5BDC")).toBe("#ffffff")
  expect(textOn("#FFD400")).toBe("#111318")
  expect(textOn("#000000")).toBe("#ffffff")
})
