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
  const typed = q.trim()
  const inName = typed
    .split(/\s+/)
    .slice(0, wordsMax)
    .map((word) => sql`lower(name) LIKE ${contains(word)}`)
  const phone = phoneDigits(q, country)
  const inAddress = [contains(typed), ...(phone ? [contains(phone)] : [])]
  // What the partial indexes say is said again: the planner takes them then.
  return sql`
    SELECT id FROM customers WHERE org_id = ${orgId} AND name IS NOT NULL AND ${sql.join(inName, sql` AND `)}
    ${sql.join(
      inAddress.map(
        (pattern) => sql`
    UNION SELECT customer_id FROM customer_addresses WHERE org_id = ${orgId} AND kind <> 'visitor' AND lower(value) LIKE ${pattern}`,
      ),
      sql` `,
    )}`
}

/** Lower case is the database's, as in the indexes. */
function contains(text: string): RawBuilder<unknown> {
  return sql`lower(${`%${text.replaceAll(/[\\%_]/g, "\\$&")}%`})`
}

/** Digits by which a telephone number, or a part of one, is found: `(415) 555-0188` → `4155550188`. */
function phoneDigits(q: string, country: string): string | null {
  if (!/^[\d\s().+/-]{4,}$/.test(q.trim())) return null
  const parsed = parsePhoneNumberFromString(q, country as CountryCode)
  if (parsed?.isPossible()) return parsed.number
  const digits = q.replaceAll(/\D/g, "")
  return digits.length >= 4 ? digits : null
}
