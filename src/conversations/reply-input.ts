import type { ChannelName } from "../core/channels.ts"

export type ReplyInput = {
  channel: ChannelName
  entryPointId?: string | undefined
  toAddressId?: string | undefined
  text?: string | undefined
  html?: string | undefined
  subject?: string | undefined
  cc: readonly string[]
  bcc: readonly string[]
  attachmentIds: readonly string[]
  inReplyToId?: string | undefined
  /** The newest message of the customer that the writer had before his eyes; absent: all that are there. */
  seenMessageId?: string | undefined
  /** How long it can be undone. */
  undoSeconds: number
}
