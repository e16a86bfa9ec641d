import type { AddressKind } from "../core/customers/customer.ts"
import type { Resolution } from "../core/entry-points/entry-point.ts"
import type { ChannelName } from "../core/channels.ts"

/** A file that is already written and synced under BLOB_DIR (blobs.ts); named by its SHA-256. */
export type StoredFile = {
  sha256: string
  name: string
  type: string
  sizeBytes: number
  contentId?: string | null
  inline?: boolean
}

/** The one shape that every channel makes of what arrives. With `entryPointId`, `externalId` is the key that is taken once. */
export type InboundEvent = {
  orgId: string
  entryPointId: string
  channel: ChannelName
  externalId: string
  from: {
    kind: AddressKind
    value: string
    name?: string | null
    /** How the address was proved: it arrived over its channel, or the site signed it. */
    verifiedBy: "channel" | "identity"
  }
  /** What the sender says of himself: shown as unverified, never matched (reliability 44). */
  claims?: readonly { kind: AddressKind; value: string }[]
  content: {
    kind: "text" | "media" | "unknown"
    text: string
    html?: string | null
    subject?: string | null
    files?: readonly StoredFile[]
  }
  /** Only mail: what threading and the loop guard need. */
  mail?: {
    envelopeFrom: string
    fromHeader: string
    to: readonly string[]
    cc: readonly string[]
    messageId: string | null
    /** References and In-Reply-To, without brackets, oldest first. */
    references: readonly string[]
    /** The conversation that a valid token in the reply address or our Message-ID names. */
    tokenConversationId: string | null
    /** Auto-Submitted, bulk, list or null sender: never answered automatically (RFC 3834). */
    automatic: boolean
    flags?: Record<string, unknown>
    /** Who connected to us, for SPF. */
    client?: { ip: string; helo: string }
  }
  optOut?: { keyword: string; action: "opt_out" | "opt_in" | "help"; phoneNumberId: string }
  /** The visitor's own id of the message (chat), so that a repeat finds the first. */
  clientId?: string | null
  inReplyToExternalId?: string | null
  /** The provider's own time, where it tells one. */
  sentAt: Date | null
  /** As received, byte for byte; large ones as the blob that holds them. */
  raw: { bytes: Buffer } | { sha256: string }
  test: boolean
}

/** What the taking of an event answers; the same event again answers the same, with `duplicate`. */
export type Receipt = {
  inboundEventId: string
  duplicate: boolean
  parked: boolean
  parkedReason?: string | null
  messageId: string | null
  contactId: string | null
  conversationId: string | null
  customerId: string | null
  resolution: Resolution | null
  dueAt: string | null
}

/** The one way in. Resolves when the event and its effects are committed; what it throws means: not taken, try again. */
export interface Intake {
  accept(event: InboundEvent): Promise<Receipt>
}
