import type { ChannelName } from "../../core/channels.ts"
import type { Receipt } from "../../intake/inbound-event.ts"

/** What somebody plays as a customer, for the channel that it goes through. */
export type Injection = {
  entryPointId: string | null
  /** Of the entry point where `entryPointId` is known, else as typed. */
  address: string
  from: { kind: string; value: string; name: string | null }
  text: string | null
  subject: string | null
  html: string | null
  attachments: readonly { name: string; type: string; base64: string }[]
  externalId: string | null
  sentAt: Date | null
  inReplyToId: string | null
  kind: string | null
  viaForwarding: boolean
}

/** `arrived: false`: it went out and nothing was made of it. */
export type Injected =
  | { arrived: false; externalId?: string | null }
  | ({ arrived: true; externalId: string | null } & Omit<Receipt, "inboundEventId"> & { inboundEventId: string | null })

/** Sends it along the channel's real path. Throws `unknown_recipient` (422) where nobody receives there. */
export type Inject = (orgId: string, injection: Injection) => Promise<Injected>

export type Injectors = { readonly [name in ChannelName]?: Inject }
