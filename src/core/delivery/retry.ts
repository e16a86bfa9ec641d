/** Pauses after the first, second, … failed try. After the last one a person decides. */
const pauseSeconds = [5, 15, 60, 300, 900, 3_600, 7_200, 14_400] as const
const retryAfterSecondsMax = 86_400
const jitter = 0.1

/**
 * Seconds until the next try after `attempts` tries, or null when there is none. `chance` in [0, 1) spreads the tries of
 * many. A provider's Retry-After is never undercut.
 */
export function nextTrySeconds(attempts: number, chance: number, retryAfterSeconds = 0): number | null {
  const pause = pauseSeconds[attempts - 1]
  if (pause === undefined) return null
  const spread = pause * (1 - jitter + 2 * jitter * chance)
  return Math.max(spread, Math.min(retryAfterSeconds, retryAfterSecondsMax) * (1 + jitter * chance))
}
