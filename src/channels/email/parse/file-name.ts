import { nameLengthMax } from "./limits.ts"

/** What is read of a name: its end, where the extension stands. */
const givenLengthMax = 1_000
// Invisible, direction-changing and control characters; CVE-2026-28289 hid `.htaccess` behind one of them.
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu

/** A name that is only a name: no folder, nothing unseen, no dot in front. Never used as a path (blobs are named by hash). */
export function safeFileName(given: string | null, fallback: string): string {
  const base = (given ?? "").slice(-givenLengthMax).normalize("NFC").replace(unseen, "").split(/[/\\]/).at(-1) ?? ""
  const name = base.replace(/[<>:"|?*]/g, "_").replace(/^[.\s]+|[.\s]+$/g, "")
  if (name === "") return fallback
  if (name.length <= nameLengthMax) return name
  const dot = name.lastIndexOf(".")
  const ending = dot > name.length - 12 ? name.slice(dot) : ""
  return name.slice(0, nameLengthMax - ending.length).toWellFormed() + ending
}

export function safeType(given: string | null | undefined): string {
  const type = (given ?? "").toLowerCase()
  return /^[a-z0-9][a-z0-9.+_-]{0,60}\/[a-z0-9][a-z0-9.+_-]{0,90}$/.test(type) ? type : "application/octet-stream"
}
