/** Why a delivery did not happen. `unknown`: the other side may have taken it; shown as unknown, never sent again by itself. */
export type SendFailure = {
  ok: false
  code: string
  /** A sentence for the agent. */
  text: string
  retryable: boolean
  unknown?: boolean
  retryAfterSeconds?: number
}

export type Sent = {
  ok: true
  externalId: string | null
  /** `sent` unless the channel knows more at once. */
  status?: "sent" | "delivered"
  /** It left, but somebody who was to have a copy did not get it. */
  shortfall?: { code: string; text: string }
}

export function sendFailure(
  code: string,
  text: string,
  options: Partial<Omit<SendFailure, "ok" | "code" | "text">> = {},
): SendFailure {
  return { ok: false, code, text, retryable: false, ...options }
}

/** What an HTTP status of a provider means, in one place: 429 and 5xx are tried again, other 4xx never. */
export function failureOfStatus(status: number, text: string, retryAfterSeconds?: number): SendFailure {
  const retryable = status === 429 || status === 408 || status >= 500
  const code = status === 429 ? "throttled" : status >= 500 ? "provider_error" : "refused"
  return sendFailure(code, text, retryAfterSeconds === undefined ? { retryable } : { retryable, retryAfterSeconds })
}
