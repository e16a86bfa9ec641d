import { createHash } from "node:crypto"
import { problem } from "../problem.ts"
import { Answer } from "./answer.ts"
import type { Key } from "./route.ts"

type Listed = { path: string; query: Record<string, unknown> }

const cursorLengthMax = 4_000

/** The key of the last item shown. A cursor of another list or filter is refused: its key would mean something else. */
export function readCursor(listed: Listed): readonly Key[] {
  const text = listed.query.cursor
  if (typeof text !== "string" || text.length > cursorLengthMax) throw problem("cursor_invalid")
  try {
    const [filter, ...keys] = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as unknown[]
    if (filter !== filterOf(listed) || !keys.every(isKey)) throw problem("cursor_invalid")
    return keys
  } catch {
    throw problem("cursor_invalid")
  }
}

/** `{items, nextCursor}` with `Link` (RFC 8288); `rows` holds one more than the limit where there is a next page. */
export function pageOf<Row>(
  listed: Listed,
  limit: number,
  rows: readonly Row[],
  keyOf: (row: Row) => Key[],
  show: (row: Row) => unknown,
): Answer {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  if (rows.length <= limit || last === undefined) return new Answer(200, { items: shown.map(show), nextCursor: null })
  const nextCursor = Buffer.from(JSON.stringify([filterOf(listed), ...keyOf(last)])).toString("base64url")
  const next = new URLSearchParams(Object.entries(listed.query).map(([name, value]) => [name, String(value)]))
  next.set("cursor", nextCursor)
  return new Answer(200, { items: shown.map(show), nextCursor }, { link: `<${listed.path}?${next}>; rel="next"` })
}

function filterOf(listed: Listed): string {
  const filter = Object.entries(listed.query).filter(([name]) => name !== "limit" && name !== "cursor")
  const text = JSON.stringify([listed.path, filter.map(([name, value]) => [name, String(value)]).toSorted()])
  return createHash("sha256").update(text).digest("base64url").slice(0, 12)
}

function isKey(value: unknown): value is Key {
  if (typeof value === "string") return !value.includes("\0")
  return value === null || (typeof value === "number" && Number.isFinite(value))
}
