import { type Kysely, sql } from "kysely"
import type { Clock } from "../clock.ts"
import type { DB } from "./tables.ts"

const everyMs = 10_000
/** A difference below this may be that of the two clocks' readings. */
const toleranceMs = 5
/** Of several questions the one that was answered soonest tells the time best. */
const questions = 3

/**
 * Keeps the true time of this process that of the database, by which other processes judge the same due dates and offers
 * (routing.md 5): whose clock is wrong, or leaps (reliability 14), misses nothing and is early for nothing.
 */
export class DatabaseTime {
  readonly #db: Kysely<DB>
  readonly #clock: Clock
  readonly #onCorrected: (ms: number) => void
  #next: NodeJS.Timeout | null = null
  #following: Promise<void> | null = null

  constructor(deps: { db: Kysely<DB>; clock: Clock; onCorrected: (ms: number) => void }) {
    this.#db = deps.db
    this.#clock = deps.clock
    this.#onCorrected = deps.onCorrected
  }

  /** Follows it from now on. A database that does not answer is asked again later. */
  async start(): Promise<void> {
    await this.follow().catch(() => undefined)
    this.#next = setInterval(() => void this.follow().catch(() => undefined), everyMs).unref()
  }

  stop(): void {
    if (this.#next) clearInterval(this.#next)
  }

  /** Asks once, together with who asks meanwhile: the same lag must not be made up for twice. Throws where the database does not answer. */
  follow(): Promise<void> {
    this.#following ??= this.#follow().finally(() => {
      this.#following = null
    })
    return this.#following
  }

  async #follow(): Promise<void> {
    let best: { behindMs: number; doubtMs: number } | null = null
    for (let asked = 0; asked < questions; asked++) {
      const began = this.#clock.monotonic()
      const before = this.#clock.real().getTime()
      const { rows } = await sql<{
        ms: number
      }>`SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms`.execute(this.#db)
      const doubtMs = (this.#clock.monotonic() - began) / 2
      const behindMs = (rows[0]?.ms ?? before) - (before + doubtMs)
      if (best === null || doubtMs < best.doubtMs) best = { behindMs, doubtMs }
    }
    if (best === null || Math.abs(best.behindMs) <= best.doubtMs + toleranceMs) return
    this.#clock.correct(best.behindMs)
    this.#onCorrected(best.behindMs)
  }
}
