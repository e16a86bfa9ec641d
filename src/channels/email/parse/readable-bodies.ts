import { isAscii, isUtf8 } from "node:buffer"
import { charsetOf } from "./charset.ts"
import { charsetsNamedIn, tryDecoder } from "./header-charset.ts"
import { bodyBytesMax, filesMax, partsMax } from "./limits.ts"
import { partsOf, type RawPart, typeOfPart } from "./parts.ts"
import { takeUuencoded, type UuencodedFile } from "./uuencode.ts"

/**
 * Text parts as the parser needs them: in a character set that is named rightly, and without the files that old senders
 * write into them, of which `filesMost` are taken. What the sender said right stays as it is, to the byte.
 */
export function withReadableBodies(
  raw: Buffer,
  parts = partsOf(raw),
  filesMost = filesMax,
): { bytes: Buffer; files: UuencodedFile[] } {
  const kept: Buffer[] = []
  const files: UuencodedFile[] = []
  let keptTo = 0
  let isDigest = false
  const named = charsetsNamedIn(raw)
  for (const part of parts.slice(0, partsMax)) {
    isDigest ||= /multipart\/digest/i.test(part.head)
    if (part.isEpilogue || !isShownText(part, isDigest)) continue
    const read = readPart(raw, part, named, filesMost - files.length)
    if (!read) continue
    files.push(...read.files)
    kept.push(raw.subarray(keptTo, part.at), Buffer.from(read.fields, "latin1"), raw.subarray(part.at, part.bodyAt))
    kept.push(read.body)
    keptTo = part.end
  }
  return kept.length === 0 ? { bytes: raw, files } : { bytes: Buffer.concat([...kept, raw.subarray(keptTo)]), files }
}

/** As the parser judges it: a part of a digest that names no type is a mail (RFC 2046 5.1.5). */
function isShownText(part: RawPart, isDigest: boolean): boolean {
  if (isDigest && !/^content-type\s*:/im.test(part.head)) return false
  return /^text\/(plain|html)$/.test(typeOfPart(part)) && !/^content-disposition\s*:\s*attachment/im.test(part.head)
}

type ReadPart = { fields: string; body: Buffer; files: UuencodedFile[] }

/** The part with fields of its own above its header, of which the parser takes the first; null where nothing is to be changed. */
function readPart(raw: Buffer, part: RawPart, named: readonly string[], filesLeft: number): ReadPart | null {
  const encoded = raw.subarray(part.bodyAt, part.end)
  const content = decodedBody(encoded, part.head)
  const isHtml = typeOfPart(part) === "text/html"
  // Of a long body the parser will see the beginning only; a file in it would have no end.
  const isWhole = content === encoded || encoded.length <= bodyBytesMax
  const { text, files } =
    isHtml || !isWhole || filesLeft === 0 ? { text: content, files: [] } : takeUuencoded(content, filesLeft)
  const type = contentTypeOf(part.head)
  const meta = isHtml ? metaCharset(text) : null
  const declared = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(type)?.[1] ?? null
  const charset = charsetOf(text.subarray(0, bodyBytesMax), {
    declared,
    named: meta === null ? named : [meta, ...named],
  })
  if (charset === null && files.length === 0) return null
  const changed = files.length > 0 && content !== encoded
  const withoutCharset = type.replace(/;\s*charset\*?\d*\*?\s*=\s*("[^"]*"|[^;\s]*)/gi, "")
  return {
    fields: [
      ...(charset === null ? [] : [`Content-Type: ${withoutCharset}; charset="${charset}"\r\n`]),
      ...(changed ? ["Content-Transfer-Encoding: base64\r\n"] : []),
    ].join(""),
    body: changed ? Buffer.from(`${text.toString("base64")}\r\n`) : files.length > 0 ? text : encoded,
    files: files.map((file) => ({ ...file, name: nameIn(charset ?? declared, file.name) })),
  }
}

/** The name of a file in a text is in its letters, if it is not in UTF-8. */
function nameIn(charset: string | null, name: string): string {
  const bytes = Buffer.from(name, "latin1")
  const decoder = isUtf8(bytes) ? null : tryDecoder(charset ?? "windows-1252")
  return decoder ? decoder.decode(bytes) : bytes.toString()
}

/** The body without its transfer encoding (RFC 2045 6), as far as the parser will see it; the body itself where it has none. */
function decodedBody(body: Buffer, head: string): Buffer {
  const encoding = /^content-transfer-encoding\s*:\s*([^\r\n;]*)/im.exec(head)?.[1] ?? ""
  const isBase64 = /base64/i.test(encoding)
  if (!isBase64 && !/quoted-printable/i.test(encoding)) return body
  const letters = body.toString("latin1", 0, bodyBytesMax)
  if (isBase64) return Buffer.from(letters, "base64")
  const decoded = letters
    .replace(/=[ \t]*\r?\n/g, "")
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(decoded, "latin1")
}

/** On one line, as it stands; what a part without one is. */
function contentTypeOf(head: string): string {
  const value = /^content-type[ \t]*:(.*(?:\r?\n[ \t].*)*)/im.exec(head)?.[1] ?? ""
  return value.replace(/\s+/g, " ").trim() || "text/plain"
}

const metaWithinBytes = 4_096

/** HTML 4.2.5.4: what a document says of itself stands in its first bytes. */
function metaCharset(html: Buffer): string | null {
  if (isAscii(html)) return null
  const head = html.toString("latin1", 0, metaWithinBytes)
  return /<meta\s[^<>]{0,300}?charset\s*=\s*["']?\s*([\w.:-]{2,40})/i.exec(head)?.[1] ?? null
}
