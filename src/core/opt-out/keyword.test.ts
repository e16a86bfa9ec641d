import { expect, test } from "vitest"
import { keywordOf } from "./keyword.ts"

test.each(["STOP", "stop", " Stop\n", "CANCEL", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT"])(
  "%s opts out",
  (text) => {
    expect(keywordOf(text)).toEqual({ keyword: text.trim().toUpperCase(), action: "opt_out" })
  },
)

test.each(["START", "yes", "UnStop"])("%s opts in", (text) => {
  expect(keywordOf(text)).toMatchObject({ action: "opt_in" })
})

test("HELP asks for the help text", () => {
  expect(keywordOf("help")).toEqual({ keyword: "HELP", action: "help" })
})

test.each(["STOP PLEASE", "please stop", "STOP.", "", " ", "constructor", "__proto__", "no"])(
  "%s is no keyword",
  (text) => {
    expect(keywordOf(text)).toBeNull()
  },
)
