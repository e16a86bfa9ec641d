import { sql } from "kysely"
import { newId } from "../ids.ts"
import { deliverJob } from "../store/deliveries.ts"
import type { Store } from "../store/write.ts"
import type { BusinessTimer } from "../timers.ts"

const sweepSeconds = 60
const pendingStatusDays = 7
const batchMax = 500

/** Once a minute: deliveries on their way that have no job get one, and states of messages that never came are dropped. */
export class DeliverySweep implements BusinessTimer {
  readonly name = "delivery_sweep"
  readonly #store: Store
  #sweptAt: Date

  constructor(store: Store) {
    this.#store = store
    this.#sweptAt = store.clock.now()
  }

  /** Nothing that a leap of the test clock must stop at each minute: the loop asks each second anyway. */
  nextAt(): null {
    return null
  }

  async fire(now: Date): Promise<number> {
    // Below nothing: the time was set back since.
    const sinceMs = now.getTime() - this.#sweptAt.getTime()
    if (sinceMs >= 0 && sinceMs < sweepSeconds * 1000) return 0
    this.#sweptAt = now
    return this.sweep(now)
  }

  /** Answers how many deliveries were taken up again. */
  async sweep(now: Date): Promise<number> {
    const { db } = this.#store
    const lost = await sql<{ orgId: string; id: string; channel: string }>`
      SELECT d.org_id, d.id, d.channel FROM deliveries d
      WHERE d.status IN ('queued', 'sending') AND NOT EXISTS (
        SELECT 1 FROM jobs j WHERE j.org_id = d.org_id AND j.kind = ${deliverJob} AND j.key = d.id::text AND j.failed_at IS NULL)
      LIMIT ${batchMax}`.execute(db)
    for (const { orgId, id, channel } of lost.rows) {
      await sql`
        INSERT INTO jobs (org_id, id, kind, key, payload, run_at)
        VALUES (${orgId}, ${newId()}, ${deliverJob}, ${id}, ${JSON.stringify({ deliveryId: id, channel })}::jsonb, ${now})
        ON CONFLICT (org_id, kind, key) DO UPDATE SET run_at = excluded.run_at, attempts = 0, failed_at = NULL, claimed_until = NULL
        WHERE jobs.failed_at IS NOT NULL`.execute(db)
    }
    const oldest = new Date(now.getTime() - pendingStatusDays * 86_400_000)
    await sql`DELETE FROM delivery_statuses_pending WHERE at < ${oldest}`.execute(db)
    return lost.rows.length
  }
}
