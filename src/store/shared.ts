import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type pg from "pg"
import { ConfigError } from "../config.ts"
import { newCode } from "../ids.ts"

/**
 * Processes of one database need the same secret and the same folder of attachments: otherwise one would refuse the
 * other's links and not find its files, much later. The first one notes both; throws `ConfigError` that names the
 * setting which differs.
 */
export async function checkShared(pool: pg.Pool, mine: { fingerprint: string; blobDir: string }): Promise<void> {
  const lines = [await checkSecret(pool, mine.fingerprint), await checkBlobDir(pool, mine.blobDir)]
  const wrong = lines.filter((line) => line !== undefined)
  if (wrong.length > 0) throw new ConfigError(wrong)
}

async function checkSecret(pool: pg.Pool, fingerprint: string): Promise<string | undefined> {
  if ((await noteFact(pool, "secret", fingerprint)) === fingerprint) return undefined
  return "SECRET_KEY: this database was made with another secret: set the first process's, or what stands in its DATA_DIR/secret-key"
}

/** In BLOB_DIR: which folder it is. */
const markerName = ".folder"

async function checkBlobDir(pool: pg.Pool, blobDir: string): Promise<string | undefined> {
  await mkdir(blobDir, { recursive: true })
  const marker = join(blobDir, markerName)
  const mine = await readMarker(marker)
  const known = await noteFact(pool, "blob_folder", mine ?? newCode(12))
  if (mine === known) return undefined
  if (mine === undefined && (await isFirst(pool, known))) {
    await writeFile(marker, `${known}\n`, { flush: true })
    await noteFact(pool, "blob_folder_marked", known)
    return undefined
  }
  return `BLOB_DIR: ${blobDir} is not the folder of this database's attachments: set the first process's (if it is the right one, write ${known} into ${marker})`
}

/** Between noting the folder and marking it a crash may lie: until it is marked, the first to come may do so. */
async function isFirst(pool: pg.Pool, known: string): Promise<boolean> {
  const { rows } = await pool.query("SELECT value FROM server_facts WHERE name = 'blob_folder_marked'")
  return rows[0]?.value !== known
}

async function readMarker(path: string): Promise<string | undefined> {
  return (await readFile(path, "utf8").catch(() => "")).trim() || undefined
}

/** Keeps what was noted first, and gives it. */
async function noteFact(pool: pg.Pool, name: string, value: string): Promise<string> {
  await pool.query("INSERT INTO server_facts (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING", [name, value])
  const { rows } = await pool.query<{ value: string }>("SELECT value FROM server_facts WHERE name = $1", [name])
  return rows[0]?.value ?? value
}
