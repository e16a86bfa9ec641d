import { sql } from "kysely"
import type { Bus } from "../../store/bus.ts"
import type { Store } from "../../store/write.ts"

/** An event with what is needed to decide who may be told, and the frame that says it, made once for all sockets. */
export type LiveEvent = {
  position: number
  type: string
  data: Record<string, unknown>
  actor: unknown
  /** Where its conversation is now; of an event of a customer, where any of the customer's conversations are. */
  inboxIds: readonly string[]
  agentIds: readonly string[]
  /** Rows of the queue changed: what waits has to be counted again. */
  touched: boolean
  frame: string
}

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
    this.#leaveBus = deps.bus.subscribe(({ orgId, position }) => {
      const watched = this.#watched.get(orgId)
      if (watched && position > watched.position) this.#pump(orgId, watched)
    })
    this.#poll = setInterval(() => {
      for (const [orgId, watched] of this.#watched) this.#pump(orgId, watched)
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
      watched = this.#watched.get(orgId) ?? { position, listeners: new Set(), reading: null, again: false }
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

  #pump(orgId: string, watched: Watched): void {
    if (watched.reading) {
      watched.again = true
      return
    }
    watched.reading = this.#readOn(orgId, watched)
      .catch(this.#onError)
      .finally(() => {
        watched.reading = null
        if (watched.again && this.#watched.get(orgId) === watched) {
          watched.again = false
          this.#pump(orgId, watched)
        }
      })
  }

  async #readOn(orgId: string, watched: Watched): Promise<void> {
    for (;;) {
      watched.again = false
      const events = await this.read(orgId, watched.position)
      const last = events.at(-1)
      if (!last) return
      watched.position = last.position
      for (const listener of watched.listeners) listener(events)
      if (events.length < pageSize && !watched.again) return
    }
  }
}

function eventOf(row: Row): LiveEvent {
  const { position, id, type, at, actor, requestId, data } = row
  return {
    position,
    type,
    data,
    actor,
    inboxIds: row.inboxIds ?? [],
    agentIds: (row.agentIds ?? []).filter((agentId) => agentId !== null),
    touched: row.touched !== null,
    frame: JSON.stringify({ type: "event", position, id, eventType: type, at, data, actor, requestId }),
  }
}
