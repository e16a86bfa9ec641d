import { expect, test } from "vitest"
import { readAddressLines } from "./read-address-lines.ts"

test("addresses stand one per line, or between commas, semicolons or spaces, each once", () => {
  expect(readAddressLines("a@x.com\nb@x.com, c@x.com;a@x.com \n")).toEqual({
    addresses: ["a@x.com", "b@x.com", "c@x.com"],
    wrong: undefined,
  })
  expect(readAddressLines("a@x.com\nnot\nneither")).toMatchObject({ wrong: "not" })
  expect(readAddressLines(" \n")).toEqual({ addresses: [], wrong: undefined })
})
