import { createHash } from "node:crypto"
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely"
import type pg from "pg"

/** A statement is prepared from this use on, on each connection: what runs once is not worth a plan that is kept. */
const usesMin = 20
/** Each connection keeps a plan of each. */
const namesMax = 100
const textsMax = 2_000

/**
 * The pool for Kysely, with the statements that run again and again prepared: parsing and planning takes PostgreSQL
 * longer than a small batch itself.
 */
export function preparing(pool: pg.Pool): PostgresPool {
  const names = new Names()
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => new PreparingClient(await pool.connect(), names),
  }
}

class Names {
  readonly #uses = new Map<string, number>()
  readonly #names = new Map<string, string>()

  of(text: string): string | undefined {
    const known = this.#names.get(text)
    if (known !== undefined || this.#names.size >= namesMax) return known
    const uses = (this.#uses.get(text) ?? 0) + 1
    if (this.#uses.size >= textsMax) this.#uses.clear()
    this.#uses.set(text, uses)
    // Filters that are on or off need a plan for each case.
    if (uses < usesMin || /\bIS NULL OR\b/i.test(text)) return undefined
    const name = createHash("sha256").update(text).digest("hex").slice(0, 24)
    this.#uses.delete(text)
    this.#names.set(text, name)
    return name
  }
}

class PreparingClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient
  readonly #names: Names

  constructor(client: pg.PoolClient, names: Names) {
    this.#client = client
    this.#names = names
  }

  query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>
  query(statement: unknown, parameters: readonly unknown[] = []): unknown {
    if (typeof statement !== "string") throw new Error("cursors are not in use")
    const name = parameters.length > 0 ? this.#names.of(statement) : undefined
    return this.#client.query({ text: statement, values: [...parameters], ...(name !== undefined && { name }) })
  }

  release(destroy?: boolean): void {
    this.#client.release(destroy)
  }
}
