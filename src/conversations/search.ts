import { type RawBuilder, sql } from "kysely"
import { parsePhoneNumberFromString, type CountryCode } from "libphonenumber-js"

/** How customers and messages are found by what somebody types. */

const wordsMax = 12

/** A tsquery in which every word must occur, each as a beginning: `inv 7` finds "Invoice 7". Null without words. */
export function wordsQuery(q: string): string | null {
  const words = q.match(/[\p{L}\p{N}]+/gu)?.slice(0, wordsMax) ?? []
  return words.length === 0 ? null : words.map((word) => `${word.toLowerCase()}:*`).join(" & ")
}

/** Ids of customers whose name holds every word, or an address of theirs all of it; telephone numbers in any notation. */
export function customersMatching(orgId: string, q: string, country: string): RawBuilder<unknown> {
  const like = contains(q.trim())
  const words = q.trim().split(/\s+/).slice(0, wordsMax).map(contains)
  const phone = phoneDigits(q, country)
  return sql`
    SELECT id FROM customers WHERE org_id = ${orgId} AND name ILIKE ALL (${words}::text[])
    UNION SELECT customer_id FROM customer_addresses WHERE org_id = ${orgId} AND kind <> 'visitor' AND value ILIKE ${like}
    ${phone ? sql`UNION SELECT customer_id FROM customer_addresses WHERE org_id = ${orgId} AND kind = 'phone' AND value LIKE ${`%${phone}%`}` : sql``}`
}

function contains(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`
}

/** Digits by which a telephone number, or a part of one, is found: `(415) 555-0188` → `4155550188`. */
function phoneDigits(q: string, country: string): string | null {
  if (!/^[\d\s().+/-]{4,}$/.test(q.trim())) return null
  const parsed = parsePhoneNumberFromString(q, country as CountryCode)
  if (parsed?.isPossible()) return parsed.number
  const digits = q.replaceAll(/\D/g, "")
  return digits.length >= 4 ? digits : null
}
