import { bodyBytesMax, partsMax } from "./limits.ts"
import { partsOf, type RawPart, typeOfPart } from "./parts.ts"

/**
 * Takes out of a mail what the parser would be slow on and nobody reads: what is above 1 MB of one text body, and all
 * after the thousandth part. Files stay whole. Linear in the size of the mail.
 */
export function cutLongBodies(raw: Buffer, parts = partsOf(raw)): { bytes: Buffer; truncated: boolean } {
  if (raw.length <= bodyBytesMax && raw.length / 4 < partsMax) return { bytes: raw, truncated: false }
  const kept: Buffer[] = []
  let truncated = false
  for (const [index, part] of parts.entries()) {
    const { at, bodyAt, end, next } = part
    const long = end - bodyAt > bodyBytesMax && isText(part)
    truncated ||= long
    kept.push(raw.subarray(at, long ? bodyAt + bodyBytesMax : end))
    if (long) kept.push(Buffer.from("\r\n"))
    if (index + 1 === partsMax && end < raw.length) return { bytes: Buffer.concat(kept), truncated: true }
    // The boundary line belongs to the part that it opens; its header begins behind it.
    kept.push(raw.subarray(end, next))
  }
  return truncated ? { bytes: Buffer.concat(kept), truncated } : { bytes: raw, truncated }
}

function isText(part: RawPart): boolean {
  const isFile =
    /^content-disposition\s*:\s*attachment/im.test(part.head) || /\b(file)?name\*?\d*\*?\s*=/i.test(part.head)
  return typeOfPart(part).startsWith("text/") && !isFile
}
