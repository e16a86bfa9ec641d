import { Writer } from "./writer.ts"

/** Parameters in PostgreSQL's binary formats: each its length and its bytes, as in a row of COPY. */
export class Params {
  readonly out = new Writer()
  count = 0

  add(type: ColumnType, value: unknown): void {
    this.count++
    field(this.out, encoders[type], value)
  }

  /** One array of these values, of which some may be null. */
  addArray(type: keyof typeof elementOids, values: readonly unknown[]): void {
    this.count++
    array(this.out, elementOids[type], values, encoders[type])
  }

  /** The message that binds them to a prepared statement, with its rows to be answered as text. */
  bind(statement: string): Buffer {
    const message = new Writer(this.out.length + statement.length + 32)
    message.byte(bindCode)
    message.int32(0)
    message.byte(0) // of the unnamed portal
    message.utf8(statement)
    message.byte(0)
    message.int16(1)
    message.int16(1) // all of them binary
    message.int16(this.count)
    message.bytes(this.out.slice(0, this.out.length))
    message.int16(0)
    return message.framed()
  }
}

const bindCode = 0x42

export type ColumnType = keyof typeof encoders

export type Encoder = (out: Writer, value: unknown) => void

/** How a value that is not null goes over the wire: its length in bytes, then itself. A wrong type fails the statement. */
export const encoders = {
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
    out.int64(whole((value as Date).getTime() - millisecondsTo2000, 2 ** 53), 1_000)
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
  texts: (out: Writer, value: unknown) => array(out, elementOids.text, value as readonly unknown[], text),
  uuids: (out: Writer, value: unknown) => array(out, elementOids.uuid, value as readonly unknown[], uuid),
}

/** A value of a row or a parameter, which may be null. */
export function field(out: Writer, encode: Encoder, value: unknown): void {
  if (isNull(value)) out.int32(-1)
  else encode(out, value)
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
/** pg_type.dat of PostgreSQL 18. */
const elementOids = { bigint: 20, json: 114, text: 25, timestamptz: 1184, uuid: 2950 } as const

function uuid(out: Writer, value: unknown): void {
  out.int32(16)
  out.uuid(String(value))
}

function text(out: Writer, value: unknown): void {
  out.sized(() => out.utf8(String(value)))
}

/** One dimension. */
function array(out: Writer, elementOid: number, values: readonly unknown[], element: Encoder): void {
  out.sized(() => {
    out.int32(values.length > 0 ? 1 : 0)
    out.int32(values.some(isNull) ? 1 : 0)
    out.int32(elementOid)
    if (values.length === 0) return
    out.int32(values.length)
    out.int32(1)
    for (const value of values) field(out, element, value)
  })
}

function isNull(value: unknown): boolean {
  return value === null || value === undefined
}
