import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js/max"

/**
 * A phone number as typed or received, in E.164; null: none that exists. Numbers without a country are read as of
 * `country` (ISO 3166 alpha-2, the organization's).
 */
export function normalizePhone(typed: string, country: string): string | null {
  const parsed = parsePhoneNumberFromString(typed.trim(), supported(country))
  return parsed?.isValid() ? parsed.number : null
}

function supported(country: string): CountryCode | undefined {
  return isSupportedCountry(country) ? country : undefined
}
