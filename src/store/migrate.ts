import { createHash } from "node:crypto"
import { readdir, readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import type pg from "pg"

type Migration = { name: string; sql: string; checksum: string }

const folder = fileURLToPath(new URL("./migrations", import.meta.url))

/**
 * Brings the database to what the code expects: `migrations/NNNN_name.sql` in order, each once and in a transaction of
 * its own. Two processes at once take turns. Throws for a database that a later version has changed. Gives the names
 * of those that were applied now.
 */
export async function migrate(pool: pg.Pool): Promise<string[]> {
  const migrations = await readMigrations()
  const client = await pool.connect()
  try {
    await makeTable(client)
    const applied: string[] = []
    while (await applyNext(client, migrations, applied)) {
      // one transaction each
    }
    return applied
  } finally {
    client.release()
  }
}

async function readMigrations(): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => /^\d{4}_.+\.sql$/.test(file)).sort()
  return Promise.all(
    files.map(async (file) => {
      const sql = (await readFile(`${folder}/${file}`, "utf8")).replaceAll("\r\n", "\n")
      return { name: file.replace(/\.sql$/, ""), sql, checksum: createHash("sha256").update(sql).digest("hex") }
    }),
  )
}

async function makeTable(client: pg.PoolClient): Promise<void> {
  const create = `CREATE TABLE IF NOT EXISTS migrations (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`
  try {
    await client.query(create)
  } catch (error) {
    // Two at once: IF NOT EXISTS looks before it makes, and the second one meets the table, its type, or the catalogue's
    // unique index.
    const made = ["23505", "42710", "42P07"]
    if (!(error instanceof Error && "code" in error && made.includes(String(error.code)))) throw error
  }
}

/** Applies the first one that is missing; false when none is. */
async function applyNext(client: pg.PoolClient, migrations: Migration[], applied: string[]): Promise<boolean> {
  await client.query("BEGIN")
  try {
    await client.query("SET LOCAL statement_timeout = 0")
    await client.query("SET LOCAL lock_timeout = 0")
    await client.query("LOCK TABLE migrations IN EXCLUSIVE MODE")
    const done = await client.query<{ name: string; checksum: string }>("SELECT name, checksum FROM migrations")
    refuseStrange(done.rows, migrations)
    const next = migrations.find((migration) => !done.rows.some((row) => row.name === migration.name))
    if (next) {
      await client.query(next.sql)
      await client.query("INSERT INTO migrations (name, checksum) VALUES ($1, $2)", [next.name, next.checksum])
      applied.push(next.name)
    }
    await client.query("COMMIT")
    return next !== undefined
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {})
    throw error
  }
}

function refuseStrange(done: { name: string; checksum: string }[], migrations: Migration[]): void {
  for (const row of done) {
    const ours = migrations.find((migration) => migration.name === row.name)
    if (ours === undefined) {
      throw new Error(
        `The database is newer than this Switchboard (it has migration ${row.name}): start the newer version.`,
      )
    }
    if (ours.checksum !== row.checksum) {
      throw new Error(`Migration ${row.name} is not the one that made this database: use the version that made it.`)
    }
  }
}
