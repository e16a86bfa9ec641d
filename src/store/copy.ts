import type { Statement } from "./burst.ts"
import { Writer } from "./writer.ts"

/**
 * Few rows cost less as INSERT: each COPY of a burst is answered by itself, before its rows are read. One statement for
 * each number of rows is prepared.
 */
const insertedMax = 6

/** Rows for one COPY in PostgreSQL's binary format (PostgreSQL 18, COPY, Binary Format), or for one INSERT. */
export class Copy {
  /** The statement. */
  readonly text: string
  readonly #table: CopyTable<never>
  readonly #rows = new Writer()
  /** Where each begins, as far as they may be inserted. */
  readonly #starts: number[] = []
  readonly #trailer = 0xffff
  #count = 0

  constructor(table: CopyTable<never>) {
    this.#table = table
    this.text = table.text
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
      if (this.#starts.length < insertedMax) this.#starts.push(out.length)
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

  /** The same as a statement with binary parameters; null where they are too many for that. */
  asInsert(): Statement | null {
    const count = this.#count
    if (count === 0 || count > insertedMax) return null
    const binary = new Params()
    for (const [n, start] of this.#starts.entries())
      binary.out.bytes(this.#rows.slice(start + fieldCountBytes, this.#starts[n + 1] ?? this.#rows.length))
    binary.count = count * (this.#table.columns.length + 1)
    return { sql: this.#table.insertText(count), parameters: [], binary, quiet: true }
  }

  /** One CopyData message with everything. To be asked once. */
  message(): Buffer {
    this.#rows.int16(this.#trailer)
    return this.#rows.framed()
  }
}

const fieldCountBytes = 2

/** Parameters in PostgreSQL's binary formats: each its length and its bytes, as in a row of COPY. */
export class Params {
  readonly out = new Writer()
  count = 0

  add(type: ColumnType, value: unknown): void {
    this.count++
    if (value === null || value === undefined) this.out.int32(-1)
    else encoders[type](this.out, value)
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
const copyDataCode = 0x64
const signature = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1")

/** A table that rows are copied into. Columns that are not named take their default. */
export type CopyTable<Row> = {
  text: string
  insertText(rows: number): string
  columns: readonly { key: keyof Row & string; encode: (out: Writer, value: unknown) => void }[]
}

/** `types` by the row's keys in camelCase; each is a column in snake_case, beside `org_id`, which comes first. */
export function copyTable<Row>(
  name: string,
  types: { readonly [Key in keyof Row & string]?: ColumnType },
): CopyTable<Row> {
  const keys = Object.keys(types) as (keyof Row & string)[]
  const names = keys.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
  const inserts = new Map<number, string>()
  return {
    text: `COPY ${name} (org_id, ${names.join(", ")}) FROM STDIN (FORMAT binary)`,
    insertText(rows) {
      const known =
        inserts.get(rows) ??
        `INSERT INTO ${name} (org_id, ${names.join(", ")}) VALUES ${placeholders(rows, names.length + 1)}`
      inserts.set(rows, known)
      return known
    },
    columns: keys.map((key) => ({ key, encode: encoders[types[key] ?? "text"] })),
  }
}

function placeholders(rows: number, columns: number): string {
  const row = (n: number) => `(${Array.from({ length: columns }, (_, c) => `$${n * columns + c + 1}`).join(", ")})`
  return Array.from({ length: rows }, (_, n) => row(n)).join(", ")
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
  texts: (out: Writer, value: unknown) => array(out, elementOids.text, value as readonly string[], text),
  uuids: (out: Writer, value: unknown) => array(out, elementOids.uuid, value as readonly string[], uuid),
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
function array(
  out: Writer,
  elementOid: number,
  values: readonly unknown[],
  element: (out: Writer, value: unknown) => void,
): void {
  out.sized(() => {
    out.int32(values.length > 0 ? 1 : 0)
    out.int32(values.some(isNull) ? 1 : 0)
    out.int32(elementOid)
    if (values.length === 0) return
    out.int32(values.length)
    out.int32(1)
    for (const value of values) {
      if (isNull(value)) out.int32(-1)
      else element(out, value)
    }
  })
}

function isNull(value: unknown): boolean {
  return value === null || value === undefined
}
