import { expect, test } from "vitest"
import { parseJson } from "./json.ts"

test("reads what JSON.parse reads, to the same values", () => {
  const texts = [
    "null",
    " true ",
    "-0.5e+3",
    '"a\\u00e9\\n\\"\\\\ \u{1f600}"',
    "[]",
    "[1,[2,{}]]",
    '{"a":{"b":[1,2,3]},"c":"","constructor":1,"é":null}',
    "1E400",
    "[ 1 , 2 ]",
  ]
  for (const text of texts) expect(parseJson(text), text).toEqual(JSON.parse(text))
})

test("refuses what JSON.parse refuses", () => {
  const texts = [
    "",
    " ",
    "{",
    "[1,]",
    '{"a":1,}',
    "01",
    "+1",
    "1.",
    ".5",
    "'a'",
    '"\n"',
    '"\\x"',
    "tru",
    "nul",
    "{a:1}",
    "1 2",
    '"',
    "NaN",
    '{"a" 1}',
    "[1 2]",
    "\u00a01",
  ]
  for (const text of texts) {
    expect(() => JSON.parse(text), text).toThrow()
    expect(() => parseJson(text), text).toThrow(/at character/)
  }
})

test("reliability 57 duplicate keys, __proto__ and 33 levels are refused, a hundred thousand levels at once", () => {
  expect(() => parseJson('{"a":1,"\\u0061":2}')).toThrow(/twice/)
  expect(() => parseJson('{"__proto__":{"x":1}}')).toThrow(/__proto__/)
  expect(() => parseJson(`${"[".repeat(33)}${"]".repeat(33)}`)).toThrow(/32 levels/)
  expect(parseJson(`${"[".repeat(32)}${"]".repeat(32)}`)).toBeTruthy()
  expect(() => parseJson("[".repeat(100_000))).toThrow(/32 levels/)
})
