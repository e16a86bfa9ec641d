import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { newSecret } from "./ids.ts"
import { problem } from "./problem.ts"

export type Blob = { sha256: string; sizeBytes: number }

/** Files by their content hash under BLOB_DIR. What `put` answered survives a loss of power. */
export interface Blobs {
  /** Written, synced and in its place when it resolves: before the commit that names it. Over `limitBytes`: 413 `too_large`. */
  put(content: Buffer | Readable, options?: { limitBytes?: number }): Promise<Blob>
  read(sha256: string): Promise<Buffer>
  /** From byte `start`. Throws ENOENT on the stream where there is none. */
  stream(sha256: string): Readable
  /** Null where there is none. */
  size(sha256: string): Promise<number | null>
  /**
   * Removes files that nothing names and that were last put before `olderThan`. `named` answers which of the given
   * hashes are in use. Answers how many were removed.
   */
  collect(olderThan: Date, named: (sha256s: string[]) => Promise<Set<string>>): Promise<number>
}

const hash = /^[0-9a-f]{64}$/
const collectBatch = 500

/** `dir/ab/<sha256>`; one folder for all processes of a database. */
export function openBlobs(dir: string): Blobs {
  const folderOf = (sha256: string) => join(dir, sha256.slice(0, 2))
  const pathOf = (sha256: string) => {
    if (!hash.test(sha256)) throw new Error("not a SHA-256")
    return join(folderOf(sha256), sha256)
  }
  const draftPath = () => join(dir, "drafts", newSecret(12))

  async function put(content: Buffer | Readable, options: { limitBytes?: number } = {}): Promise<Blob> {
    if (Buffer.isBuffer(content)) {
      if (content.length > (options.limitBytes ?? Number.POSITIVE_INFINITY)) throw tooLarge(options.limitBytes)
      const sha256 = createHash("sha256").update(content).digest("hex")
      if (await touch(pathOf(sha256))) return { sha256, sizeBytes: content.length }
    }
    const draft = draftPath()
    await mkdir(join(dir, "drafts"), { recursive: true })
    try {
      const blob = await writeSynced(draft, content, options.limitBytes)
      await place(draft, blob.sha256)
      return blob
    } finally {
      await rm(draft, { force: true })
    }
  }

  async function place(draft: string, sha256: string): Promise<void> {
    const folder = folderOf(sha256)
    if ((await mkdir(folder, { recursive: true })) !== undefined) await syncFolder(dir)
    await rename(draft, pathOf(sha256))
    await syncFolder(folder)
  }

  async function collect(olderThan: Date, named: (sha256s: string[]) => Promise<Set<string>>): Promise<number> {
    let removed = 0
    for (const part of await folders(dir)) {
      const old: string[] = []
      for (const name of await readdir(join(dir, part))) {
        if (hash.test(name) && (await isOlder(pathOf(name), olderThan))) old.push(name)
      }
      for (let at = 0; at < old.length; at += collectBatch) {
        const batch = old.slice(at, at + collectBatch)
        const used = await named(batch)
        for (const sha256 of batch) if (!used.has(sha256) && (await remove(sha256, olderThan))) removed++
      }
    }
    await removeDrafts(join(dir, "drafts"), olderThan)
    return removed
  }

  /** Taken aside first: one that was put again meanwhile is younger now and goes back. */
  async function remove(sha256: string, olderThan: Date): Promise<boolean> {
    const aside = draftPath()
    await mkdir(join(dir, "drafts"), { recursive: true })
    await rename(pathOf(sha256), aside)
    if (!(await isOlder(aside, olderThan))) {
      await rename(aside, pathOf(sha256))
      return false
    }
    await rm(aside, { force: true })
    return true
  }

  return {
    put,
    read: (sha256) => readFile(pathOf(sha256)),
    stream: (sha256) => createReadStream(pathOf(sha256)),
    size: async (sha256) => {
      if (!hash.test(sha256)) return null
      return (await stat(pathOf(sha256)).catch(unlessMissing))?.size ?? null
    },
    collect,
  }
}

async function writeSynced(
  path: string,
  content: Buffer | Readable,
  limitBytes = Number.POSITIVE_INFINITY,
): Promise<Blob> {
  const digest = createHash("sha256")
  const file = await open(path, "wx", 0o600)
  let sizeBytes = 0
  try {
    for await (const chunk of Buffer.isBuffer(content) ? [content] : content) {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk)
      sizeBytes += bytes.length
      if (sizeBytes > limitBytes) throw tooLarge(limitBytes)
      digest.update(bytes)
      await file.writeFile(bytes)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { sha256: digest.digest("hex"), sizeBytes }
}

/** A rename is durable only after its folder is synced. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r")
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Marks a file as put just now; false where there is none. */
async function touch(path: string): Promise<boolean> {
  const before = await stat(path).catch(unlessMissing)
  if (!before) return false
  const file = await open(path, "r").catch(unlessMissing)
  if (!file) return false
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  const now = performance.timeOrigin / 1000 + performance.now() / 1000
  return (await utimes(path, now, now).then(() => true, unlessMissing)) ?? false
}

async function isOlder(path: string, than: Date): Promise<boolean> {
  const found = await stat(path).catch(unlessMissing)
  return found !== undefined && found.mtimeMs < than.getTime()
}

async function folders(dir: string): Promise<string[]> {
  const names = (await readdir(dir).catch(unlessMissing)) ?? []
  return names.filter((name) => /^[0-9a-f]{2}$/.test(name))
}

async function removeDrafts(dir: string, olderThan: Date): Promise<void> {
  for (const name of (await readdir(dir).catch(unlessMissing)) ?? []) {
    if (await isOlder(join(dir, name), olderThan)) await rm(join(dir, name), { force: true })
  }
}

function tooLarge(limitBytes: number | undefined): Error {
  return problem("too_large", { limitBytes: limitBytes ?? null })
}

function unlessMissing(error: unknown): undefined {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error
  return undefined
}
