import { sql } from "kysely"
import type { Store, Tx } from "../store/write.ts"
import type { BusinessTimer } from "../timers.ts"

export type Alarm = { waiting: number; oldestDueAt: Date }

/**
 * The oldest that waits is overdue and nobody is available: the Administrators get a mail, once for each time that it
 * comes to this. `send` queues the mail in the given transaction (delivery/system-mail.ts).
 */
export class NobodyServesAlarm implements BusinessTimer {
  readonly name = "nobody_serves"
  readonly #store: Store
  readonly #send: (tx: Tx, to: { email: string; name: string }, alarm: Alarm) => Promise<void>
  /** Organizations that were told, until somebody serves or nothing is overdue. */
  readonly #told = new Set<string>()

  constructor(store: Store, send: (tx: Tx, to: { email: string; name: string }, alarm: Alarm) => Promise<void>) {
    this.#store = store
    this.#send = send
  }

  /** The next due date of what waits while nobody serves. */
  async nextAt(): Promise<Date | null> {
    const { rows } = await sql<{ at: Date | null }>`
      SELECT min(q.due_at) AS at FROM queue_items q WHERE q.state = 'waiting' AND q.due_at > ${this.#store.clock.now()} AND ${nobodyServes}`.execute(this.#store.db)
    const at = rows[0]?.at
    return at ? new Date(at.getTime() + 1) : null
  }

  async fire(now: Date): Promise<number> {
    const { rows } = await sql<{ orgId: string }>`
      SELECT DISTINCT q.org_id FROM queue_items q WHERE q.state = 'waiting' AND q.due_at < ${now} AND ${nobodyServes}`.execute(this.#store.db)
    const overdue = new Set(rows.map((row) => row.orgId))
    for (const orgId of this.#told) if (!overdue.has(orgId)) this.#told.delete(orgId)
    let told = 0
    for (const orgId of overdue) {
      if (this.#told.has(orgId)) continue
      this.#told.add(orgId)
      if (await this.#tell(orgId)) told++
    }
    return told
  }

  /** The job row is the memory of all processes: a second alarm of the same due date finds it. */
  async #tell(orgId: string): Promise<boolean> {
    return this.#store.write({ orgId, kind: "act" }, async (tx) => {
      const { rows } = await sql<{ waiting: number; oldest: Date | null }>`
        SELECT count(*)::int AS waiting, min(due_at) AS oldest FROM queue_items WHERE org_id = ${orgId} AND state = 'waiting'`.execute(tx.db)
      const { waiting = 0, oldest = null } = rows[0] ?? {}
      if (!oldest || (await wasTold(tx, oldest))) return false
      const administrators = await sql<{ email: string; name: string }>`
        SELECT email, name FROM users WHERE org_id = ${orgId} AND status = 'active' AND 'administrator' = ANY(roles)`.execute(tx.db)
      for (const to of administrators.rows) await this.#send(tx, to, { waiting, oldestDueAt: oldest })
      tx.event("routing.nobody_serves", { waiting, oldestDueAt: oldest })
      return true
    })
  }
}

const nobodyServes = sql`NOT EXISTS (
  SELECT 1 FROM agent_states a WHERE a.org_id = q.org_id AND a.status = 'logged_in' AND a.connected AND a.deactivated_at IS NULL
    AND a.available_for <> '{}')`

async function wasTold(tx: Tx, oldestDueAt: Date): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM events WHERE org_id = ${tx.orgId} AND type = 'routing.nobody_serves' AND at >= ${oldestDueAt}
      AND data->>'oldestDueAt' = ${oldestDueAt.toISOString()} LIMIT 1`.execute(tx.db)
  return rows.length > 0
}
