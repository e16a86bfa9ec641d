import { isUtf8 } from "node:buffer"

const lookedAtBytesMax = 256_000

/**
 * Headers with bare letters beyond ASCII (RFC 6532 allows UTF-8; old senders write what their bodies are in): lines that
 * are no UTF-8 are read in the first character set that the mail names, and given to the parser as UTF-8.
 */
export function withReadableHeader(raw: Buffer): Buffer {
  const head = raw.subarray(0, lookedAtBytesMax)
  const end = head.indexOf("\r\n\r\n")
  if (end < 0 || isUtf8(head.subarray(0, end))) return raw
  const decoder = decoderOf(head)
  const lines: Buffer[] = []
  for (let at = 0; at < end; ) {
    const next = head.indexOf("\n", at) + 1
    const line = head.subarray(at, next)
    lines.push(isUtf8(line) ? line : Buffer.from(decoder.decode(line)))
    at = next
  }
  return Buffer.concat([...lines, raw.subarray(end + 2)])
}

function decoderOf(head: Buffer): TextDecoder {
  for (const charset of charsetsNamedIn(head)) {
    const decoder = tryDecoder(charset)
    if (decoder && decoder.encoding !== "utf-8") return decoder
  }
  return new TextDecoder("windows-1252")
}

const namesMax = 10

/** The character sets that parts and encoded words (RFC 2047) of a mail name, in the order in which they stand, each once. */
export function charsetsNamedIn(raw: Buffer): string[] {
  const named = new Set<string>()
  const text = raw.toString("latin1", 0, lookedAtBytesMax)
  for (const found of text.matchAll(/\bcharset\s?=\s?["']?([\w.:-]{2,40})|=\?([\w.:-]{2,40})(?:\*\w*)?\?[bq]\?/gi)) {
    named.add((found[1] ?? found[2] ?? "").toLowerCase())
    if (named.size === namesMax) break
  }
  return [...named]
}

export function tryDecoder(charset: string): TextDecoder | null {
  try {
    return new TextDecoder(charset)
  } catch {
    return null
  }
}
