import type { ChannelName } from "../../../../src/core/channels.ts"
import type { EntryPointRef } from "../../../../src/core/entry-points/entry-point.ts"
import type { Message } from "../../../../src/core/conversations/message.ts"
import type { TimelineItem } from "../../../../src/core/conversations/timeline-item.ts"

/** What the timeline draws, in order. */
export type Entry =
  | { type: "separator"; key: string; at: string; channel: ChannelName | null; entryPoint: EntryPointRef | null }
  | { type: "unread"; key: string }
  | { type: "message"; key: string; item: TimelineItem; message: Message; lastOfRun: boolean }
  | { type: "mail"; key: string; item: TimelineItem; message: Message }
  | { type: "note"; key: string; item: TimelineItem }
  | { type: "system"; key: string; items: TimelineItem[] }

const runMs = 3 * 60_000

/** Items in the order shown: the provider's time, then the position (decisions: order shown). */
export function inOrder(items: readonly TimelineItem[]): TimelineItem[] {
  return items.toSorted((a, b) => a.at.localeCompare(b.at) || a.position - b.position)
}

/** Separators where the day, the channel or the entry point changes; messages of one writer within 3 minutes as one run. */
export function entriesOf(items: readonly TimelineItem[], unreadAfter: number | null): Entry[] {
  const entries: Entry[] = []
  let day = ""
  let place = ""
  let isUnreadShown = unreadAfter === null
  for (const [index, item] of items.entries()) {
    const { message } = item
    const itemDay = new Date(item.at).toDateString()
    const itemPlace = message ? `${message.channel} ${message.entryPoint?.id ?? ""}` : place
    if (itemDay !== day || itemPlace !== place) {
      const about = message ?? nextMessage(items, index)
      entries.push({
        type: "separator",
        key: `at-${item.id}`,
        at: item.at,
        channel: about?.channel ?? null,
        entryPoint: about?.entryPoint ?? null,
      })
      day = itemDay
      place = about ? `${about.channel} ${about.entryPoint?.id ?? ""}` : itemPlace
    }
    if (!isUnreadShown && unreadAfter !== null && item.position > unreadAfter && message?.direction === "inbound") {
      entries.push({ type: "unread", key: "unread" })
      isUnreadShown = true
    }
    const last = entries.at(-1)
    if (message?.channel === "email") entries.push({ type: "mail", key: item.id, item, message })
    else if (message)
      entries.push({ type: "message", key: item.id, item, message, lastOfRun: isLastOfRun(item, items[index + 1]) })
    else if (item.kind === "note") entries.push({ type: "note", key: item.id, item })
    else if (last?.type === "system") last.items.push(item)
    else entries.push({ type: "system", key: item.id, items: [item] })
  }
  return entries
}

function nextMessage(items: readonly TimelineItem[], from: number): Message | undefined {
  const item = items[from]
  const day = item && new Date(item.at).toDateString()
  return items.slice(from).find((each) => each.message && new Date(each.at).toDateString() === day)?.message
}

/** The face and the time stand under the last message of a run only. */
function isLastOfRun(item: TimelineItem, next: TimelineItem | undefined): boolean {
  if (!item.message || !next?.message || next.message.channel === "email") return true
  const sameWriter =
    item.message.author.type === next.message.author.type && item.message.author.id === next.message.author.id
  const samePlace =
    item.message.channel === next.message.channel && item.message.entryPoint?.id === next.message.entryPoint?.id
  return (
    !sameWriter ||
    !samePlace ||
    Date.parse(next.at) - Date.parse(item.at) > runMs ||
    new Date(item.at).toDateString() !== new Date(next.at).toDateString()
  )
}
