import { createHash } from "node:crypto"
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely"
import type pg from "pg"
import { Burst, isStatementOutdated } from "./burst.ts"

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
  #renewals = 0

  of(text: string): string | undefined {
    const known = this.#names.get(text)
    if (known !== undefined || this.#names.size >= namesMax) return known
    const uses = (this.#uses.get(text) ?? 0) + 1
    if (this.#uses.size >= textsMax) this.#uses.clear()
    this.#uses.set(text, uses)
    // Filters that are on or off need a plan for each case.
    if (uses < usesMin || /\bIS NULL OR\b/i.test(text)) return undefined
    this.#uses.delete(text)
    return this.#give(text)
  }

  /** Another name for all connections: the driver believes for ever that the former one is prepared as it was. */
  renew(text: string, outdated: string): void {
    if (this.#names.get(text) !== outdated) return
    this.#renewals++
    this.#give(text)
  }

  #give(text: string): string {
    const name = createHash("sha256").update(`${this.#renewals} ${text}`).digest("hex").slice(0, 24)
    this.#names.set(text, name)
    return name
  }
}

/**
 * One connection as Kysely uses it. A transaction begins on the wire with its first statement, in the same round trip
 * where that is a burst, and has ended with a burst that commits.
 */
class PreparingClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient
  readonly #names: Names
  #transaction: "none" | "asked" | "open" | "committed" = "none"

  constructor(client: pg.PoolClient, names: Names) {
    this.#client = client
    this.#names = names
  }

  query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>
  query(statement: unknown, parameters: readonly unknown[] = []): unknown {
    if (typeof statement !== "string") throw new Error("cursors are not in use")
    const [first] = parameters
    if (first instanceof Burst) return this.#burst(first)
    if (statement === "begin") return this.#turn("asked", "BEGIN")
    if (statement === "commit" || statement === "rollback") return this.#end(statement)
    return this.#transaction === "asked"
      ? this.#begin().then(() => this.#run(statement, parameters))
      : this.#run(statement, parameters)
  }

  release(destroy?: boolean): void {
    this.#client.release(destroy)
  }

  async #run(text: string, parameters: readonly unknown[]): Promise<unknown> {
    const name = parameters.length > 0 ? this.#names.of(text) : undefined
    if (name === undefined) return this.#client.query({ text, values: [...parameters] })
    try {
      return await this.#client.query({ text, values: [...parameters], name })
    } catch (error) {
      if (isStatementOutdated(error)) this.#names.renew(text, name)
      throw error
    }
  }

  async #begin(): Promise<void> {
    // At once: what is asked beside this statement goes behind it.
    this.#transaction = "open"
    await this.#client.query("begin")
  }

  async #burst(burst: Burst): Promise<object> {
    if (this.#transaction === "asked") {
      this.#transaction = "open"
      burst.begin()
    }
    this.#client.query(burst)
    await burst.done
    if (burst.commits) this.#transaction = "committed"
    return { rows: [] }
  }

  #end(statement: "commit" | "rollback"): Promise<object> {
    if (this.#transaction === "asked" || this.#transaction === "committed")
      return this.#turn("none", statement.toUpperCase())
    this.#transaction = "none"
    return this.#client.query(statement)
  }

  #turn(state: "none" | "asked", command: string): Promise<object> {
    this.#transaction = state
    return Promise.resolve({ command, rows: [] })
  }
}
