import { isAscii, isUtf8 } from "node:buffer"
import { analyse } from "chardet"

const sampleBytesMax = 64_000
const tags = /<[^<>]{0,2000}>/g
/** Of what is not ASCII, how much may be broken in a text that is taken for damaged, not for another character set. */
const damagedShareMax = 0.1
/** In Western text letters with marks stand among plain ones. */
const markedShareMax = 0.4
const ownScriptShareMin = 0.95
/** A few marked letters of Polish among plain ones are Chinese characters in Big5. */
const characterShareMin = 0.2
const rareShareMax = 0.2

/** What the detector must at least say (0 to 100), how far the next reading that makes sense must stay behind, and of how many letters beyond ASCII. */
const sureOfCharacters = { confidence: 80, lead: 10, letters: 10, distinct: 8 }
const sureOfAlphabet = { confidence: 20, lead: 10, letters: 12, distinct: 1 }
const sureOfLatin = { confidence: 50, lead: 15, letters: 3, distinct: 2 }

export type CharsetHints = {
  /** The charset of the part's Content-Type, or null. */
  declared: string | null
  /** What the document says of itself, and what other parts and the header of the same mail are in; the nearest first. */
  named: readonly string[]
}

/**
 * The character set to read a text in where what its part declares cannot be right, or null: as declared. Valid UTF-8
 * is UTF-8, whatever a set of 256 letters would make of it; nothing is said where the guess is not sure.
 */
export function charsetOf(content: Uint8Array, { declared, named }: CharsetHints): string | null {
  if (isAscii(content) || /^\s*"?utf-?(16|32)/i.test(declared ?? "")) return null
  const said = decoderOf(declared ?? "utf-8")
  if (isUtf8(content)) return said?.encoding === "utf-8" || (said && isReadable(content, said)) ? null : "utf-8"
  const sample = tellingLines(content)
  if (said && !isAsciiLabel(declared) && bearsOut(sample, said)) return null
  for (const label of named) {
    const decoder = decoderOf(label)
    if (decoder && decoder.encoding !== "utf-8" && readAs(sample, decoder.encoding) !== null) return decoder.encoding
  }
  return guess(sample)
}

/** A decoder that throws at what is no text of its own; null for a label that nobody knows, and for UTF-16. */
function decoderOf(label: string): TextDecoder | null {
  try {
    const decoder = new TextDecoder(label.trim(), { fatal: true })
    return decoder.encoding.startsWith("utf-16") ? null : decoder
  } catch {
    return null
  }
}

/** TextDecoder has them for Windows-1252, which is a guess as well. */
function isAsciiLabel(label: string | null): boolean {
  return /^\s*(us-)?ascii\s*$|^\s*(ansi_x3|iso_?646)/i.test(label ?? "")
}

/** Bytes that are UTF-8 by chance: two letters of GBK can be. Sets of one byte a letter read everything, and prove nothing. */
function isReadable(content: Uint8Array, decoder: TextDecoder): boolean {
  return ofTwoBytes.test(decoder.encoding) && decode(content, decoder) !== null
}

const ofTwoBytes = /^(big5|gbk|gb18030|shift_jis|euc-jp|euc-kr)$/

/** Only the lines that hold anything beyond ASCII, whole, and without tags. */
function tellingLines(content: Uint8Array): Buffer {
  const lines: string[] = []
  let bytes = 0
  for (const line of Buffer.from(content).toString("latin1").split("\n")) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is what is looked for
    if (/^[\x00-\x7f]*$/.test(line)) continue
    const told = line.replace(tags, " ")
    if (bytes > 0 && bytes + told.length > sampleBytesMax) break
    lines.push(told)
    bytes += told.length
  }
  return Buffer.from(lines.join("\n"), "latin1").subarray(0, 4 * sampleBytesMax)
}

/** Whether the declared set makes text of it; a letter that was cut in half makes it no other set. */
function bearsOut(sample: Buffer, { encoding }: TextDecoder): boolean {
  const text = new TextDecoder(encoding).decode(sample)
  const beyond = text.match(/\P{ASCII}/gu)?.length ?? 0
  const broken = text.match(/\ufffd/g)?.length ?? 0
  return broken <= beyond * damagedShareMax && (encoding !== "windows-1252" || isLatin(text))
}

type Reading = { encoding: string; confidence: number; text: string }

function guess(sample: Buffer): string | null {
  const readings = analyse(sample)
    .flatMap(({ name, confidence }) => (readers[name] ?? [name]).map((label) => ({ label, confidence })))
    .flatMap(({ label, confidence }): Reading[] => {
      const encoding = decoderOf(label)?.encoding
      const text = encoding === undefined || encoding === "utf-8" ? null : readAs(sample, encoding)
      const isLikely = encoding !== undefined && text !== null && isSpoken({ text, encoding }, sample)
      return isLikely ? [{ encoding, confidence, text }] : []
    })
  const [first] = readings
  if (!first) return null
  const sure = ofTwoBytes.test(first.encoding)
    ? sureOfCharacters
    : scriptOf(first.encoding)
      ? sureOfAlphabet
      : sureOfLatin
  const letters = first.text.match(lettersBeyondAscii) ?? []
  const next = readings.find(({ text }) => text !== first.text)
  return first.confidence >= sure.confidence &&
    first.confidence - (next?.confidence ?? 0) >= sure.lead &&
    letters.length >= sure.letters &&
    new Set(letters).size >= sure.distinct &&
    !isShouted(letters)
    ? first.encoding
    : null
}

