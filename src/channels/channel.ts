import type { ChannelName } from "../core/channels.ts"
import type { SendFailure, Sent } from "../delivery/failure.ts"

/** A file to be sent; `read` streams it from BLOB_DIR. */
export type OutboundFile = {
  id: string
  name: string
  type: string
  sizeBytes: number
  sha256: string
  read(): Promise<Buffer>
}

/** One message on its way out, as the delivery worker hands it to its channel. */
export type OutboundMessage = {
  orgId: string
  deliveryId: string
  messageId: string
  conversationId: string
  channel: ChannelName
  /** The entry point that it is sent from. */
  entryPointId: string
  fromAddress: string
  to: readonly string[]
  cc: readonly string[]
  bcc: readonly string[]
  subject: string | null
  text: string
  html: string | null
  files: readonly OutboundFile[]
  /** Message-IDs of the thread, oldest first, without brackets (mail). */
  references: readonly string[]
  authorName: string | null
  /** Written by nobody: marked as such, so that no other machine answers it (RFC 3834). */
  automatic?: boolean
  /** Goes to the sandbox's far end, whatever is configured. */
  test: boolean
  /** 1 for the first try. */
  attempt: number
}

/** A method by which customers reach us. What only some channels have is an optional member, asked for before use. */
export interface Channel {
  readonly name: ChannelName
  /** Never throws for what the outside did: that is a failure with a code and whether to try again. */
  send(message: OutboundMessage): Promise<Sent | SendFailure>
  /** After a crash in mid-send: did the other side take it? Absent where it cannot be asked. */
  lookup?(message: OutboundMessage): Promise<Sent | SendFailure | "not_taken" | "cannot_tell">
  readonly typing?: { show(conversationId: string, agentName: string, on: boolean): void }
  readonly read?: { show(conversationId: string, at: Date): void }
}
