/** Due dates on wall time (spec 4; nights and weekends count). Instants are Dates that the caller hands in. */

export function dueAt(receivedAt: Date, slaSeconds: number): Date {
  return new Date(receivedAt.getTime() + slaSeconds * 1000)
}

/** While a reply is outstanding the earlier of the two wins; without one `potential` is taken (spec 4.2). */
export function earlierDue(outstanding: Date | null, potential: Date): Date {
  return outstanding && outstanding <= potential ? outstanding : potential
}

export type DueState = "none" | "due" | "due_soon" | "overdue"

const dueSoonSecondsMax = 3600

/** Due soon: time left is at most 25 % of the SLA and at most 60 minutes (ui.md 2). Null: nothing is outstanding. */
export function dueState(due: Date | null, slaSeconds: number | null, now: Date): DueState {
  if (!due) return "none"
  const leftMs = due.getTime() - now.getTime()
  if (leftMs < 0) return "overdue"
  const soonMs = Math.min((slaSeconds ?? Number.POSITIVE_INFINITY) * 250, dueSoonSecondsMax * 1000)
  return leftMs <= soonMs ? "due_soon" : "due"
}
