import { createHash } from "node:crypto"
import { sql } from "kysely"
import type { Principal } from "../identity/principal.ts"
import type { Keys } from "../keys.ts"
import { problem } from "../problem.ts"
import type { Store, Tx } from "../store/write.ts"
import { Answer } from "./answer.ts"

const keptHours = 24

type Scope = { orgId: string; principal: string; method: string; path: string; key: string; bodyHash: string }
type Kept = { bodyHash: string; status: number; location: string | null; answer: string | null }

/** The key of the header, `null` without one; 400 when it is no key. */
export function readIdempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null
  if (typeof header !== "string" || !/^[\x20-\x7e]{8,255}$/.test(header)) throw problem("idempotency_key_invalid")
  return header
}

/** Thrown inside a transaction that lost against another process with the same key: roll back, give that answer. */
export class AnsweredElsewhere extends Error {}

/**
 * The same answer for the same key (api.md 1). The answer is kept in the transaction of the effect: both are there or
 * neither, whatever dies in between; its row's primary key decides between processes. It is sealed, since it may hold a
 * secret that is shown once. Only 2xx answers are kept.
 */
export class Idempotency {
  readonly #store: Store
  readonly #keys: Keys
  readonly #running = new Set<string>()

  constructor(store: Store, keys: Keys) {
    this.#store = store
    this.#keys = keys
  }

  async run(
    input: { principal: Principal; method: string; path: string; key: string; body: unknown },
    work: (once: Once) => Promise<Answer>,
  ): Promise<Answer> {
    const { principal, method, path, key } = input
    const bodyHash = createHash("sha256")
      .update(JSON.stringify(input.body) ?? "")
      .digest("base64url")
    const scope: Scope = {
      orgId: principal.orgId,
      principal: `${principal.type}:${principal.id}`,
      method,
      path,
      key,
      bodyHash,
    }
    const name = [scope.orgId, scope.principal, method, path, key].join(" ")
    if (this.#running.has(name)) throw problem("idempotency_in_progress")
    this.#running.add(name)
    try {
      const first = await this.#find(scope)
      if (first) return this.#again(scope, first)
      const once = new Once(scope, this.#keys)
      const answer = await work(once)
      if (!once.kept && answer.status < 300)
        await this.#store.db.transaction().execute((trx) => once.keep({ db: trx }, answer))
      return answer
    } catch (error) {
      if (!(error instanceof AnsweredElsewhere)) throw error
      const first = await this.#find(scope)
      if (!first) throw problem("idempotency_in_progress")
      return this.#again(scope, first)
    } finally {
      this.#running.delete(name)
    }
  }

  /** Takes away what is older than 24 h; answers how many. */
  async prune(): Promise<number> {
    const gone =
      await sql`DELETE FROM idempotency_keys WHERE created_at < now() - make_interval(hours => ${keptHours})`.execute(
        this.#store.db,
      )
    return Number(gone.numAffectedRows ?? 0)
  }

  async #find(scope: Scope): Promise<Kept | undefined> {
    const found = await sql<Kept>`
      SELECT body_hash, status, location, answer FROM idempotency_keys
      WHERE org_id = ${scope.orgId} AND principal = ${scope.principal} AND method = ${scope.method} AND path = ${scope.path}
        AND key = ${scope.key} AND created_at > now() - make_interval(hours => ${keptHours})`.execute(this.#store.db)
    return found.rows[0]
  }

  #again(scope: Scope, kept: Kept): Answer {
    if (kept.bodyHash !== scope.bodyHash) throw problem("idempotency_key_reused")
    const body = kept.answer === null ? null : (JSON.parse(this.#keys.open(kept.answer)) as unknown)
    return new Answer(kept.status, body, {
      ...(kept.location && { location: kept.location }),
      "idempotency-replayed": "true",
    })
  }
}

/** One running request with a key. */
export class Once {
  kept = false
  readonly #scope: Scope
  readonly #keys: Keys

  constructor(scope: Scope, keys: Keys) {
    this.#scope = scope
    this.#keys = keys
  }

  async keep(tx: Pick<Tx, "db">, answer: Answer): Promise<void> {
    const { orgId, principal, method, path, key, bodyHash } = this.#scope
    const location = typeof answer.headers.location === "string" ? answer.headers.location : null
    const body = answer.body === null || answer.body === undefined ? null : this.#keys.seal(JSON.stringify(answer.body))
    const inserted = await sql`
      INSERT INTO idempotency_keys (org_id, principal, method, path, key, body_hash, status, location, answer)
      VALUES (${orgId}, ${principal}, ${method}, ${path}, ${key}, ${bodyHash}, ${answer.status}, ${location}, ${body})
      ON CONFLICT (org_id, principal, method, path, key) DO UPDATE
        SET body_hash = excluded.body_hash, status = excluded.status, location = excluded.location, answer = excluded.answer, created_at = now()
        WHERE idempotency_keys.created_at <= now() - make_interval(hours => ${keptHours})
      RETURNING 1`.execute(tx.db)
    if (inserted.rows.length === 0) throw new AnsweredElsewhere()
    this.kept = true
  }
}
