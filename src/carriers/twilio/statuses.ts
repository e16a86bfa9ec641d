import { type SendFailure, sendFailure } from "../../delivery/failure.ts"
import type { CarrierStatus } from "../carrier.ts"
import errors from "./errors.json" with { type: "json" }

type KnownError = { code: string; text: string; retryable: boolean }

const known = new Map<string, KnownError>(Object.entries(errors))

/** Their words of a message's state. `accepted`, `scheduled`, `queued` and `sending` are all on the way to the network. */
export function statusOf(text: string): CarrierStatus["status"] {
  switch (text.toLowerCase()) {
    case "sent":
    case "delivered":
    case "read":
      return text.toLowerCase() as "sent" | "delivered" | "read"
    case "failed":
    case "undelivered":
    case "canceled":
      return "failed"
    default:
      return "queued"
  }
}

/** What one of their error codes means for the agent. */
export function failureOfCode(code: string | null): SendFailure {
  const found = code === null ? undefined : known.get(code)
  if (found) return sendFailure(found.code, found.text, { retryable: found.retryable })
  const isWord = code !== null && /^[a-z_]{1,60}$/.test(code)
  const number = code === null || isWord ? "" : ` (error ${code})`
  return sendFailure(isWord ? code : "carrier_error", `The carrier could not deliver the message${number}.`)
}

export function isKnownCode(code: string): boolean {
  return known.has(code)
}

/** Their number for what we call `code`; what has none stays as it is. */
export function codeOfFailure(code: string): string {
  const found = [...known].find(([number, one]) => one.code === code && number.startsWith("3"))
  return found?.[0] ?? code
}
