import { snakeCase } from "./names.ts"
import { type ColumnType, type Encoder, encoders, field, Params } from "./params.ts"
import type { Statement } from "./statement.ts"
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

  add<Row extends object>({ columns }: CopyTable<Row>, orgId: string, rows: readonly Row[]): void {
    const out = this.#rows
    for (const row of rows) {
      if (this.#starts.length < insertedMax) this.#starts.push(out.length)
      out.int16(columns.length + 1)
      encoders.uuid(out, orgId)
      for (const { key, encode } of columns) field(out, encode, row[key])
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

const copyDataCode = 0x64
const signature = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1")

/** A table that rows are copied into. Columns that are not named take their default. */
export type CopyTable<Row> = {
  text: string
  insertText(rows: number): string
  columns: readonly { key: keyof Row & string; encode: Encoder }[]
}

/** `types` by the row's keys in camelCase; each is a column in snake_case, beside `org_id`, which comes first. */
export function copyTable<Row>(
  name: string,
  types: { readonly [Key in keyof Row & string]?: ColumnType },
): CopyTable<Row> {
  const keys = Object.keys(types) as (keyof Row & string)[]
  const names = keys.map(snakeCase)
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
