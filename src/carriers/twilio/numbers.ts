import type { HttpClient } from "../../http-client.ts"
import type { CarrierAccount, CarrierNumbers, CarrierResult, NumberHooks, OwnedNumber } from "../carrier.ts"
import { askPages, askRest } from "./request.ts"

const pageSize = 1_000

/** Numbers that the account owns, and where the company reports what happens to them. */
export function twilioNumbers(http: HttpClient): CarrierNumbers {
  return {
    list: (account) => list(http, account, {}),
    async find(e164, account) {
      const found = await list(http, account, { PhoneNumber: e164 })
      return found.ok ? { ok: true, value: found.value.find((one) => one.e164 === e164) ?? null } : found
    },
    setHooks: (externalId, hooks, account) => setHooks(http, externalId, hooks, account),
  }
}

async function list(
  http: HttpClient,
  account: CarrierAccount,
  filter: Record<string, string>,
): Promise<CarrierResult<readonly OwnedNumber[]>> {
  const query = { PageSize: String(pageSize), ...filter }
  const pages = await askPages(http, account, {
    method: "GET",
    path: "/IncomingPhoneNumbers.json",
    query,
    key: "incoming_phone_numbers",
  })
  return pages.ok ? { ok: true, value: pages.value.flatMap(ownedOf) } : pages
}

function ownedOf(one: Record<string, unknown>): OwnedNumber[] {
  if (typeof one.sid !== "string" || typeof one.phone_number !== "string") return []
  const able = (one.capabilities ?? {}) as Record<string, unknown>
  const can = (name: string) => able[name] === true || able[name.toUpperCase()] === true
  return [
    {
      externalId: one.sid,
      e164: one.phone_number,
      capabilities: { voice: can("voice"), sms: can("sms"), mms: can("mms") },
    },
  ]
}

async function setHooks(
  http: HttpClient,
  externalId: string,
  hooks: NumberHooks,
  account: CarrierAccount,
): Promise<CarrierResult<null>> {
  const answer = await askRest(http, account, {
    method: "POST",
    path: `/IncomingPhoneNumbers/${encodeURIComponent(externalId)}.json`,
    form: [
      ["SmsUrl", hooks.messages],
      ["SmsMethod", "POST"],
      ["SmsFallbackUrl", hooks.fallback],
      ["SmsFallbackMethod", "POST"],
    ],
  })
  return answer.ok ? { ok: true, value: null } : answer
}
