import type { ChannelName } from "../../../../src/core/channels.ts"
import { type Draft, emptyDraft } from "./draft.ts"

/** What one form of the composer hands to the next: each channel and the note have a form and a draft of their own. */
let carried: { conversationId: string; draft: Draft } | null = null
let wantsFocus = false

let begun: { conversationId: string; channel: ChannelName } | null = null

/** A conversation that we begin opens on the channel that was asked for, with the caret in it. */
export function beginOn(conversationId: string, channel: ChannelName) {
  begun = { conversationId, channel }
  wantsFocus = true
}

let takenUp: string | null = null

/** An offer that was accepted: the focus goes into its conversation, with `writes` on into the text of the answer. */
export function takeUp(conversationId: string, writes: boolean) {
  takenUp = conversationId
  wantsFocus = writes
}

export function isTakenUp(conversationId: string): boolean {
  const taken = takenUp === conversationId
  if (taken) takenUp = null
  return taken
}

export function begunOn(conversationId: string): ChannelName | null {
  return begun?.conversationId === conversationId ? begun.channel : null
}

/** A person who chose a tab or a channel wants to write at once. */
export function focusNext() {
  wantsFocus = true
}

export function takeFocus(): boolean {
  const wanted = wantsFocus
  wantsFocus = false
  return wanted
}

/** Text and files go along to another channel; subject, copies and addresses belong to the one that was left. */
export function carry(conversationId: string, { text, attachments }: Draft) {
  carried = { conversationId, draft: { ...emptyDraft, text, attachments } }
}

export function takeCarried(conversationId: string): Draft | null {
  const taken = carried?.conversationId === conversationId ? carried.draft : null
  carried = null
  return taken
}
