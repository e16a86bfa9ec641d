import { existsSync } from "node:fs"
import { readdir } from "node:fs/promises"
import { join } from "node:path"

/** Paths below `folders` whose name matches, in one order on every machine. */
export async function filesOf(folders: readonly string[], name: RegExp): Promise<string[]> {
  const found = await Promise.all(folders.filter((folder) => existsSync(folder)).map((folder) => below(folder, name)))
  return found.flat().sort()
}

async function below(folder: string, name: RegExp): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return entry.name === "node_modules" ? [] : below(path, name)
      return name.test(entry.name) ? [path] : []
    }),
  )
  return found.flat()
}