/** Where the detector names one of two sets that share most letters, both are readings; KOI8-U is KOI8-R with more letters. */
const readers: Readonly<Record<string, readonly string[]>> = {
  "KOI8-R": ["koi8-u"],
  "ISO-8859-2": ["iso-8859-2", "windows-1250"],
  "ISO-8859-7": ["iso-8859-7", "windows-1253"],
}

/** KOI8 and Windows-1251 have capitals where the other has small letters: a text all in capitals may be either. */
function isShouted(letters: readonly string[]): boolean {
  return letters.filter((letter) => /\p{Lu}/u.test(letter)).length > letters.length / 2
}

/** The text, where every byte has a meaning and nearly all letters are of the script that the set is made for. */
function readAs(sample: Buffer, encoding: string): string | null {
  const text = decode(sample, new TextDecoder(encoding, { fatal: true }))
  if (text === null || /[\u0080-\u009f\p{Co}]/u.test(text)) return null
  if (!ofTwoBytes.test(encoding) && misread.test(text)) return null
  const script = scriptOf(encoding)
  if (!script) return isLatin(text) ? text : null
  const letters = text.match(lettersBeyondAscii) ?? []
  const own = letters.filter((letter) => script.test(letter)).length
  if (own === 0 || own < letters.length * ownScriptShareMin) return null
  return !ofTwoBytes.test(encoding) || own > plainLetters(text) * characterShareMin ? text : null
}

/**
 * What stands in no text of a human: signs that are neither letter, number nor what typographers use; a capital behind a
 * small letter of a script beyond Latin; letters of Hebrew and Greek that end a word, inside of one, and those that do not, at its end.
 */
const misread = new RegExp(
  [
    String.raw`(?!\p{ASCII})[^\p{L}\p{M}\u00a0\u00a1\u00a3\u00a7\u00a9\u00ab\u00ae\u00b0\u00b7\u00ba\u00aa\u00bb\u00bf\u060c\u061b\u061f\u0640\u05be\u0e3f\u0e50-\u0e59\u200c-\u200f\u2013\u2014\u2018-\u201e\u2020\u2022\u2026\u2030\u20ac\u2116\u2122]`,
    String.raw`(?![\p{ASCII}\p{sc=Latn}])\p{Ll}(?!\p{ASCII})\p{Lu}`,
    String.raw`[\u05da\u05dd\u05df\u05e3\u05e5][\u200e\u200f]?\p{sc=Hebr}`,
    String.raw`\u03c2\p{sc=Grek}|\p{sc=Grek}\u03c3(?!\p{L})|(?<!\p{L})\u2019\p{sc=Grek}`,
    // Turkish, in which the letters of Icelandic are others.
    String.raw`^(?=[^]*[\u00e7\u00fc])(?=[^]*[\u00f0\u00fd\u00fe])`,
    String.raw`\p{sc=Latn}[\u00aa\u00ba\u00a3\u00a7\u00a9\u00ae\u00a1\u00bf]\p{sc=Latn}`,
  ].join("|"),
  "u",
)

const lettersBeyondAscii = /(?!\p{ASCII})[\p{L}\p{M}]/gu

const scripts: readonly [RegExp, RegExp][] = [
  [/^(big5|gbk|gb18030)$/, /\p{sc=Han}/u],
  // Half-width katakana are what the bytes of others look like in Shift_JIS.
  [/^(shift_jis|euc-jp|iso-2022-jp)$/, /(?![\uff61-\uff9f])[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\u30fc]/u],
  [/^euc-kr$/, /\p{sc=Hang}/u],
  [/^(koi8-[ru]|windows-1251|iso-8859-5|ibm866|x-mac-cyrillic)$/, /\p{sc=Cyrl}/u],
  [/^(windows-1253|iso-8859-7)$/, /\p{sc=Grek}/u],
  [/^(windows-1255|iso-8859-8(-i)?)$/, /\p{sc=Hebr}/u],
  [/^(windows-1256|iso-8859-6)$/, /[\p{sc=Arab}\u064b-\u0652]/u],
  [/^windows-874$/, /\p{sc=Thai}/u],
]

function scriptOf(encoding: string): RegExp | undefined {
  return scripts.find(([encodings]) => encodings.test(encoding))?.[1]
}

/**
 * No sentence of Japanese is without kana; Chinese read as Japanese is. Both Chinese sets hold the characters of daily use
 * before the rare ones: read as the other one, a text is full of those.
 */
function isSpoken({ text, encoding }: Pick<Reading, "text" | "encoding">, sample: Buffer): boolean {
  if (/^(shift_jis|euc-jp)$/.test(encoding)) return /[\p{sc=Hira}\p{sc=Kana}]/u.test(text)
  if (!/^(big5|gb18030)$/.test(encoding)) return true
  const pairs = sample.toString("latin1").match(/[\x81-\xfe][\x40-\xfe]/g) ?? []
  const rare = pairs.filter((pair) =>
    encoding === "big5" ? pair >= "\xc9" : pair >= "\xd8" || (pair[1] ?? "") < "\xa1",
  )
  return rare.length <= pairs.length * rareShareMax
}

function isLatin(text: string): boolean {
  const marked = text.match(lettersBeyondAscii) ?? []
  return (
    marked.every((letter) => /[\p{sc=Latn}\p{M}\u00aa\u00ba\u00b5]/u.test(letter)) &&
    marked.length <= (marked.length + plainLetters(text)) * markedShareMax
  )
}

function plainLetters(text: string): number {
  return text.match(/[a-z]/gi)?.length ?? 0
}

function decode(content: Uint8Array, decoder: TextDecoder): string | null {
  try {
    return decoder.decode(content)
  } catch {
    return null
  }
}
