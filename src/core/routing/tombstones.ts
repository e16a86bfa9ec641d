import type { Instant } from "./facts.ts"

const keptSeconds = 3600

/**
 * Versions of rows that are gone, remembered for an hour against facts that arrive late (D2). Keys are kind and id, such
 * as `item:…`. Instants are of hearing about it, not those of the events, which may themselves be late.
 */
export class Tombstones {
  #gone = new Map<string, { version: number; at: Instant }>()

  versionOf(key: string): number | undefined {
    return this.#gone.get(key)?.version
  }

  bury(key: string, version: number, now: Instant): void {
    this.#gone.delete(key)
    this.#gone.set(key, { version, at: now })
    for (const [oldest, { at }] of this.#gone) {
      if (at >= now - keptSeconds * 1000) break
      this.#gone.delete(oldest)
    }
  }

  /** The row is there again, with a higher version: an assignment may, an item does not. */
  raise(key: string): void {
    this.#gone.delete(key)
  }
}
