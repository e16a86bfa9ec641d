import type { Connection } from "./connection.ts"
import type { LiveEvent } from "./live-event.ts"
import { streamsOf } from "./streams.ts"

/**
 * The sockets of one organization, found by what they may have asked for: an event is held against those that it may
 * concern, not against all.
 */
export class Room {
  readonly #members = new Set<Connection>()
  readonly #byKey = new Map<string, Set<Connection>>()
  readonly #keysOf = new Map<Connection, Set<string>>()
  /** Of what waits: told to everybody who is there for work, at most this often. */
  readonly #countSoon: () => void

  constructor(countSoon: () => void) {
    this.#countSoon = countSoon
  }

  get size(): number {
    return this.#members.size
  }

  get members(): ReadonlySet<Connection> {
    return this.#members
  }

  join(connection: Connection): void {
    this.#members.add(connection)
    this.#keysOf.set(connection, new Set())
    const { userId, ownerId } = connection.principal
    for (const id of new Set([userId, ownerId])) if (id) this.listen(connection, personKey(id))
    for (const stream of connection.streams) this.listen(connection, stream)
  }

  leave(connection: Connection): void {
    for (const key of this.#keysOf.get(connection) ?? []) this.#forget(connection, key)
    this.#keysOf.delete(connection)
    this.#members.delete(connection)
  }

  listen(connection: Connection, key: string): void {
    const keys = this.#keysOf.get(connection)
    if (!keys) return
    keys.add(key)
    const listening = this.#byKey.get(key)
    if (listening) listening.add(connection)
    else this.#byKey.set(key, new Set([connection]))
  }

  ignore(connection: Connection, key: string): void {
    this.#keysOf.get(connection)?.delete(key)
    this.#forget(connection, key)
  }

  tell(events: readonly LiveEvent[]): void {
    let touched = false
    const held = new Set<Connection>()
    for (const event of events) {
      touched ||= event.touched
      for (const connection of this.#concerned(event)) {
        if (!held.has(connection)) connection.hold()
        held.add(connection)
        connection.hear(event)
      }
    }
    for (const connection of held) connection.letGo()
    if (touched) this.#countSoon()
  }

  #concerned(event: LiveEvent): Set<Connection> {
    const { agentId, fromAgentId, userId } = event.data
    const found = new Set<Connection>()
    const add = (key: string) => {
      for (const connection of this.#byKey.get(key) ?? []) found.add(connection)
    }
    for (const stream of streamsOf(event)) add(stream)
    for (const id of [agentId, fromAgentId, userId, ...event.agentIds]) if (typeof id === "string") add(personKey(id))
    return found
  }

  #forget(connection: Connection, key: string): void {
    const listening = this.#byKey.get(key)
    listening?.delete(connection)
    if (listening?.size === 0) this.#byKey.delete(key)
  }
}

/** Whom an event names: it may be his, and may change what he sees. */
function personKey(id: string): string {
  return `person:${id}`
}
