import { createHash } from "node:crypto"
import pg from "pg"
import { Copy } from "./copy.ts"
import { camelCase } from "./names.ts"
import type { Statement } from "./statement.ts"

export type Step = Statement | Copy

/**
 * What runs in bursts finds rows by their keys, whatever the parameters: planning it for each of them took PostgreSQL as
 * long as running it.
 */
const beginning: readonly Statement[] = [
  { sql: "BEGIN", parameters: [], quiet: true },
  { sql: "SET LOCAL plan_cache_mode = force_generic_plan", parameters: [], quiet: true },
]

type Row = Record<string, unknown>
type Fields = { names: string[]; parsers: ((text: string) => unknown)[] }
type Field = { name: string; dataTypeID: number }

/** What this file uses of the driver's connection: messages of the extended protocol, each written at once. */
type Connection = {
  stream: { cork(): void; uncork(): void; write(bytes: Buffer): void }
  parse(message: { text: string; name: string }): void
  bind(message: { statement: string; values: readonly (string | Buffer | null)[] }): void
  describe(message: { type: "P"; name: string }): void
  execute(message: object): void
  close(message: { type: "S"; name: string }): void
  endCopyFrom(): void
  sync(): void
}

/**
 * Several steps of one transaction in one round trip: all are sent before the first is answered, with one Sync behind
 * them, so that what follows an error is not run (PostgreSQL 18, 54.2.4 Pipelining). For `client.query(burst)`; then
 * await `done`. Rows of each statement by its place; a COPY has none.
 */
export class Burst {
  readonly done: Promise<Row[][]>
  /** Its last step is a COMMIT. */
  readonly commits: boolean
  #steps: readonly Step[]
  readonly #rows: Row[][]
  #step = 0
  /** How many steps of its own stand before the others. */
  #begins = 0
  /** Of the rows of the step that is answered now, once there is one. */
  #fields: Fields | undefined
  #settle: { resolve(rows: Row[][]): void; reject(error: unknown): void } | undefined
  #failure: unknown
  #prepared: Prepared | undefined
  /** Statements that are let go with it. */
  readonly #closed: string[] = []

  constructor(steps: readonly Step[], options: { commits?: boolean } = {}) {
    this.#steps = steps
    this.#rows = steps.map(() => [])
    this.commits = options.commits ?? false
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    // Whoever sends it awaits `done` as soon as it is sent.
    this.done.catch(() => undefined)
  }

  /** The transaction begins with it: before it is sent. */
  begin(): void {
    this.#steps = [...beginning, ...this.#steps]
    this.#step = -beginning.length
    this.#begins = beginning.length
  }

  /** Called by the driver, whose types tell less of its connection than it has. What cannot be sent is answered. */
  submit(on: object): Error | null {
    const connection = on as Connection
    let payloads: Payload[]
    try {
      // Before the first byte: half a burst without its Sync would be waited for by both sides for ever.
      payloads = this.#steps.map(payloadOf)
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
    this.#prepared = preparedOn(connection)
    connection.stream.cork()
    try {
      for (const [index, step] of this.#steps.entries())
        this.#send(connection, step, payloads[index] ?? [], this.#prepared)
      connection.sync()
    } finally {
      connection.stream.uncork()
    }
    return null
  }

  #send(connection: Connection, step: Step, payload: Payload, prepared: Prepared): void {
    const text = step instanceof Copy ? step.text : step.sql
    const statement = nameOf(text)
    if (!prepared.known.delete(statement)) {
      // After an error nobody knows whether it was prepared; closing what is not there does nothing.
      if (prepared.doubtful.has(statement)) this.#letGo(connection, prepared, statement)
      while (prepared.known.size + prepared.doubtful.size >= preparedMax)
        this.#letGo(connection, prepared, first(prepared.doubtful) ?? first(prepared.known) ?? "")
      connection.parse({ text, name: statement })
    }
    prepared.known.add(statement)
    if (step instanceof Copy) {
      connection.bind({ statement, values: [] })
      connection.execute({})
      connection.stream.write(payload as Buffer)
      connection.endCopyFrom()
    } else {
      if (Buffer.isBuffer(payload)) connection.stream.write(payload)
      else connection.bind({ statement, values: payload })
      // What its rows look like is told once.
      if (!step.quiet && !prepared.fields.has(statement)) connection.describe({ type: "P", name: "" })
      connection.execute({})
    }
  }

  #letGo(connection: Connection, prepared: Prepared, name: string): void {
    connection.close({ type: "S", name })
    prepared.known.delete(name)
    prepared.fields.delete(name)
    prepared.doubtful.delete(name)
    this.#closed.push(name)
  }

