import { sql } from "kysely"
import type { ChannelGroup } from "../core/channels.ts"

/** A conversation (lane `text`) or a call that waits for an agent (routing.md D3). */
export type QueueItemRow = {
  id: string
  conversationId: string
  contactId: string
  lane: "text" | "call"
  inboxId: string
  channelGroup: ChannelGroup
  tier: number
  state: "waiting" | "offered" | "done" | "canceled"
  dueAt: Date
  queuedAt: Date
  firstQueuedAt: Date
  messageCount: number
  doneAt: Date | null
  doneReason: string | null
  version: number
}

/** For `sql` texts that read queue items. */
export const queueItemColumns =
  sql.raw(`id, conversation_id, contact_id, lane, inbox_id, channel_group, tier, state, due_at, queued_at,
  first_queued_at, message_count, done_at, done_reason, version`)

export type NewQueueItem = Omit<QueueItemRow, "state" | "doneAt" | "doneReason" | "version">

/** A new item that waits. */
export function waiting(item: NewQueueItem): QueueItemRow {
  return { ...item, state: "waiting", doneAt: null, doneReason: null, version: 1 }
}
