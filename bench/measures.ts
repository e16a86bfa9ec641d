/** What `--json` prints, one line each. `ok`: the value keeps the floor. */
export type Measure = { name: string; value: number; unit: string; floor: number; goal: number; ok: boolean }

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}

/** `goal` at least (a rate) or at most (a latency); the issue names one number, which is the floor too. */
export function measure(name: string, value: number, limit: { atLeast: number } | { atMost: number }): Measure {
  const goal = "atLeast" in limit ? limit.atLeast : limit.atMost
  const ok = "atLeast" in limit ? value >= goal : value <= goal
  return { name, value: Math.round(value * 1000) / 1000, unit: "ratio", floor: goal, goal, ok }
}
