import { partsMax } from "./limits.ts"

const lf = 0x0a
const dashes = Buffer.from("--")
const dash = 0x2d
const headBytesMax = 64_000

/** One part of a mail as it stands in its bytes; a mail without parts is one. */
export type RawPart = {
  at: number
  /** Behind the empty line that ends the part's header. */
  bodyAt: number
  /** Where the boundary line below it begins. */
  end: number
  /** Behind that line. */
  next: number
  head: string
  /** What stands behind the last part of a multipart, and belongs to nobody. */
  isEpilogue: boolean
}

/** The parts of a mail in their order, and one beyond `partsMax`, by a reader that only looks for boundaries. Linear in the size of the mail. */
export function partsOf(raw: Buffer): RawPart[] {
  const boundaries = new Set<string>()
  const parts: RawPart[] = []
  let isEpilogue = false
  for (let at = 0; at < raw.length && parts.length <= partsMax; ) {
    const known = boundaries.size
    const first = nextBoundary(raw, at, boundaries)
    const bodyAt = headEnd(raw, at, first.at)
    const head = raw.toString("latin1", at, Math.min(bodyAt, at + headBytesMax))
    for (const found of head.matchAll(/boundary\s*=\s*(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))/gi)) {
      boundaries.add(found[1] ?? found[2] ?? "")
    }
    const { at: end, isLast } = boundaries.size === known ? first : nextBoundary(raw, bodyAt, boundaries)
    const next = end < raw.length ? lineEnd(raw, end) : end
    parts.push({ at, bodyAt, end, next, head, isEpilogue })
    isEpilogue = isLast
    at = next
  }
  return parts
}

/** RFC 2045 5.2: without a word it is plain text. */
export function typeOfPart({ head }: RawPart): string {
  return /^content-type\s*:\s*([^\s;]+)/im.exec(head)?.[1]?.toLowerCase() ?? "text/plain"
}

/** Behind the empty line that ends a header, or where the next boundary ends it; an empty first line is a part without one. */
function headEnd(raw: Buffer, from: number, before: number): number {
  for (let at = from; at < before; ) {
    const end = lineEnd(raw, at)
    if (end - at <= 2 && raw.toString("latin1", at, end).trim() === "") return end
    at = end
  }
  return before
}

/** Where the next boundary line begins, and whether it is one that ends its multipart. */
function nextBoundary(raw: Buffer, from: number, boundaries: ReadonlySet<string>): { at: number; isLast: boolean } {
  if (boundaries.size === 0) return { at: raw.length, isLast: false }
  for (let at = raw.indexOf(dashes, from); at >= 0; at = raw.indexOf(dashes, at + 1)) {
    if (at > 0 && raw[at - 1] !== lf) continue
    const line = raw.toString("latin1", at + 2, Math.min(lineEnd(raw, at), at + 300)).trimEnd()
    if (boundaries.has(line)) return { at, isLast: false }
    if (line.endsWith("--") && boundaries.has(line.slice(0, -2))) return { at, isLast: true }
    while (raw[at + 1] === dash) at++
  }
  return { at: raw.length, isLast: false }
}

function lineEnd(raw: Buffer, from: number): number {
  const at = raw.indexOf(lf, from)
  return at < 0 ? raw.length : at + 1
}
