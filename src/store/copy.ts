/** Rows for one COPY in PostgreSQL's binary format (PostgreSQL 18, COPY, Binary Format). */
export class Copy {
  /** The statement. */
  readonly text: string
  readonly #rows: Writer
  readonly #trailer = 0xffff
  #count = 0

  constructor(text: string) {
    this.text = text
    this.#rows = new Writer()
    // First the frame of a CopyData message, whose length is told at the end; then signature, flags, no extension.
    this.#rows.byte(copyDataCode)
    this.#rows.int32(0)
    this.#rows.bytes(signature)
    this.#rows.int32(0)
    this.#rows.int32(0)
  }

  get count(): number {
    return this.#count
  }

  add<Row extends object>({ columns }: CopyTable<Row>, orgId: string, rows: readonly Row[]): void {
    const out = this.#rows
    for (const row of rows) {
      out.int16(columns.length + 1)
      uuid(out, orgId)
      for (const { key, encode } of columns) {
        const value = row[key]
        if (value === null || value === undefined) out.int32(-1)
        else encode(out, value)
      }
    }
    this.#count += rows.length
  }

  /** One CopyData message with everything. To be asked once. */
  message(): Buffer {
    this.#rows.int16(this.#trailer)
    return this.#rows.framed()
  }
}

const copyDataCode = 0x64
const signature = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1")

/** A table that rows are copied into. Columns that are not named take their default. */
export type CopyTable<Row> = {
  text: string
  columns: readonly { key: keyof Row & string; encode: (out: Writer, value: unknown) => void }[]
}

/** `types` by the row's keys in camelCase; each is a column in snake_case, beside `org_id`, which comes first. */
export function copyTable<Row>(
  name: string,
  types: { readonly [Key in keyof Row & string]?: ColumnType },
): CopyTable<Row> {
  const keys = Object.keys(types) as (keyof Row & string)[]
  const names = keys.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
  return {
    text: `COPY ${name} (org_id, ${names.join(", ")}) FROM STDIN (FORMAT binary)`,
    columns: keys.map((key) => ({ key, encode: encoders[types[key] ?? "text"] })),
  }
}

export type ColumnType = keyof typeof encoders

/** How a value that is not null goes over the wire: its length in bytes, then itself. A wrong type fails the statement. */
const encoders = {
  uuid,
  text,
  boolean(out: Writer, value: unknown) {
    out.int32(1)
    out.byte(value === true ? 1 : 0)
  },
  smallint(out: Writer, value: unknown) {
    out.int32(2)
    out.int16(whole(value, 2 ** 15))
  },
  integer(out: Writer, value: unknown) {
    out.int32(4)
    out.int32(whole(value, 2 ** 31))
  },
  bigint(out: Writer, value: unknown) {
    out.int32(8)
    out.int64(whole(value, 2 ** 53))
  },
  /** Microseconds since 2000. */
  timestamptz(out: Writer, value: unknown) {
    out.int32(8)
    out.int64(whole(((value as Date).getTime() - millisecondsTo2000) * 1000, 2 ** 63))
  },
  /** A string is taken for JSON text. */
  json(out: Writer, value: unknown) {
    text(out, jsonText(value))
  },
  jsonb(out: Writer, value: unknown) {
    out.sized(() => {
      out.byte(1) // of its format
      out.utf8(jsonText(value))
    })
  },
  bytea(out: Writer, value: unknown) {
    const bytes = value as Buffer
    out.int32(bytes.length)
    out.bytes(bytes)
  },
  texts: (out: Writer, value: unknown) => array(out, textOid, value as readonly string[], text),
  uuids: (out: Writer, value: unknown) => array(out, uuidOid, value as readonly string[], uuid),
}

/** What does not fit would go over as another number. */
function whole(value: unknown, limit: number): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < -limit || number >= limit)
    throw new RangeError(`not a number of this column: ${String(value)}`)
  return number
}

/**
 * With what no text of PostgreSQL holds, NUL and half a surrogate pair, replaced: a `json` column takes them in, and then
 * whoever reads any field of that row fails.
 */
