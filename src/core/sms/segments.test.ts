import { expect, test } from "vitest"
import { segmentsOf } from "./segments.ts"

function short(text: string) {
  const { encoding, units, segments, perSegment, remaining } = segmentsOf(text)
  return [encoding, units, segments, perSegment, remaining]
}

test("160 septets travel alone, longer texts in parts of 153", () => {
  expect(short("")).toEqual(["gsm7", 0, 0, 160, 160])
  expect(short("a".repeat(132))).toEqual(["gsm7", 132, 1, 160, 28])
  expect(short("a".repeat(160))).toEqual(["gsm7", 160, 1, 160, 0])
  expect(short("a".repeat(161))).toEqual(["gsm7", 161, 2, 153, 145])
  expect(short("a".repeat(306))).toEqual(["gsm7", 306, 2, 153, 0])
  expect(short("a".repeat(307))).toEqual(["gsm7", 307, 3, 153, 152])
})

test("characters of the extension table take two septets and are not torn apart", () => {
  expect(short("€")).toEqual(["gsm7", 2, 1, 160, 158])
  expect(short("€".repeat(80))).toEqual(["gsm7", 160, 1, 160, 0])
  // 152 septets and a euro sign: it begins the second part.
  expect(short(`${"a".repeat(152)}€${"a".repeat(20)}`)).toEqual(["gsm7", 174, 2, 153, 131])
  for (const character of "^{}\\[~]|€\f") expect(segmentsOf(character).units).toBe(2)
})

test("one character outside GSM-7 makes the whole text UCS-2: 70 alone, parts of 67", () => {
  expect(short("ç")).toEqual(["ucs2", 1, 1, 70, 69])
  expect(short("Ç")).toEqual(["gsm7", 1, 1, 160, 159])
  expect(short("`")).toEqual(["ucs2", 1, 1, 70, 69])
  expect(short("я".repeat(70))).toEqual(["ucs2", 70, 1, 70, 0])
  expect(short("я".repeat(71))).toEqual(["ucs2", 71, 2, 67, 63])
  expect(short("’".concat("a".repeat(133)))).toEqual(["ucs2", 134, 2, 67, 0])
})

test("an emoji is two units of UCS-2 and is not torn apart", () => {
  expect(short("😀")).toEqual(["ucs2", 2, 1, 70, 68])
  expect(short(`${"я".repeat(66)}😀${"я".repeat(10)}`)).toEqual(["ucs2", 78, 2, 67, 55])
})

test("the basic alphabet is the standard's: 127 characters without the escape", () => {
  const basic = Array.from({ length: 0xffff }, (_, code) => String.fromCharCode(code)).filter(
    (character) => segmentsOf(character).encoding === "gsm7" && segmentsOf(character).units === 1,
  )
  expect(basic).toHaveLength(127)
})
