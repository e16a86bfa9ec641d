/**
 * The only door to time. Business instants come from `now()`, which a test clock may move ahead (TEST_CLOCK=1);
 * leases, sockets, sessions, tokens and quotas use `real()`, which nothing moves.
 */
export interface Clock {
  /** The business instant: the database's time plus the offset of the test clock. */
  now(): Date
  /** The true instant: the database's. It runs on when somebody sets the clock of this machine. */
  real(): Date
  /** Milliseconds that never jump, for measuring spans. */
  monotonic(): number
  /** Milliseconds by which business time runs ahead of true time. */
  readonly offsetMs: number
  setOffset(ms: number): void
  /** Moves the true instant by so many milliseconds: what `store/database-time.ts` found it to be behind. */
  correct(ms: number): void
  /** Milliseconds by which the true instant is ahead of what this machine's clock shows now. */
  aheadOfMachine(): number
  sleep(ms: number): Promise<void>
}

export function systemClock(): Clock {
  let offset = 0
  // What Date.now() shows may leap; this does not.
  let originMs = performance.timeOrigin
  const real = () => originMs + performance.now()
  return {
    now: () => new Date(real() + offset),
    real: () => new Date(real()),
    monotonic: () => performance.now(),
    get offsetMs() {
      return offset
    },
    setOffset: (ms) => {
      offset = ms
    },
    correct: (ms) => {
      originMs += ms
    },
    aheadOfMachine: () => real() - Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  }
}