function jsonText(value: unknown): string {
  const json = typeof value === "string" ? value : JSON.stringify(value)
  if (!json.includes("\\u")) return json
  return json.replace(escapes, (found) => (found.length === unreadableLength ? "\\ufffd" : found))
}

/** A pair, half a pair or NUL, or any other. */
const escapes = /\\(?:ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|u0000|ud[89a-f][0-9a-f]{2}|.)/gi
const unreadableLength = 6

const millisecondsTo2000 = Date.UTC(2000, 0, 1)
const textOid = 25
const uuidOid = 2950

function uuid(out: Writer, value: unknown): void {
  out.int32(16)
  out.uuid(String(value))
}

function text(out: Writer, value: unknown): void {
  out.sized(() => out.utf8(String(value)))
}

/** One dimension, no nulls. */
function array(
  out: Writer,
  elementOid: number,
  values: readonly string[],
  element: (out: Writer, value: string) => void,
): void {
  out.sized(() => {
    out.int32(values.length > 0 ? 1 : 0)
    out.int32(0)
    out.int32(elementOid)
    if (values.length === 0) return
    out.int32(values.length)
    out.int32(1)
    for (const value of values) element(out, value)
  })
}

const startSize = 4_096
/** Up to here a loop of ours is faster than the call into the runtime. */
const shortText = 32

/** Bytes that grow. Numbers are big-endian. */
export class Writer {
  #buffer = Buffer.allocUnsafe(startSize)
  #length = 0

  byte(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#length++] = value
  }

  int16(value: number): void {
    this.#reserve(2)
    this.#buffer[this.#length++] = value >> 8
    this.#buffer[this.#length++] = value
  }

  int32(value: number): void {
    this.#reserve(4)
    this.#put32(this.#length, value)
    this.#length += 4
  }

  /** Whole numbers up to 2^53. */
  int64(value: number): void {
    const high = Math.floor(value / 0x1_0000_0000)
    this.int32(high)
    this.int32(value - high * 0x1_0000_0000)
  }

  bytes(bytes: Buffer): void {
    this.#reserve(bytes.length)
    bytes.copy(this.#buffer, this.#length)
    this.#length += bytes.length
  }

  /** Of the usual 36 characters. */
  uuid(value: string): void {
    this.#reserve(16)
    const buffer = this.#buffer
    let at = this.#length
    let wrong = 0
    for (let n = 0; n < value.length; n += 2) {
      if (value.charCodeAt(n) === dash) n++
      const byte = ((nibbles[value.charCodeAt(n)] ?? noNibble) << 4) | (nibbles[value.charCodeAt(n + 1)] ?? noNibble)
      wrong |= byte
      buffer[at++] = byte
    }
    if (at !== this.#length + 16 || wrong > 0xff) throw new Error(`not a UUID: ${value}`)
    this.#length = at
  }

  utf8(value: string): void {
    this.#reserve(value.length * 3)
    const buffer = this.#buffer
    if (value.length <= shortText) {
      let at = this.#length
      for (let n = 0; n < value.length; n++) {
        const code = value.charCodeAt(n)
        if (code > 0x7f) {
          at = -1
          break
        }
        buffer[at++] = code
      }
      if (at >= 0) {
        this.#length = at
        return
      }
    }
    this.#length += buffer.write(value, this.#length, "utf8")
  }

  /** The length of what `write` writes, then that. */
  sized(write: () => void): void {
    const at = this.#length
    this.int32(0)
    write()
    this.#put32(at, this.#length - at - 4)
  }

  /** All of it as one message of the protocol: a byte and the length of what follows it. */
  framed(): Buffer {
    this.#put32(1, this.#length - 1)
    return this.#buffer.subarray(0, this.#length)
  }

  #put32(at: number, value: number): void {
    const buffer = this.#buffer
    buffer[at] = value >> 24
    buffer[at + 1] = value >> 16
    buffer[at + 2] = value >> 8
    buffer[at + 3] = value
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

const dash = 0x2d
/** More than a byte holds, in either half. */
const noNibble = 0x100
const nibbles = new Uint16Array(128).fill(noNibble)
for (const [value, digit] of [..."0123456789abcdef"].entries()) {
  nibbles[digit.charCodeAt(0)] = value
  nibbles[digit.toUpperCase().charCodeAt(0)] = value
}
