import { bodyBytesMax } from "./limits.ts"

const partsMax = 1_000
const lf = 0x0a
const dash = 0x2d

/**
 * Takes out of a mail what the parser would be slow on and nobody reads: what is above 1 MB of one text body, and all
 * after the thousandth part. Files stay whole. Linear in the size of the mail.
 */
export function cutLongBodies(raw: Buffer): { bytes: Buffer; truncated: boolean } {
  if (raw.length <= bodyBytesMax && raw.length / 4 < partsMax) return { bytes: raw, truncated: false }
  const boundaries = new Set<string>()
  const kept: Buffer[] = []
  let truncated = false
  let parts = 0
  let at = 0
  while (at < raw.length) {
    const bodyAt = headEnd(raw, at)
    const head = raw.toString("latin1", at, Math.min(bodyAt, at + 64_000))
    for (const found of head.matchAll(/boundary\s*=\s*(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))/gi)) {
      boundaries.add(found[1] ?? found[2] ?? "")
    }
    const next = nextBoundary(raw, bodyAt, boundaries)
    const long = next - bodyAt > bodyBytesMax && isText(head)
    truncated ||= long
    kept.push(raw.subarray(at, long ? bodyAt + bodyBytesMax : next))
    if (long) kept.push(Buffer.from("\r\n"))
    at = next
    if (++parts === partsMax && at < raw.length) return { bytes: Buffer.concat(kept), truncated: true }
    // The boundary line belongs to the part that it opens; its header begins behind it.
    if (at < raw.length) {
      const line = lineEnd(raw, at)
      kept.push(raw.subarray(at, line))
      at = line
    }
  }
  return truncated ? { bytes: Buffer.concat(kept), truncated } : { bytes: raw, truncated }
}

function isText(head: string): boolean {
  const type = /^content-type\s*:\s*([^\s;]+)/im.exec(head)?.[1]?.toLowerCase() ?? "text/plain"
  const isFile = /^content-disposition\s*:\s*attachment/im.test(head) || /\b(file)?name\*?\d*\*?\s*=/i.test(head)
  return type.startsWith("text/") && !isFile
}

/** Behind the empty line that ends a header; an empty first line is a part without one. */
function headEnd(raw: Buffer, from: number): number {
  for (let at = from; at < raw.length; ) {
    const end = lineEnd(raw, at)
    if (end - at <= 2 && raw.toString("latin1", at, end).trim() === "") return end
    at = end
  }
  return raw.length
}

function nextBoundary(raw: Buffer, from: number, boundaries: ReadonlySet<string>): number {
  if (boundaries.size === 0) return raw.length
  for (let at = raw.indexOf("--", from); at >= 0; at = raw.indexOf("--", at + 1)) {
    if (at > 0 && raw[at - 1] !== lf) continue
    const line = raw.toString("latin1", at + 2, Math.min(lineEnd(raw, at), at + 300)).trimEnd()
    if (boundaries.has(line) || (line.endsWith("--") && boundaries.has(line.slice(0, -2)))) return at
    while (raw[at + 1] === dash) at++
  }
  return raw.length
}

function lineEnd(raw: Buffer, from: number): number {
  const at = raw.indexOf(lf, from)
  return at < 0 ? raw.length : at + 1
}
