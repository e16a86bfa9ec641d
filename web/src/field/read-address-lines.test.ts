import { expect, test } from "vitest"
import { readAddressLines } from "./read-address-lines.ts"

test("addresses stand one per line, or between commas, semicolons or spaces, each once", () => {
  expect(readAddressLines('a@x.com\nb@x.com, c@x.com;A@x.com\n"Ben, Sales" <b@x.com>; Cy Lee <c@x.com>\n')).toEqual({
    addresses: ["a@x.com", "b@x.com", "c@x.com"],
    wrong: [],
  })
  expect(readAddressLines(" \n")).toEqual({ addresses: [], wrong: [] })
})

test("all that are none are named, not only the first", () => {
  expect(readAddressLines("a@x.com\nnot\nb@@x.com")).toMatchObject({ wrong: ["not", "b@@x.com"] })
})
