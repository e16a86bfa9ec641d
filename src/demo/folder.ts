import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { z } from "zod"
import { newCode } from "../ids.ts"

/** The folder holds somebody's own data; the message is the one line to show before exit 2. */
export class NotADemo extends Error {
  constructor(dataDir: string) {
    super(`DATA_DIR ${dataDir} is not empty and holds no demonstration: give --demo a folder of its own.`)
    this.name = "NotADemo"
  }
}

const Mark = z.object({
  /** Of all accounts of the demonstration, made for this folder: nobody else's demonstration has it. */
  password: z.string(),
  /** False until everything was loaded once. */
  loaded: z.boolean(),
})
type Mark = z.infer<typeof Mark>

export type DemoFolder = Mark & { markLoaded(): Promise<void> }

/** Marks an empty folder as a demonstration's, or knows it again. Throws `NotADemo` and touches nothing. */
export async function openDemoFolder(dataDir: string): Promise<DemoFolder> {
  await mkdir(dataDir, { recursive: true })
  const path = join(dataDir, "demo")
  const mark = await readMark(path)
  if (mark === null && (await readdir(dataDir)).length > 0) throw new NotADemo(dataDir)
  const known = mark ?? { password: `retale-${newCode(8)}`, loaded: false }
  if (mark === null) await write(path, known)
  return { ...known, markLoaded: () => write(path, { ...known, loaded: true }) }
}

async function readMark(path: string): Promise<Mark | null> {
  const text = await readFile(path, "utf8").catch(() => null)
  if (text === null) return null
  const read = Mark.safeParse(JSON.parse(text))
  return read.success ? read.data : null
}

async function write(path: string, mark: Mark): Promise<void> {
  await writeFile(path, `${JSON.stringify(mark, null, 2)}\n`, { mode: 0o600 })
}
