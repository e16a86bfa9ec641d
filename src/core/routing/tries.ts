import type { Instant } from "./facts.ts"

/** An item skips an agent who declined or missed it for so long at most (routing.md 1.4). */
const triedSeconds = 60

/** Who declined or missed which item, and until when it goes to others first. */
export class Tries {
  #tries = new Map<string, Map<string, { at: Instant; turn: number }>>()
  #lastTurn = 0

  note(itemId: string, agentId: string, at: Instant): void {
    this.#lastTurn += 1
    const ofItem = this.#tries.get(itemId) ?? new Map()
    ofItem.set(agentId, { at, turn: this.#lastTurn })
    this.#tries.set(itemId, ofItem)
  }

  forget(itemId: string): void {
    this.#tries.delete(itemId)
  }

  has(itemId: string): boolean {
    return this.#tries.has(itemId)
  }

  /**
   * Skipped until every other eligible agent has had it since (one at least), or the time is over: 60 s, or the decline
   * delay where that is longer and nobody else is eligible. `others`: who could have it, this agent not counted.
   */
  isSkipped(
    itemId: string,
    agentId: string,
    others: readonly string[],
    declineDelaySeconds: number,
    now: Instant,
  ): boolean {
    const ofItem = this.#tries.get(itemId)
    const mine = ofItem?.get(agentId)
    if (!ofItem || !mine) return false
    const hadItSince = (id: string) => (ofItem.get(id)?.turn ?? 0) > mine.turn
    if ([...ofItem.keys()].some(hadItSince) && others.every(hadItSince)) return false
    return now < mine.at + skipMs(declineDelaySeconds, others.length === 0)
  }

  /** The instants at which the skips of this item may end by time. */
  instants(itemId: string, declineDelaySeconds: number): Instant[] {
    const ends = [...(this.#tries.get(itemId)?.values() ?? [])]
    return ends.flatMap(({ at }) => [at + skipMs(declineDelaySeconds, false), at + skipMs(declineDelaySeconds, true)])
  }
}

function skipMs(declineDelaySeconds: number, nobodyElse: boolean): number {
  return (nobodyElse ? Math.max(triedSeconds, declineDelaySeconds) : triedSeconds) * 1000
}
