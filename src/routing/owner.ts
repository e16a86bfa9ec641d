import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { newCode } from "../ids.ts"

/** This installation's name in leases: kept in DATA_DIR, so that a restart after a crash takes its own lease at once. */
export async function loadOwner(dataDir: string): Promise<string> {
  const file = join(dataDir, "routing-owner")
  try {
    const owner = (await readFile(file, "utf8")).trim()
    if (owner !== "") return owner
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error
  }
  const owner = `node-${newCode(12)}`
  await writeFile(file, `${owner}\n`, { mode: 0o600 })
  return owner
}
