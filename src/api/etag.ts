import { problem } from "../problem.ts"

/** What `If-Match` allows: any version, or one of these. */
export type IfMatch = "*" | readonly number[]

/** RFC 9110 13.1.1, strong comparison: what is no version of ours matches nothing. `null` without the header. */
export function readIfMatch(header: string | undefined): IfMatch | null {
  if (header === undefined) return null
  if (header.trim() === "*") return "*"
  return header.split(",").flatMap((part) => {
    const version = /^"(\d{1,15})"$/.exec(part.trim())?.[1]
    return version === undefined ? [] : [Number(version)]
  })
}

/** Throws 412 `version_conflict` with who changed it when, unless `ifMatch` allows the current version. */
export function expectVersion(
  ifMatch: IfMatch,
  current: { version: number; updatedAt?: Date | null; updatedBy?: unknown },
): void {
  if (ifMatch === "*" || ifMatch.includes(current.version)) return
  throw problem("version_conflict", {
    currentVersion: current.version,
    changedAt: current.updatedAt ?? null,
    changedBy: current.updatedBy ?? null,
  })
}

export function etagOf(version: number): string {
  return `"${version}"`
}

/** RFC 9110 13.1.2, weak comparison. */
export function matchesNone(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === "*") return true
  return header.split(",").some((part) => part.trim().replace(/^W\//, "") === etag)
}
