import type { HttpClient } from "../../http-client.ts"
import type { Carrier } from "../carrier.ts"
import { twilioMessages } from "./messages.ts"
import { twilioNumbers } from "./numbers.ts"
import { askRest } from "./request.ts"

export const twilioBaseUrl = "https://api.twilio.com"

/** Twilio, and whatever speaks as it does under another address: the sandbox is one of those. */
export function twilioCarrier(http: HttpClient): Carrier {
  return {
    async check(account) {
      const answer = await askRest(http, account, { method: "GET", path: ".json" })
      if (!answer.ok) return answer
      const status = answer.value.status
      if (status === undefined || status === "active") return { ok: true, value: null }
      return { ok: false, kind: "refused", code: String(status), text: `the account is ${status}` }
    },
    messages: twilioMessages(http),
    numbers: twilioNumbers(http),
  }
}