  handleRowDescription({ fields }: { fields: Field[] }): void {
    const step = this.#answered
    this.#fields = {
      names: fields.map(({ name }) => camelCase(name)),
      parsers: fields.map(({ dataTypeID }) => pg.types.getTypeParser(dataTypeID)),
    }
    if (step && "sql" in step) this.#prepared?.fields.set(nameOf(step.sql), this.#fields)
  }

  /** What it throws would end the process: a row that cannot be read fails the burst when the connection is ready again. */
  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    const step = this.#answered
    if (!step || step instanceof Copy || step.quiet) return
    try {
      this.#fields ??= this.#prepared?.fields.get(nameOf(step.sql))
      if (!this.#fields) throw new Error("rows of nobody knows what")
      const { names, parsers } = this.#fields
      const row: Row = {}
      for (let n = 0; n < names.length; n++) {
        const text = fields[n]
        row[names[n] ?? ""] = text === null || text === undefined ? null : parsers[n]?.(text)
      }
      this.#rows[this.#step]?.push(row)
    } catch (error) {
      this.#failure ??= error
    }
  }

  handleCommandComplete(): void {
    this.#next()
  }

  handleEmptyQuery(): void {
    this.#next()
  }

  #next(): void {
    this.#step++
    this.#fields = undefined
  }

  get #answered(): Step | undefined {
    return this.#steps[this.#step + this.#begins]
  }

  /** Its data is on the way already. */
  handleCopyInResponse(): void {}

  handlePortalSuspended(): void {}

  /** After an error of the server ReadyForQuery goes to nobody: the driver has let go of us. */
  handleError(error: unknown): void {
    this.#failure ??= error
    this.#forget(isStatementGone(error))
    this.#settle?.reject(this.#failure)
  }

  /** Its statements, also those that were there before: a plan may not fit its table any more. `all`: those of others too. */
  #forget(all: boolean): void {
    const prepared = this.#prepared
    if (!prepared) return
    const used = this.#steps.map((step) => nameOf(step instanceof Copy ? step.text : step.sql))
    for (const name of [...used, ...this.#closed, ...(all ? prepared.known : [])]) forget(prepared, name)
  }

  handleReadyForQuery(): void {
    if (this.#failure === undefined) this.#settle?.resolve(this.#rows)
    else this.#settle?.reject(this.#failure)
  }
}

/** A prepared statement that the connection has lost, or whose table has changed: another try prepares it anew. */
export function isStatementOutdated(error: unknown): boolean {
  return isStatementGone(error) || (error instanceof pg.DatabaseError && planOutdated.test(error.message))
}

const planOutdated = /cached plan must not change result type/

/** By DISCARD: then all are gone. */
function isStatementGone(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === "26000"
}

/** PostgreSQL keeps the plan of each, on each connection: a statement for many rows takes half a megabyte. */
const preparedMax = 200

/** Of one connection: statements that it has prepared, the one used last at the end, and those of which that is open. */
type Prepared = { known: Set<string>; doubtful: Set<string>; fields: Map<string, Fields> }
const prepared = new WeakMap<object, Prepared>()

function preparedOn(connection: object): Prepared {
  const held = prepared.get(connection) ?? { known: new Set(), doubtful: new Set(), fields: new Map() }
  prepared.set(connection, held)
  return held
}

/** It may still be there: what was sent behind an error is not done. */
function forget({ known, doubtful, fields }: Prepared, name: string): void {
  known.delete(name)
  fields.delete(name)
  doubtful.add(name)
}

function first(names: ReadonlySet<string>): string | undefined {
  for (const name of names) return name
  return undefined
}

const names = new Map<string, string>()

/** The texts of bursts are few: each is prepared once on each connection. */
function nameOf(text: string): string {
  let name = names.get(text)
  if (name === undefined) {
    name = `b_${createHash("sha256").update(text).digest("hex").slice(0, 22)}`
    names.set(text, name)
  }
  return name
}

/** A message as it goes over, or the parameters of one that the driver makes. */
type Payload = Buffer | (string | Buffer | null)[]

function payloadOf(step: Step): Payload {
  if (step instanceof Copy) return step.message()
  return step.binary ? step.binary.bind(nameOf(step.sql)) : step.parameters.map(wireValue)
}

function wireValue(value: unknown): string | Buffer | null {
  if (value === null || value === undefined) return null
  if (typeof value === "string" || Buffer.isBuffer(value)) return value
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return arrayText(value)
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}

/** PostgreSQL 18, 8.15.2. Of strings, numbers, booleans and null. */
function arrayText(values: readonly unknown[]): string {
  const elements = values.map((value) =>
    value === null || value === undefined ? "NULL" : `"${String(value).replace(/["\\]/g, "\\$&")}"`,
  )
  return `{${elements.join(",")}}`
}
