import type { MirroredRows } from "../core/routing/facts.ts"

export type CommittedEvent = {
  position: number
  id: string
  type: string
  at: Date
  data: Record<string, unknown>
  /** `data` as it was written: made once for the table and for all who are told. */
  json: string
  /** Where its conversation is; undefined: has to be read. */
  about: { inboxId: string; agentId: string | null } | undefined
}

/** What one transaction of this process told, for those here who follow the events. The positions have no gap. */
export type Committed = {
  orgId: string
  /** The position before its first event. */
  before: number
  actor: unknown
  actorJson: string
  requestId: string | null
  events: readonly CommittedEvent[]
  /** Rows that the routing engine mirrors and that have changed: those of `known`, and those to be read again. */
  touched: { items: readonly string[]; agents: readonly string[] } | null
  /** As the transaction leaves them, so that they need not be read again. */
  known: MirroredRows
}

/**
 * The transactions of this process in the order of their positions, for one follower: what came out of order waits for
 * what is missing. It is a shortcut; the event table is the truth, and fills what another process wrote.
 */
export class Feed {
  readonly #waiting = new Map<number, Committed>()
  /** The furthest position that anybody has told of. */
  #heard = 0

  get heard(): number {
    return this.#heard
  }

  hear(hint: { position: number; committed?: Committed | undefined }): void {
    this.#heard = Math.max(this.#heard, hint.position)
    if (!hint.committed) return
    if (this.#waiting.size >= waitingMax) this.#waiting.clear()
    this.#waiting.set(hint.committed.before, hint.committed)
  }

  /** What follows this position, if it is here; what lies before it is forgotten. */
  next(position: number): Committed | null {
    const found = this.#waiting.get(position) ?? null
    if (found) this.#waiting.delete(position)
    else for (const before of this.#waiting.keys()) if (before < position) this.#waiting.delete(before)
    return found
  }
}

const waitingMax = 1_000

export function lastPosition({ before, events }: Committed): number {
  return before + events.length
}
