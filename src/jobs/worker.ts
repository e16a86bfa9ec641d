import { sql } from "kysely"
import { chance } from "../ids.ts"
import type { Store } from "../store/write.ts"
import type { BusinessTimer } from "../timers.ts"

export type Job = {
  orgId: string
  id: string
  kind: string
  key: string | null
  payload: Record<string, unknown>
  attempts: number
}

/** Says when to try again, or `done`. What a handler throws is tried again with growing pauses. */
export type JobOutcome = "done" | { retryAt: Date }

export type JobHandler = (job: Job) => Promise<JobOutcome | undefined>

const claimSeconds = 120
const claimsMax = 16
const attemptsMax = 25
const pauseSecondsMax = 3_600

/**
 * Runs what transactions asked for by `tx.job(...)`, at least once, from any process: rows are claimed with SKIP LOCKED.
 * A job whose process died comes back when its claim ends. Handlers are keyed by the job's kind.
 */
export class JobWorker implements BusinessTimer {
  readonly name = "jobs"
  readonly #store: Store
  readonly #handlers = new Map<string, JobHandler>()
  readonly #onError: (job: Job, error: unknown) => void

  constructor(store: Store, onError: (job: Job, error: unknown) => void) {
    this.#store = store
    this.#onError = onError
  }

  handle(kind: string, handler: JobHandler): void {
    this.#handlers.set(kind, handler)
  }

  async nextAt(): Promise<Date | null> {
    const next = await sql<{ at: Date | null }>`
      SELECT min(greatest(run_at, CASE WHEN claimed_until > clock_timestamp()
        THEN run_at + (claimed_until - clock_timestamp()) ELSE run_at END)) AS at
      FROM jobs WHERE failed_at IS NULL AND kind = ANY(${[...this.#handlers.keys()]})`.execute(this.#store.db)
    return next.rows[0]?.at ?? null
  }

  async fire(now: Date): Promise<number> {
    const jobs = await this.#claim(now)
    await Promise.all(jobs.map((job) => this.#run(job)))
    return jobs.length
  }

  async #claim(now: Date): Promise<Job[]> {
    const claimed = await sql<Job>`
      UPDATE jobs SET claimed_until = clock_timestamp() + make_interval(secs => ${claimSeconds}), attempts = attempts + 1
      WHERE (org_id, id) IN (
        SELECT org_id, id FROM jobs
        WHERE run_at <= ${now} AND failed_at IS NULL AND (claimed_until IS NULL OR claimed_until < clock_timestamp())
          AND kind = ANY(${[...this.#handlers.keys()]})
        ORDER BY run_at LIMIT ${claimsMax} FOR UPDATE SKIP LOCKED)
      RETURNING org_id, id, kind, key, payload, attempts`.execute(this.#store.db)
    return claimed.rows
  }

  async #run(job: Job): Promise<void> {
    let retryAt: Date | null = null
    let lastError: string | null = null
    try {
      const outcome = await this.#handlers.get(job.kind)?.(job)
      if (outcome && outcome !== "done") retryAt = outcome.retryAt
    } catch (error) {
      this.#onError(job, error)
      lastError = error instanceof Error ? error.message : String(error)
      const pause = Math.min(pauseSecondsMax, 2 ** job.attempts) * (0.9 + chance() * 0.2)
      retryAt = new Date(this.#store.clock.now().getTime() + pause * 1000)
    }
    const { db, clock } = this.#store
    const row = db.deleteFrom("jobs").where("orgId", "=", job.orgId).where("id", "=", job.id)
    if (retryAt === null) {
      await row.where("attempts", "=", job.attempts).execute()
      return
    }
    await db
      .updateTable("jobs")
      .set({
        runAt: retryAt,
        claimedUntil: null,
        lastError,
        failedAt: job.attempts >= attemptsMax ? clock.now() : null,
      })
      .where("orgId", "=", job.orgId)
      .where("id", "=", job.id)
      .execute()
  }
}
