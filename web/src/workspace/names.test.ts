import { expect, test } from "vitest"
import { initialsOf } from "./names.ts"

test.each([
  ["Maya Chen", "MC"],
  ["Ana Maria da Silva", "AS"],
  ["Cher", "C"],
  ["tom@customer.example", "TE"],
  ["(415) 555-0131", "31"],
  ["+49 30 901820", "20"],
  ["", ""],
])("the face of %s says %s", (name, initials) => {
  expect(initialsOf(name)).toBe(initials)
})
