import { CamelCasePlugin, Kysely, PostgresDialect } from "kysely"
import pg from "pg"
import { preparing } from "./prepared.ts"
import type { DB } from "./tables.ts"

/** What every statement of the program runs on: `db` for reads, `write` (write.ts) for changes. */
export interface Database {
  readonly db: Kysely<DB>
  readonly pool: pg.Pool
  close(): Promise<void>
}

export type DatabaseOptions = {
  /** A PostgreSQL URL, or a socket folder by `?host=`. */
  url: string
  /** Connections of this pool. */
  connectionsMax: number
  /** How long a statement may take, in milliseconds. */
  statementTimeoutMs?: number
  onError?: (error: Error) => void
}

const connectTimeoutMs = 2_000

pg.types.setTypeParser(pg.types.builtins.INT8, Number)

/** Opens a pool. Timestamps come back as `Date`, int8 as number, names in camelCase. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connectionsMax,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    application_name: "switchboard",
    options: `-c statement_timeout=${options.statementTimeoutMs ?? 5_000} -c lock_timeout=2000 -c idle_in_transaction_session_timeout=15000 -c timezone=UTC`,
  })
  pool.on("error", (error) => options.onError?.(error))
  // The pool hears the idle ones only: one that is in use between two statements would end the process with it.
  pool.on("connect", (client) => client.on("error", (error) => options.onError?.(error)))
  const db = new Kysely<DB>({
    dialect: new PostgresDialect({ pool: preparing(pool) }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  })
  return { db, pool, close: () => db.destroy() }
}

/** A server or network that is away, a name that cannot be resolved just now, and a machine that has nothing left to open. */
const networkCodes = [
  ...["ECONNREFUSED", "ENOENT", "ECONNRESET", "EPIPE", "ETIMEDOUT"],
  ...["EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"],
  ...["EMFILE", "ENFILE", "ENOBUFS", "EADDRNOTAVAIL"],
]

/** True when the database is away, starting, or out of connections, so that a caller should try again later. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = "code" in error ? String(error.code) : ""
  if (/^(08|57P|53)/.test(code) || code === "55P03" || code === "57014") return true
  if (networkCodes.includes(code)) return true
  return /Connection terminated|timeout exceeded when trying to connect|connection timeout|Client has encountered a connection error|not queryable/i.test(
    error.message,
  )
}
