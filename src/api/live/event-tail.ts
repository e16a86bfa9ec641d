import { sql } from "kysely"
import type { Bus } from "../../store/bus.ts"
import { type Committed, Feed } from "../../store/committed.ts"
import type { Store } from "../../store/write.ts"
import { LiveEvent } from "./live-event.ts"

type Row = {
  position: number
  id: string
  type: string
  at: Date
  actor: unknown
  requestId: string | null
  data: Record<string, unknown>
  touched: unknown
  inboxIds: string[] | null
  agentIds: (string | null)[] | null
}

type Watched = {
  position: number
  feed: Feed
  listeners: Set<(events: readonly LiveEvent[]) => void>
  reading: Promise<void> | null
  again: boolean
}

const pageSize = 500
/** A hint may be lost; then the table is looked at this often. */
const pollMs = 1_000

/**
 * Reads the events of each organization that somebody here listens to, once for all of its sockets, as soon as the bus
 * says that there are more.
 */
export class EventTail {
  readonly #store: Store
  readonly #onError: (error: unknown) => void
  readonly #watched = new Map<string, Watched>()
  readonly #leaveBus: () => void
  readonly #poll: NodeJS.Timeout

  constructor(deps: { store: Store; bus: Bus; onError: (error: unknown) => void }) {
    this.#store = deps.store
    this.#onError = deps.onError
    this.#leaveBus = deps.bus.subscribe((hint) => {
      const watched = this.#watched.get(hint.orgId)
      if (!watched || hint.position <= watched.position) return
      watched.feed.hear(hint)
      this.#pump(hint.orgId, watched)
    })
    this.#poll = setInterval(() => {
      for (const [orgId, watched] of this.#watched) this.#pump(orgId, watched, true)
    }, pollMs)
  }

  stop(): void {
    clearInterval(this.#poll)
    this.#leaveBus()
    this.#watched.clear()
  }

  /** Up to where the listeners of this organization have been told. */
  position(orgId: string): number {
    return this.#watched.get(orgId)?.position ?? 0
  }

  /** Tells everything from now on. */
  async listen(orgId: string, listener: (events: readonly LiveEvent[]) => void): Promise<() => void> {
    let watched = this.#watched.get(orgId)
    if (!watched) {
      const position = (await this.bounds(orgId)).latest
      watched = this.#watched.get(orgId) ?? {
        position,
        feed: new Feed(),
        listeners: new Set(),
        reading: null,
        again: false,
      }
      this.#watched.set(orgId, watched)
    }
    const { listeners } = watched
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#watched.delete(orgId)
    }
  }

  async bounds(orgId: string): Promise<{ oldest: number; latest: number }> {
    const { rows } = await sql<{ oldest: number | null; latest: number | null }>`
      SELECT (SELECT min(position) FROM events WHERE org_id = ${orgId}) AS oldest,
        (SELECT last FROM event_positions WHERE org_id = ${orgId}) AS latest`.execute(this.#store.db)
    const latest = rows[0]?.latest ?? 0
    return { oldest: rows[0]?.oldest ?? latest + 1, latest }
  }

  /** A page of events after `position`, in order; also those that nobody outside is told, so that positions go on. */
  async read(orgId: string, position: number): Promise<LiveEvent[]> {
    const { rows } = await sql<Row>`
      SELECT e.position, e.id, e.type, e.at, e.actor, e.request_id, e.data, e.touched,
        coalesce(k.inbox_ids, u.inbox_ids) AS inbox_ids, coalesce(k.agent_ids, u.agent_ids) AS agent_ids
      FROM events e
      LEFT JOIN LATERAL (SELECT ARRAY[c.inbox_id] AS inbox_ids, ARRAY[c.agent_id] AS agent_ids FROM conversations c
        WHERE c.org_id = e.org_id AND c.id = (e.data->>'conversationId')::uuid) k ON true
      LEFT JOIN LATERAL (SELECT array_agg(DISTINCT c.inbox_id) AS inbox_ids, array_agg(DISTINCT c.agent_id) AS agent_ids FROM conversations c
        WHERE e.data->>'conversationId' IS NULL AND c.org_id = e.org_id AND c.customer_id = (e.data->>'customerId')::uuid) u ON true
      WHERE e.org_id = ${orgId} AND e.position > ${position} ORDER BY e.position LIMIT ${pageSize}`.execute(
      this.#store.db,
    )
    return rows.map(eventOf)
  }

  /** What this process committed is told as it is; the table is read for the rest, and when nobody told anything. */
  #pump(orgId: string, watched: Watched, look = false): void {
    if (watched.reading) {
      watched.again ||= look
      return
    }
    this.#drain(watched)
    if (!look && watched.position >= watched.feed.heard) return
    const { heard } = watched.feed
    watched.reading = this.#readOn(orgId, watched)
      .catch((error: unknown) => {
        // After the stop the database may go at any time.
        if (this.#watched.get(orgId) === watched) this.#onError(error)
        return false
      })
      .then((found) => {
        watched.reading = null
        if (this.#watched.get(orgId) !== watched) return
        const { again } = watched
        watched.again = false
        // What was told of while nothing was found may have been committed after the look.
        const isMore = watched.position < watched.feed.heard && (found || watched.feed.heard > heard)
        if (again || isMore) this.#pump(orgId, watched, again)
      })
  }

  #drain(watched: Watched): void {
    for (;;) {
      const committed = watched.feed.next(watched.position)
      const events = committed && eventsOf(committed)
      if (!events) return
      this.#tell(watched, events)
    }
  }

  /** Whether there was anything. */
  async #readOn(orgId: string, watched: Watched): Promise<boolean> {
    for (let found = false; ; found = true) {
      const events = await this.read(orgId, watched.position)
      if (events.length === 0) return found
      this.#tell(watched, events)
      if (events.length < pageSize) return true
    }
  }

  #tell(watched: Watched, events: readonly LiveEvent[]): void {
    watched.position = events.at(-1)?.position ?? watched.position
    for (const listener of watched.listeners) listener(events)
  }
}

/** Null where an event does not say where its conversation is: then the table is read. */
function eventsOf({ events, actor, actorJson, requestId, touched }: Committed): LiveEvent[] | null {
  const made: LiveEvent[] = []
  for (const [index, { about, json, ...event }] of events.entries()) {
    if (!about && (event.data.conversationId != null || event.data.customerId != null)) return null
    made.push(
      new LiveEvent({
        ...event,
        json: { data: json, actor: actorJson },
        actor,
        requestId,
        inboxIds: about ? [about.inboxId] : [],
        agentIds: about?.agentId ? [about.agentId] : [],
        touched: touched !== null && index === events.length - 1,
      }),
    )
  }
  return made
}

function eventOf({ inboxIds, agentIds, touched, ...row }: Row): LiveEvent {
  return new LiveEvent({
    ...row,
    inboxIds: inboxIds ?? [],
    agentIds: (agentIds ?? []).filter((agentId) => agentId !== null),
    touched: touched !== null,
  })
}
