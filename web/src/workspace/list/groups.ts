import { groupOf, tierOfGroup } from "../../../../src/core/channels.ts"
import type { Conversation } from "../../../../src/core/conversations/conversation.ts"

/** The customer has the last word and somebody owes an answer. */
export function needsReply(conversation: Conversation): boolean {
  return conversation.status === "new" || conversation.status === "open"
}

/** Overdue first, then what is due next. */
export function byDue(a: Conversation, b: Conversation): number {
  return (a.dueAt ?? "9").localeCompare(b.dueAt ?? "9") || a.id.localeCompare(b.id)
}

/** Whose last word is newest stands first. */
export function byLastItem(a: Conversation, b: Conversation): number {
  return (b.lastItem?.at ?? b.createdAt).localeCompare(a.lastItem?.at ?? a.createdAt) || a.id.localeCompare(b.id)
}

/** The order in which it is served: group, then due date, then who came first (spec 6.2). */
export function byQueuePlace(a: Conversation, b: Conversation): number {
  return (
    tierOf(a) - tierOf(b) ||
    (a.queueItem?.dueAt ?? "9").localeCompare(b.queueItem?.dueAt ?? "9") ||
    (a.queueItem?.waitingSince ?? "").localeCompare(b.queueItem?.waitingSince ?? "") ||
    a.id.localeCompare(b.id)
  )
}

/** The channel that a row shows: that of the last message, else of the contact. */
export function channelOf(conversation: Conversation) {
  return conversation.lastItem?.channel ?? conversation.contact?.channel ?? "email"
}

function tierOf({ queueItem, contact }: Conversation): number {
  if (queueItem) return tierOfGroup[queueItem.group]
  return contact ? tierOfGroup[groupOf(contact.channel)] : 2
}
