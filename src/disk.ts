import { statfs } from "node:fs/promises"

/** Below this the database that stands there cannot grow its files: nothing more can be taken in. */
const fullBytes = 4 * 2 ** 20

/** What this user may still write where the folder is. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

export async function isFull(folder: string): Promise<boolean> {
  return (await freeBytes(folder)) < fullBytes
}

/** What failed for want of room: of this user's share of a disk, or where the database stands. */
export function isStorageFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && storageCodes.includes(String(error.code))
}

/** The system's two, and PostgreSQL's `disk_full`. */
const storageCodes = ["ENOSPC", "EDQUOT", "53100"]
