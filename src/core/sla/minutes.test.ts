import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { formatSeconds, formatSlaMinutes, parseInboxSlaMinutes, parseSlaMinutes, slaMessage } from "./minutes.ts"

describe("SLA minutes", () => {
  test("S73 a blank field inherits; in an Inbox it is refused", () => {
    for (const blank of [null, undefined, "", "   ", "\t"]) {
      expect(parseSlaMinutes(blank)).toEqual({ ok: true, seconds: null, text: null })
      expect(parseInboxSlaMinutes(blank)).toEqual({ ok: false, code: "required" })
    }
  })

  test.each([
    ["0.66", 40],
    ["1.025", 62],
    [".25", 15],
    ["0.5", 30],
    ["1", 60],
    ["1.", 60],
    ["1.5", 90],
    ["5", 300],
    ["120", 7200],
    ["007", 420],
    ["525600", 31_536_000],
    ["0.00833333333333333333333334", 1],
  ])("S74 S75 %s minutes", (text, seconds) => {
    expect(parseSlaMinutes(text)).toEqual({ ok: true, seconds, text })
  })

  test("S75 0.66 minutes is 40 seconds, and reads back as typed, trimmed", () => {
    expect(parseSlaMinutes("  0.66 ")).toEqual({ ok: true, seconds: 40, text: "0.66" })
  })

  test.each(["0", "0.0", "00", ".0", "0.", "0000.000"])("S76 %s is refused as zero", (text) => {
    expect(parseSlaMinutes(text)).toEqual({ ok: false, code: "sla_zero" })
    expect(parseInboxSlaMinutes(text)).toEqual({ ok: false, code: "sla_zero" })
  })

  test.each(["-1", "5-", "3-5", "-0", "\u22121", "1\u20132", "-abc", "--"])(
    "S77 %s is refused for its minus",
    (text) => {
      expect(parseSlaMinutes(text)).toEqual({ ok: false, code: "sla_minus" })
    },
  )

  test.each(["abc", "1e3", "+5", "1,5", "1.2.3", ".", "5 5", "0x10", "Infinity", "\u0665", `0.${"1".repeat(200)}`])(
    "S71 %s is not a number",
    (text) => {
      expect(parseSlaMinutes(text)).toEqual({ ok: false, code: "sla_not_a_number" })
    },
  )

  test("S76 what rounds to 0 s is too small, more than 365 days too large", () => {
    for (const text of ["0.001", "0.0083", "0.0083333333333333333333333"])
      expect(parseSlaMinutes(text)).toEqual({ ok: false, code: "sla_too_small" })
    for (const text of ["525601", "525600.0001", "9".repeat(99)]) {
      expect(parseSlaMinutes(text)).toEqual({ ok: false, code: "sla_too_large" })
    }
  })

  test("S75 half up on the digits: whole milliminutes agree with integer arithmetic", () => {
    fc.assert(
      fc.property(fc.integer({ min: 9, max: 525_600_000 }), (milliminutes) => {
        const text = `${Math.floor(milliminutes / 1000)}.${String(milliminutes % 1000).padStart(3, "0")}`
        const seconds = Math.floor((milliminutes * 60 + 500) / 1000)
        expect(parseSlaMinutes(text)).toEqual({ ok: true, seconds, text })
      }),
    )
  })

  test("S76 S77 no text makes it throw or answer something that is not in the table", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+.,0-9e ]{0,12}$/)), (text) => {
        const parsed = parseSlaMinutes(text)
        if (!parsed.ok || parsed.text === null) return
        expect(parsed.text).toBe(text.trim())
        expect(parsed.text).toMatch(/^(?=.*[1-9])(\d+(\.\d*)?|\.\d+)$/)
        expect(parsed.seconds).toBeGreaterThan(0)
        expect(parsed.seconds).toBeLessThanOrEqual(31_536_000)
        expect(Number.isInteger(parsed.seconds)).toBe(true)
      }),
    )
  })
})

test("S76 S77 the sentences at the field", () => {
  expect(slaMessage("sla_zero", { minutesText: "60", inboxName: "VIP" })).toBe(
    "Enter more than 0. Empty means 60, from VIP.",
  )
  expect(slaMessage("sla_minus")).toBe("Minus signs are not allowed. Enter minutes such as 5 or 0.66.")
  expect(slaMessage("sla_not_a_number")).toBe("Use digits and one dot, such as 1.5.")
  expect(slaMessage("sla_too_small")).toBe("Too small. 0.01 is one second.")
  expect(slaMessage("sla_too_large")).toBe("At most 525600 minutes (365 days).")
  expect(slaMessage("required")).toBe("Enter an SLA. Every Inbox needs one.")
})

test("seconds in words", () => {
  expect([40, 60, 90, 5400, 14_400, 86_400, 180_000, 0].map(formatSeconds)).toEqual([
    "40 s",
    "1 min",
    "1 min 30 s",
    "1 h 30 min",
    "4 h",
    "1 day",
    "2 days 2 h",
    "0 s",
  ])
  expect([40, 60, 5400, 61].map(formatSlaMinutes)).toEqual(["0.67", "1", "90", "1.02"])
})
