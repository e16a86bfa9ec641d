import type { RawBuilder } from "kysely"

/** `invariant`: I1 to I15. `what` should hold. */
export type Broken = { invariant: string; what: string; count: number; sampleIds: string[] }

/** One thing that breaks it. `mark`: what must be the same a moment later for it to be the same thing; else the id. */
export type BreakingRow = { id: string; mark?: string }

export type Check = {
  invariant: string
  what: string
  /** Asked of one organization, in one statement, so that it sees nobody's commit by halves. */
  query(orgId: string, now: Date): RawBuilder<BreakingRow>
}
