/** RFC 5321 4.5.3.1: local part 64 octets, the whole 254. */
const localPartLengthMax = 64
const addressLengthMax = 254

/**
 * A mail address in lower case, without display name; null: not one that mail can be sent to. Quoted local parts and
 * address literals are not taken: nobody uses them, and they hide other addresses.
 */
export function normalizeEmail(typed: string): string | null {
  const address = typed.trim().toLowerCase()
  const parts =
    /^([^\s@"(),:;<>[\]\\]+)@([a-z0-9\u0080-\u{10ffff}](?:[a-z0-9.\u0080-\u{10ffff}-]*[a-z0-9\u0080-\u{10ffff}])?)$/u.exec(
      address,
    )
  const [, local, domain] = parts ?? []
  if (!local || !domain || address.length > addressLengthMax || local.length > localPartLengthMax) return null
  if ([local, domain].some((part) => part.startsWith(".") || part.endsWith(".") || part.includes(".."))) return null
  return address
}
