import { parsePhoneNumberFromString } from "libphonenumber-js"

/** National format at home, international abroad (ui.md 3, Words). */
export function formatPhoneNumber(e164: string, homeCountry = "US"): string {
  const parsed = parsePhoneNumberFromString(e164)
  if (!parsed) return e164
  const home =
    parsed.country === homeCountry ||
    (parsed.countryCallingCode === "1" && (homeCountry === "US" || homeCountry === "CA"))
  return home ? parsed.formatNational() : parsed.formatInternational()
}
