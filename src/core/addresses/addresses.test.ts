import { expect, test } from "vitest"
import { normalizeEmail } from "./email.ts"
import { normalizePhone } from "./phone.ts"

test.each([
  ["(415) 555-2671", "US", "+14155552671"],
  ["+1 415-555-2671", "DE", "+14155552671"],
  ["415.555.2671", "US", "+14155552671"],
  ["030 123456", "DE", "+4930123456"],
  ["+49 30 123456", "US", "+4930123456"],
  ["+442071838750", "", "+442071838750"],
  ["030 123456", "XX", null],
  ["12", "US", null],
  ["call me", "US", null],
  ["", "US", null],
])("the number %s read in %s is %s", (typed, country, number) => {
  expect(normalizePhone(typed, country)).toBe(number)
})

test.each([
  [" Billing@Retale.COM ", "billing@retale.com"],
  ["o'neil+tag@example.co.uk", "o'neil+tag@example.co.uk"],
  ["jörg@exämple.de", "jörg@exämple.de"],
  ["me@localhost", "me@localhost"],
  ["Maya <maya@example.com>", null],
  ["maya@example.com, ben@example.com", null],
  ["maya", null],
  ["@example.com", null],
  ["maya@", null],
  ["a..b@example.com", null],
  [".a@example.com", null],
  ["a@example..com", null],
  ["a@-", null],
  [`${"a".repeat(65)}@example.com`, null],
  [`a@${"a".repeat(260)}.com`, null],
])("the mail address %s is %s", (typed, address) => {
  expect(normalizeEmail(typed)).toBe(address)
})
