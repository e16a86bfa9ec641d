import type { Kysely } from "kysely"
import type { DB } from "../store/tables.ts"
import { decisionChecks } from "./decision-checks.ts"
import type { BreakingRow, Broken, Check } from "./invariant-check.ts"
import { stateChecks } from "./state-checks.ts"

/** What must always be true of the rows (routing.md 6), asked in SQL: in tests after each scenario, in a server each minute. */

const checks: readonly Check[] = [...stateChecks, ...decisionChecks]
const samplesMax = 5

/** Everything that is broken now; what is under way between two commits may seem so (invariant-watch.ts looks twice). */
export async function findBroken(db: Kysely<DB>, orgId: string, now: Date): Promise<Broken[]> {
  return [...(await findBreaking(db, orgId, now))].map(([check, rows]) => brokenBy(check, rows))
}

export async function findBreaking(db: Kysely<DB>, orgId: string, now: Date): Promise<Map<Check, BreakingRow[]>> {
  const breaking = new Map<Check, BreakingRow[]>()
  for (const check of checks) {
    const { rows } = await check.query(orgId, now).execute(db)
    if (rows.length > 0) breaking.set(check, rows)
  }
  return breaking
}

export function brokenBy({ invariant, what }: Check, rows: readonly BreakingRow[]): Broken {
  const ids = [...new Set(rows.map(({ id }) => id))]
  return { invariant, what, count: ids.length, sampleIds: ids.slice(0, samplesMax) }
}
