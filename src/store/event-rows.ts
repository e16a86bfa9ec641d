import type { Collected, PendingEvent } from "./collected.ts"
import type { Committed } from "./committed.ts"
import { Copy, copyTable } from "./copy.ts"
import type { TimelineEntry } from "./write.ts"

/** Events and what the timeline shows of them, as rows. */

type EventRow = Pick<PendingEvent, "id" | "type" | "at"> & { position: number; data: string; touched: object | null }
type TimelineRow = Omit<TimelineEntry, "at"> & { id: string; position: number; at: Date }

/** What differs from row to row; the actor and the request are those of the transaction. */
export const eventColumns = {
  position: "bigint",
  id: "uuid",
  type: "text",
  at: "timestamptz",
  data: "json",
  touched: "json",
} as const satisfies { [Key in keyof EventRow]: string }

export const timelineColumns = {
  position: "bigint",
  id: "uuid",
  customerId: "uuid",
  conversationId: "uuid",
  contactId: "uuid",
  kind: "text",
  thingId: "uuid",
  thing: "json",
  at: "timestamptz",
} as const satisfies { [Key in keyof Required<TimelineRow>]: string }

const eventsTable = copyTable<EventRow & { actor: string; requestId: string | null }>("events", {
  ...eventColumns,
  actor: "json",
  requestId: "text",
})
const timelineTable = copyTable<TimelineRow & { actor: string }>("timeline_items", {
  ...timelineColumns,
  actor: "json",
})

export function eventRows({ events, touched }: Committed): EventRow[] {
  return events.map(({ position, id, type, at, json }, index) => ({
    position,
    id,
    type,
    at,
    data: json,
    touched: index === events.length - 1 ? touched : null,
  }))
}

/** An item of the timeline has id and position of the event that it shows. */
export function timelineRows({ events }: Committed, collected: Collected): TimelineRow[] {
  return events.flatMap(({ id, at, position }, index) => {
    const timeline = collected.events[index]?.timeline
    return timeline ? [{ ...timeline, id, position, at: timeline.at ?? at }] : []
  })
}

/** For many, whose positions are known. */
export function eventCopies(committed: Committed, collected: Collected): Copy[] {
  const { orgId, requestId, actorJson: actor } = committed
  const events = new Copy(eventsTable)
  events.add(
    eventsTable,
    orgId,
    eventRows(committed).map((row) => ({ ...row, actor, requestId })),
  )
  const shown = timelineRows(committed, collected)
  if (shown.length === 0) return [events]
  const timeline = new Copy(timelineTable)
  timeline.add(
    timelineTable,
    orgId,
    shown.map((row) => ({ ...row, actor })),
  )
  return [events, timeline]
}
