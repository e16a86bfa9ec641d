import { createHash } from "node:crypto"
import { isValidPhoneNumber } from "libphonenumber-js/max"

export type CatalogueNumber = { e164: string; capabilities: { voice: boolean; sms: boolean; mms: boolean } }

const areas = ["212", "415", "305", "512", "206", "312", "617", "702", "416", "604", "888", "877"] as const
const numbersPerAccount = 30
const all = { voice: true, sms: true, mms: true }

/** Numbers that an account owns at the sandbox from the start: the same ones at each look, other ones for each account. */
export function catalogueOf(accountSid: string): CatalogueNumber[] {
  const found: string[] = []
  for (let n = 0; found.length < numbersPerAccount; n++) {
    const area = areas[n % areas.length] ?? "415"
    const digits = createHash("sha256").update(`${accountSid} ${n}`).digest().readUInt32BE() % 8_000_000
    const e164 = `+1${area}${2_000_000 + digits}`
    if (/^\+1\d{3}(555|\d11)/.test(e164) || !isValidPhoneNumber(e164) || found.includes(e164)) continue
    found.push(e164)
  }
  return found.sort().map((e164, index) => ({ e164, capabilities: capabilitiesAt(index) }))
}

/** Some speak only, some take no pictures, as it is with real ones; the first of a list can do all. */
function capabilitiesAt(index: number): CatalogueNumber["capabilities"] {
  if (index % 10 === 8) return { ...all, sms: false, mms: false }
  return index % 10 === 9 ? { ...all, mms: false } : all
}

/** Whatever number of the United States or Canada somebody names is one that the account owns. */
export function isSandboxNumber(e164: string): boolean {
  return /^\+1[2-9]\d{9}$/.test(e164) && isValidPhoneNumber(e164)
}

export function capabilitiesOf(accountSid: string, e164: string): CatalogueNumber["capabilities"] {
  return catalogueOf(accountSid).find((one) => one.e164 === e164)?.capabilities ?? all
}

export function numberSidOf(accountSid: string, e164: string): string {
  return `PN${createHash("md5").update(`${accountSid} ${e164}`).digest("hex")}`
}
