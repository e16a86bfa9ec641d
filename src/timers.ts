import type { Clock } from "./clock.ts"

/** Something that falls due at a business instant: deadlines of offers, retries of deliveries, reconciliations. */
export interface BusinessTimer {
  readonly name: string
  /** The next instant at which `fire` has something to do, or null. */
  nextAt(): Promise<Date | null> | Date | null
  /** Does what is due at `now`; answers how many things it did. */
  fire(now: Date): Promise<number> | number
  /** For those whose work waits for somebody outside: as `fire`, but the loop is let go on before a slow one is done. */
  begin?(now: Date): Promise<number> | number
  /** Begins nothing more, and waits a little for what was begun. */
  stop?(): Promise<void>
}

type Act = (timer: BusinessTimer, now: Date) => Promise<number> | number

const pollMsMax = 1_000
const firesPerInstantMax = 1_000

/**
 * One loop for all business timers, so that a test clock can step from one due instant to the next and everything in
 * between happens in order (api.md 2.16).
 */
export class Timers {
  readonly #timers: BusinessTimer[] = []
  readonly #clock: Clock
  readonly #onError: (name: string, error: unknown) => void
  #handle: NodeJS.Timeout | null = null
  #running: Promise<number> | null = null
  #turn: Promise<void> | null = null
  #stopped = true
  #failed = false
  #turning = false
  #woken = false

  constructor(clock: Clock, onError: (name: string, error: unknown) => void) {
    this.#clock = clock
    this.#onError = onError
  }

  register(timer: BusinessTimer): void {
    this.#timers.push(timer)
  }

  start(): void {
    this.#stopped = false
    this.#schedule(0)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#handle) clearTimeout(this.#handle)
    // A turn asks for the next instant when its work is done: nothing may ask a database that is closed.
    await this.#turn
    await this.#running
    await Promise.all(this.#timers.map((timer) => timer.stop?.()))
  }

  /** Something may be due sooner than was thought. */
  wake(): void {
    if (this.#turning) this.#woken = true
    else if (!this.#stopped) this.#schedule(0)
  }

  /** Moves the business clock to `target`, firing what falls due on the way, in order. Answers how much was done. */
  async advanceTo(target: Date): Promise<number> {
    let fired = 0
    for (let step = 0; step < 100_000; step++) {
      fired += await this.runDue()
      const next = await this.#nextAt()
      if (next === null || next.getTime() > target.getTime()) break
      this.#moveTo(next)
      fired += await this.runDue()
    }
    this.#moveTo(target)
    fired += await this.runDue()
    return fired
  }

  /** Fires everything that is due now, until nothing is. */
  runDue(): Promise<number> {
    return this.#run((timer, now) => timer.fire(now))
  }

  async #run(act: Act): Promise<number> {
    while (this.#running) await this.#running
    this.#running = this.#actAll(act)
    try {
      return await this.#running
    } finally {
      this.#running = null
    }
  }

  #moveTo(instant: Date): void {
    const ahead = instant.getTime() - this.#clock.now().getTime()
    if (ahead > 0) this.#clock.setOffset(this.#clock.offsetMs + ahead)
  }

  async #actAll(act: Act): Promise<number> {
    let total = 0
    let failed = false
    for (let round = 0; round < firesPerInstantMax; round++) {
      let fired = 0
      for (const timer of this.#timers) {
        try {
          fired += await act(timer, this.#clock.now())
        } catch (error) {
          failed = true
          this.#onError(timer.name, error)
        }
      }
      total += fired
      if (fired === 0) break
    }
    this.#failed = failed
    return total
  }

  async #nextAt(): Promise<Date | null> {
    let next: Date | null = null
    for (const timer of this.#timers) {
      try {
        const at = await timer.nextAt()
        if (at && (next === null || at.getTime() < next.getTime())) next = at
      } catch (error) {
        this.#onError(timer.name, error)
      }
    }
    return next
  }

  #schedule(ms: number): void {
    if (this.#handle) clearTimeout(this.#handle)
    this.#handle = setTimeout(() => {
      this.#turn = this.#takeTurn()
    }, ms)
  }

  /** However often it is woken meanwhile, one turn follows. */
  async #takeTurn(): Promise<void> {
    this.#turning = true
    this.#woken = false
    await this.#run((timer, now) => timer.begin?.(now) ?? timer.fire(now))
    const next = this.#stopped || this.#woken ? null : await this.#nextAt()
    this.#turning = false
    if (this.#stopped) return
    const wait = this.#woken ? 0 : next === null ? pollMsMax : next.getTime() - this.#clock.now().getTime()
    // What fails stays overdue: it is tried again, but not at once.
    this.#schedule(Math.max(this.#failed ? pollMsMax : 5, Math.min(pollMsMax, wait)))
  }
}
