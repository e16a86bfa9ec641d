import { type RawBuilder, sql } from "kysely"
import { chance } from "../ids.ts"
import type { Store } from "../store/write.ts"
import { atMost } from "../at-most.ts"
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

/** Longer than any try takes: what is claimed anew while it still goes on is done twice. */
export const claimSeconds = 180
const claimsMax = 16
/**
 * What one far side may hold up: jobs of one kind and channel, of one organization, since each has its own carrier, and of
 * all, since they share the relay.
 */
const laneMax = { ofOrganization: 16, ofAll: 48 }
const runningMax = 256
const attemptsMax = 25
const pauseSecondsMax = 3_600
/** The loop waits so long for what it began: a far side that is slow must not hold up what else falls due. */
const patienceMs = 100
/** How long a stop waits: what a far side has not answered by then is asked about after the next start. */
const stopMs = 3_000

/**
 * Runs what transactions asked for by `tx.job(...)`, at least once, from any process: rows are claimed with SKIP LOCKED.
 * A job whose process died comes back when its claim ends. Handlers are keyed by the job's kind.
 */
export class JobWorker implements BusinessTimer {
  readonly name = "jobs"
  readonly #store: Store
  readonly #handlers = new Map<string, JobHandler>()
  readonly #onError: (job: Job, error: unknown) => void
  readonly #wake: () => void
  readonly #running = new Map<Promise<void>, Job>()
  #stopped = false

  /** `wake`: there is room again, or a job has a new time, so that the loop of timers should look. */
  constructor(store: Store, onError: (job: Job, error: unknown) => void, wake: () => void = () => undefined) {
    this.#store = store
    this.#onError = onError
    this.#wake = wake
  }

  handle(kind: string, handler: JobHandler): void {
    this.#handlers.set(kind, handler)
  }

  /** Not of what another process has, or had when it died: that is looked for whenever the loop looks anyway. */
  async nextAt(): Promise<Date | null> {
    if (this.#room() === 0) return null
    const next = await sql<{ at: Date | null }>`
      SELECT min(run_at) AS at FROM jobs
      WHERE failed_at IS NULL AND ${isUnclaimed} AND ${this.#startable()}`.execute(this.#store.db)
    return next.rows[0]?.at ?? null
  }

  /** Does what is due, and waits for what was begun before. */
  async fire(now: Date): Promise<number> {
    const count = await this.begin(now)
    while (this.#running.size > 0) await Promise.all(this.#running.keys())
    return count
  }

  async begin(now: Date): Promise<number> {
    const jobs = this.#room() === 0 ? [] : await this.#claim(now)
    await atMost(patienceMs, Promise.all(jobs.map((job) => this.#start(job))))
    return jobs.length
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await atMost(stopMs, Promise.all(this.#running.keys()))
  }

  #start(job: Job): Promise<void> {
    const running = this.#run(job)
      .catch((error: unknown) => {
        if (!this.#stopped) this.#onError(job, error)
      })
      .finally(() => {
        this.#running.delete(running)
        this.#wake()
      })
    this.#running.set(running, job)
    return running
  }

  #room(): number {
    return this.#stopped ? 0 : Math.min(claimsMax, runningMax - this.#running.size)
  }

  /** Of the kinds that are handled here, not on its way here for longer than its claim, and not of a lane that is full. */
  #startable(): RawBuilder<unknown> {
    const running = [...this.#running.values()]
    const full = [
      ...atLeast(laneMax.ofAll, running.map(laneOf)),
      ...atLeast(
        laneMax.ofOrganization,
        running.map((job) => `${job.orgId} ${laneOf(job)}`),
      ),
    ]
    const kinds = sql`kind = ANY(${[...this.#handlers.keys()]})`
    if (running.length === 0) return kinds
    return sql`${kinds} AND NOT id = ANY(${running.map(({ id }) => id)}::uuid[])
      AND NOT concat_ws(' ', kind, payload->>'channel') = ANY(${full})
      AND NOT concat_ws(' ', org_id, kind, payload->>'channel') = ANY(${full})`
  }

  async #claim(now: Date): Promise<Job[]> {
    const claimed = await sql<Job>`
      UPDATE jobs SET claimed_until = clock_timestamp() + make_interval(secs => ${claimSeconds}), attempts = attempts + 1
      WHERE (org_id, id) IN (
        SELECT org_id, id FROM jobs
        WHERE run_at <= ${now} AND failed_at IS NULL AND ${isUnclaimed} AND ${this.#startable()}
        ORDER BY run_at LIMIT ${this.#room()} FOR UPDATE SKIP LOCKED)
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
      if (this.#stopped) return
      this.#onError(job, error)
      lastError = error instanceof Error ? error.message : String(error)
      const pause = Math.min(pauseSecondsMax, 2 ** job.attempts) * (0.9 + chance() * 0.2)
      retryAt = new Date(this.#store.clock.now().getTime() + pause * 1000)
    }
    await this.#settle(job, retryAt, lastError)
  }

  /** Only of this try: who asked for the job anew meanwhile, or took it over, said when it runs. */
  async #settle({ orgId, id, attempts }: Job, retryAt: Date | null, lastError: string | null): Promise<void> {
    const { db, clock } = this.#store
    const failedAt = attempts >= attemptsMax ? clock.now() : null
    await (retryAt === null
      ? db.deleteFrom("jobs").where("orgId", "=", orgId).where("id", "=", id).where("attempts", "=", attempts).execute()
      : db
          .updateTable("jobs")
          .set({ runAt: retryAt, claimedUntil: null, lastError, failedAt })
          .where("orgId", "=", orgId)
          .where("id", "=", id)
          .where("attempts", "=", attempts)
          .execute())
  }
}

const isUnclaimed = sql`(claimed_until IS NULL OR claimed_until < clock_timestamp())`

/** As the claim's statement puts it together. */
function laneOf({ kind, payload }: Job): string {
  return typeof payload.channel === "string" ? `${kind} ${payload.channel}` : kind
}

/** The names that stand there that often. */
function atLeast(count: number, names: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].filter(([, found]) => found >= count).map(([name]) => name)
}
