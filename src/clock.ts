/**
 * The only door to time. Business instants come from `now()`, which a test clock may move ahead (TEST_CLOCK=1);
 * leases, sockets, sessions, tokens and quotas use `real()`, which nothing moves.
 */
export interface Clock {
  /** The business instant: the database's time plus the offset of the test clock. */
  now(): Date
  /** The true instant. */
  real(): Date
  /** Milliseconds that never jump, for measuring spans. */
  monotonic(): number
  /** Milliseconds by which business time runs ahead of true time. */
  readonly offsetMs: number
  setOffset(ms: number): void
  /** Milliseconds by which the database's clock is ahead of this machine's; measured by the store. */
  setSkew(ms: number): void
  sleep(ms: number): Promise<void>
}

export function systemClock(): Clock {
  let offset = 0
  let skew = 0
  return {
    now: () => new Date(Date.now() + skew + offset),
    real: () => new Date(Date.now() + skew),
    monotonic: () => performance.now(),
    get offsetMs() {
      return offset
    },
    setOffset: (ms) => {
      offset = ms
    },
    setSkew: (ms) => {
      skew = ms
    },
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  }
}
