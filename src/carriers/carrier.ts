import type { SendFailure, Sent } from "../delivery/failure.ts"

/** Our account at a telephone company, with its secret opened. */
export type CarrierAccount = {
  orgId: string
  id: string
  carrier: CarrierName
  accountSid: string
  authToken: string
  /** Where the company's API stands, without a slash at the end. */
  baseUrl: string
  /** The program's own imitation: its address needs no entry in OUTBOUND_ALLOW. */
  ownFarEnd: boolean
}

export const carrierNames = ["sandbox", "twilio"] as const
export type CarrierName = (typeof carrierNames)[number]

/** What a company posted to us, untouched. */
export type HookRequest = {
  /** The addresses under which it may have signed, likeliest first. */
  urls: readonly string[]
  contentType: string
  signature: string | undefined
  body: Buffer
}

export type CarrierMessage = {
  externalId: string
  from: string
  to: string
  text: string
  fromName: string | null
  media: readonly CarrierMedia[]
  /** The company's own time, where it tells one. */
  sentAt: Date | null
}

export type CarrierMedia = { url: string; type: string }

export type CarrierStatus = {
  externalId: string
  /** Ours, from the address that we gave with the message; null where the company called another one. */
  deliveryId: string | null
  status: "queued" | "sent" | "delivered" | "read" | "failed"
  errorCode: string | null
}

export type HookRefusal = { ok: false; problem: "signature_invalid" | "unreadable" }

export type OutgoingSms = {
  deliveryId: string
  from: string
  to: string
  text: string
  mediaUrls: readonly string[]
  statusUrl: string
}

export type ListedMessage = CarrierMessage & {
  direction: "inbound" | "outbound"
  status: string
  errorCode: string | null
  mediaCount: number
}

/** Text messages. Nothing here throws for what the company did. */
export interface CarrierMessages {
  /** Judges the signature on the raw bytes before anything is read. */
  readMessage(request: HookRequest, account: CarrierAccount): { ok: true; message: CarrierMessage } | HookRefusal
  readStatus(request: HookRequest, account: CarrierAccount): { ok: true; status: CarrierStatus } | HookRefusal
  /** What the company wants to hear once a message is ours. */
  acknowledge(): { type: string; body: string }
  send(message: OutgoingSms, account: CarrierAccount): Promise<Sent | SendFailure>
  /** Messages since `since`, oldest first. */
  list(
    filter: { since: Date; to?: string; from?: string },
    account: CarrierAccount,
  ): Promise<CarrierResult<readonly ListedMessage[]>>
  /** The media of a listed message. */
  listMedia(externalId: string, account: CarrierAccount): Promise<CarrierResult<readonly CarrierMedia[]>>
  fetchMedia(
    media: CarrierMedia,
    account: CarrierAccount,
    limits: { bytesMax: number; timeoutMs: number },
  ): Promise<CarrierResult<{ type: string; content: Buffer }>>
}

export type OwnedNumber = {
  externalId: string
  e164: string
  capabilities: { voice: boolean; sms: boolean; mms: boolean }
}

export type NumberHooks = { messages: string; fallback: string; statuses: string }

/** Numbers that an account owns. */
export interface CarrierNumbers {
  list(account: CarrierAccount): Promise<CarrierResult<readonly OwnedNumber[]>>
  find(e164: string, account: CarrierAccount): Promise<CarrierResult<OwnedNumber | null>>
  setHooks(externalId: string, hooks: NumberHooks, account: CarrierAccount): Promise<CarrierResult<null>>
}

export type CarrierResult<T> = { ok: true; value: T } | CarrierFailure

/** `unreachable`: no answer worth the name; `refused`: the account or its token; `failed`: anything else that it said. */
export type CarrierFailure = {
  ok: false
  kind: "unreachable" | "refused" | "failed" | "too_large"
  code: string
  text: string
}

/** A telephone company: what it offers is present, what it does not is absent and asked for before use. */
export interface Carrier {
  /** Whether the account's credentials are good. */
  check(account: CarrierAccount): Promise<CarrierResult<null>>
  readonly messages?: CarrierMessages
  readonly numbers?: CarrierNumbers
}
