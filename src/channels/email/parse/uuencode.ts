/** The name in one letter for each byte: it is in the character set of its text. */
export type UuencodedFile = { name: string; content: Buffer }

const lf = 0x0a
const headLengthMax = 300
/** Of lines that look like the beginning of a file, how many are looked behind. */
const triesMax = 10_000
/** The length of a line is one letter: 0 to 63 bytes. */
const lineLengthMax = 90

/**
 * Files that stand in a text between `begin 644 name` and `end` (POSIX uuencode), taken out of it. Only what is whole to
 * the letter is a file: all else stays text. Linear in the size of the text.
 */
export function takeUuencoded(text: Buffer, filesMax: number): { text: Buffer; files: UuencodedFile[] } {
  const files: UuencodedFile[] = []
  const kept: Buffer[] = []
  let keptTo = 0
  let tries = 0
  for (let at = nextBegin(text, 0); at >= 0 && files.length < filesMax && ++tries <= triesMax; ) {
    const found = fileAt(text, at)
    if (found.file) {
      files.push(found.file)
      kept.push(text.subarray(keptTo, at))
      keptTo = found.next
    }
    at = nextBegin(text, found.next)
  }
  return files.length === 0 ? { text, files } : { text: Buffer.concat([...kept, text.subarray(keptTo)]), files }
}

/** Where a line begins with `begin `. */
function nextBegin(text: Buffer, from: number): number {
  for (let at = text.indexOf("begin ", from); at >= 0; at = text.indexOf("begin ", at + 1)) {
    if (at === 0 || text[at - 1] === lf) return at
  }
  return -1
}

/** The file that begins here, or null; and from where on to look for the next. */
function fileAt(text: Buffer, from: number): { file: UuencodedFile | null; next: number } {
  const [head, first] = lineAt(text, from, headLengthMax)
  const name = /^begin [0-7]{3,4} (\S.*)$/.exec(head)?.[1]
  if (name === undefined) return { file: null, next: first }
  const lines: Buffer[] = []
  let isPadded = false
  let hasAccents = false
  for (let at = first; at < text.length; ) {
    const [line, next] = lineAt(text, at, lineLengthMax)
    const isEnd = line === "end"
    if (isEnd && lines.length === 0) return { file: null, next }
    if (isEnd) return { file: { name, content: Buffer.concat(lines) }, next }
    const decoded = bytesOfLine(line)
    isPadded ||= decoded?.isPadded ?? false
    hasAccents ||= line.includes("`")
    // The line that is none may be the beginning of another file. Who writes zeros as accents has lost no spaces.
    if (decoded === null || (isPadded && hasAccents)) return { file: null, next: at }
    lines.push(decoded.bytes)
    at = next
  }
  return { file: null, next: text.length }
}

/** Without its end, and where the next one begins; longer than `lengthMax` it is cut, and will be nothing. */
function lineAt(text: Buffer, at: number, lengthMax: number): [string, number] {
  const end = text.indexOf(lf, at)
  const next = end < 0 ? text.length : end + 1
  return [text.toString("latin1", at, Math.min(next, at + lengthMax)).replace(/\r?\n?$/, ""), next]
}

/** The bytes of one line, none at the end of the file; null for what is no such line. */
function bytesOfLine(line: string): { bytes: Buffer; isPadded: boolean } | null {
  if (line.trim() === "" || line === "`") return { bytes: Buffer.alloc(0), isPadded: false }
  if (!/^[\x20-\x60]*$/.test(line)) return null
  const length = sixBits(line, 0)
  const lettersMin = Math.ceil((length * 8) / 6)
  // Zeros as spaces get lost on the way where they end a line; one letter more is a checksum.
  const letters = line.slice(1).padEnd(lettersMin, " ")
  if (length === 0 || letters.length > Math.ceil(length / 3) * 4 + 1) return null
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; at++) {
    const letter = Math.floor((at * 8) / 6)
    const pair = (sixBits(letters, letter) << 6) | sixBits(letters, letter + 1)
    bytes[at] = (pair >> (4 - ((at * 2) % 6))) & 0xff
  }
  return { bytes, isPadded: letters.length >= line.length }
}

function sixBits(letters: string, at: number): number {
  return at < letters.length ? (letters.charCodeAt(at) - 0x20) & 0x3f : 0
}
