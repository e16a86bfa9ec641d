import type { Clock } from "../clock.ts"
import { problem } from "../problem.ts"

/** A quota in words of draft-ietf-httpapi-ratelimit-headers-10: `q` requests in `w` seconds. */
export type Policy = { name: string; quota: number; windowSeconds: number }

export const userPolicy: Policy = { name: "user", quota: 1_200, windowSeconds: 60 }
export const keyPolicy: Policy = { name: "key", quota: 6_000, windowSeconds: 60 }
export const orgPolicy: Policy = { name: "org", quota: 30_000, windowSeconds: 60 }

type Window = { began: number; used: number }
export type Quota = { policy: Policy; remaining: number; resetSeconds: number; exceeded: boolean }

const subjectsMax = 100_000

/** Quotas that one process keeps in memory: they protect this process; tries at passwords are counted in the store. */
export class RateLimiter {
  readonly #clock: Clock
  readonly #factor: number
  readonly #windows = new Map<string, Window>()

  /** `factor` scales every quota; 0 switches them off. */
  constructor(clock: Clock, factor: number) {
    this.#clock = clock
    this.#factor = factor
  }

  /** Counts one request of `subject`, or what it costs, and says what is left; `null` when quotas are off. */
  take(policy: Policy, subject: string, cost = 1): Quota | null {
    if (this.#factor === 0) return null
    const quota = Math.max(1, Math.floor(policy.quota * this.#factor))
    const now = this.#clock.monotonic()
    const key = `${policy.name} ${subject}`
    let window = this.#windows.get(key)
    if (!window || now - window.began >= policy.windowSeconds * 1000) {
      if (this.#windows.size >= subjectsMax) this.#windows.clear()
      window = { began: now, used: 0 }
      this.#windows.set(key, window)
    }
    window.used += cost
    return {
      policy: { ...policy, quota },
      remaining: Math.max(0, quota - window.used),
      resetSeconds: Math.max(1, Math.ceil(policy.windowSeconds - (now - window.began) / 1000)),
      exceeded: window.used > quota,
    }
  }
}

export function quotaHeaders(quota: Quota): Record<string, string> {
  const { name, quota: q, windowSeconds } = quota.policy
  return {
    "ratelimit-policy": `"${name}";q=${q};w=${windowSeconds}`,
    ratelimit: `"${name}";r=${quota.remaining};t=${quota.resetSeconds}`,
  }
}

export function refuseExceeded(quota: Quota | null): void {
  if (quota?.exceeded) throw problem("rate_limited", { retryAfterSeconds: quota.resetSeconds })
}
