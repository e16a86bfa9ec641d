import { sql } from "kysely"
import { ConfigError } from "../config.ts"
import { type Database, isUnavailable } from "./database.ts"

const versionMin = 15
const tryMs = 500

type Facts = { version: number; encoding: string; fsync: string; synchronousCommit: string; fullPageWrites: string }

/**
 * Waits for a database of the operator's own, which may start after us, and looks whether it serves: what does not is
 * named as a mistake of DATABASE_URL. What weakens the promise that everything acknowledged is kept is warned of.
 */
export async function reachDatabase(
  { db }: Pick<Database, "db">,
  options: { seconds: number; warn: (text: string) => void },
): Promise<void> {
  const facts = await firstFacts(db, options)
  if (Math.floor(facts.version / 10_000) < versionMin)
    throw wrong(`its PostgreSQL is too old: ${versionMin} or later is needed, 18 is what this was made for`)
  if (facts.encoding !== "UTF8") throw wrong(`the database's encoding is ${facts.encoding}, it must be UTF8`)
  const settings = {
    fsync: facts.fsync,
    synchronous_commit: facts.synchronousCommit,
    full_page_writes: facts.fullPageWrites,
  }
  for (const [name, value] of Object.entries(settings))
    if (value === "off") options.warn(`The database has ${name} off: what was acknowledged can be lost in a crash`)
}

async function firstFacts(
  db: Database["db"],
  { seconds, warn }: { seconds: number; warn: (text: string) => void },
): Promise<Facts> {
  const until = performance.now() + seconds * 1000
  for (let tries = 0; ; tries++) {
    try {
      const { rows } = await sql<Facts>`
        SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding,
          current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
          current_setting('full_page_writes') AS full_page_writes`.execute(db)
      if (rows[0]) return rows[0]
    } catch (error) {
      // Where a name has several addresses, only the code says what is wrong.
      const text = error instanceof Error && error.message !== "" ? error.message : codeOf(error)
      if (!isUnavailable(error) || performance.now() > until) throw wrong(`the database cannot be used: ${text}`)
      if (tries === 0) warn(`The database does not answer yet (${text}): trying for ${seconds} s`)
      await new Promise((resolve) => setTimeout(resolve, tryMs))
    }
  }
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : String(error)
}

function wrong(text: string): ConfigError {
  return new ConfigError([`DATABASE_URL: ${text}`])
}
