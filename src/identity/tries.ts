import { type Kysely, sql } from "kysely"
import { problem } from "../problem.ts"
import type { DB } from "../store/tables.ts"

/** How often something secret may be tried, over all processes of a database (true clock). */
export type TryPolicy = { name: string; tries: number; windowSeconds: number }

export const perAccount: TryPolicy = { name: "sign_in_account", tries: 10, windowSeconds: 900 }
export const perAddress: TryPolicy = { name: "sign_in_address", tries: 100, windowSeconds: 900 }
export const setupTries: TryPolicy = { name: "setup", tries: 5, windowSeconds: 3_600 }

export class Tries {
  readonly #db: Kysely<DB>
  readonly #factor: number

  /** `factor` scales every policy; 0 switches them off. */
  constructor(db: Kysely<DB>, factor: number) {
    this.#db = db
    this.#factor = factor
  }

  /** Counts one try; throws 429 `too_many_tries` when there were too many. One statement, so that a volley counts whole. */
  async count(policy: TryPolicy, subject: string): Promise<void> {
    if (this.#factor === 0) return
    const counted = await sql<{ used: number; endsInSeconds: number }>`
      INSERT INTO rate_limits AS r (policy, subject, window_start, used) VALUES (${policy.name}, ${subject}, now(), 1)
      ON CONFLICT (policy, subject) DO UPDATE SET
        used = CASE WHEN r.window_start <= now() - make_interval(secs => ${policy.windowSeconds}) THEN 1 ELSE r.used + 1 END,
        window_start = CASE WHEN r.window_start <= now() - make_interval(secs => ${policy.windowSeconds}) THEN now() ELSE r.window_start END
      RETURNING used, ceil(extract(epoch FROM window_start - now()) + ${policy.windowSeconds})::int AS ends_in_seconds`.execute(
      this.#db,
    )
    const { used, endsInSeconds } = counted.rows[0] ?? { used: 0, endsInSeconds: 0 }
    if (used > Math.max(1, policy.tries * this.#factor))
      throw problem("too_many_tries", { retryAfterSeconds: endsInSeconds })
  }

  /** After a success the account's tries begin anew. */
  async forget(policy: TryPolicy, subject: string): Promise<void> {
    if (this.#factor === 0) return
    await sql`DELETE FROM rate_limits WHERE policy = ${policy.name} AND subject = ${subject}`.execute(this.#db)
  }

  /** The try was none: it is not counted. */
  async giveBack(policy: TryPolicy, subject: string): Promise<void> {
    if (this.#factor === 0) return
    await sql`UPDATE rate_limits SET used = used - 1 WHERE policy = ${policy.name} AND subject = ${subject} AND used > 0`.execute(
      this.#db,
    )
  }

  async prune(): Promise<void> {
    await sql`DELETE FROM rate_limits WHERE window_start < now() - interval '2 hours'`.execute(this.#db)
  }
}
