import { z } from "zod"
import { oneLine } from "../one-line.ts"

export const OrganizationName = oneLine(100).min(1)

/** An IANA zone that this machine knows. */
export const TimeZone = z
  .string()
  .max(100)
  .refine(isTimeZone, { error: "Use an IANA time zone such as Europe/Berlin.", params: { code: "not_in_list" } })

/** ISO 3166-1 alpha-2: numbers without a country code are read as of there. */
export const Country = z
  .string()
  .toUpperCase()
  .regex(/^[A-Z]{2}$/, { error: "Use two letters such as US.", abort: true })
  .refine(isCountry, {
    error: "There is no such country. Use its two letters, such as US.",
    params: { code: "not_in_list" },
  })

const Days = z.int().min(1).max(36_500)

/** The company that uses the program (api.md 2.1). */
export const Organization = z.object({
  id: z.string(),
  name: OrganizationName,
  timeZone: z.string(),
  country: z.string(),
  fallbackInboxId: z.string().nullable(),
  sandboxEnabled: z.boolean(),
  retentionDays: z.object({ recordings: Days.nullable(), messages: Days.nullable() }).nullable(),
  version: z.int(),
})
export type Organization = z.infer<typeof Organization>

/** A part of it leaves the other as it is (RFC 7396). */
export const RetentionDays = z
  .object({ recordings: Days.nullable().optional(), messages: Days.nullable().optional() })
  .nullable()

const regionNames = new Intl.DisplayNames("en", { type: "region", fallback: "none" })

/** `ZZ` stands for an unknown one. */
function isCountry(code: string): boolean {
  return code !== "ZZ" && regionNames.of(code) !== undefined
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone !== ""
  } catch {
    return false
  }
}
