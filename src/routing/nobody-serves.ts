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
    const now = this.#store.clock.now().getTime()
    const ahead = (await this.#oldest()).map(({ dueAt }) => dueAt.getTime()).filter((at) => at > now)
    return ahead.length === 0 ? null : new Date(Math.min(...ahead) + 1)
  }

  async fire(now: Date): Promise<number> {
    const overdue = new Set((await this.#oldest()).filter(({ dueAt }) => dueAt < now).map(({ orgId }) => orgId))
    for (const orgId of this.#told) if (!overdue.has(orgId)) this.#told.delete(orgId)
    let told = 0
    for (const orgId of overdue) {
      if (this.#told.has(orgId)) continue
      this.#told.add(orgId)
      if (await this.#tell(orgId)) told++
    }
    return told
  }

  /** Of each organization where nobody serves; by the index of live items, however many there are. */
  async #oldest(): Promise<{ orgId: string; dueAt: Date }[]> {
    const { rows } = await sql<{ orgId: string; dueAt: Date }>`
      SELECT i.org_id, min(l.due_at) AS due_at FROM inboxes i CROSS JOIN (VALUES ('voice'), ('messaging'), ('mail')) g(name)
      CROSS JOIN LATERAL (SELECT q.due_at FROM queue_items q WHERE q.org_id = i.org_id AND q.inbox_id = i.id AND q.channel_group = g.name
        AND q.state IN ('waiting', 'offered') ORDER BY q.due_at LIMIT 1) l
      WHERE NOT EXISTS (SELECT 1 FROM agent_states a WHERE a.org_id = i.org_id AND a.status = 'logged_in' AND a.connected
        AND a.deactivated_at IS NULL AND a.available_for <> '{}')
      GROUP BY i.org_id`.execute(this.#store.db)
    return rows
  }

  /** The event is the memory of all processes: a second alarm of the same due date finds it. */
  async #tell(orgId: string): Promise<boolean> {
    return this.#store.write({ orgId, kind: "act" }, async (tx) => {
      const { rows } = await sql<{ waiting: number; oldest: Date | null }>`
        SELECT count(*)::int AS waiting, min(due_at) AS oldest FROM queue_items WHERE org_id = ${orgId} AND state = 'waiting'`.execute(
        tx.db,
      )
      const { waiting = 0, oldest = null } = rows[0] ?? {}
      if (!oldest || (await wasTold(tx, oldest))) return false
      const administrators = await sql<{ email: string; name: string }>`
        SELECT email, name FROM users WHERE org_id = ${orgId} AND status = 'active' AND 'administrator' = ANY(roles)`.execute(
        tx.db,
      )
      for (const to of administrators.rows) await this.#send(tx, to, { waiting, oldestDueAt: oldest })
      tx.event("routing.nobody_serves", { waiting, oldestDueAt: oldest })
      return true
    })
  }
}

async function wasTold(tx: Tx, oldestDueAt: Date): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM events WHERE org_id = ${tx.orgId} AND type = 'routing.nobody_serves' AND at >= ${oldestDueAt}
      AND data->>'oldestDueAt' = ${oldestDueAt.toISOString()} LIMIT 1`.execute(tx.db)
  return rows.length > 0
}
