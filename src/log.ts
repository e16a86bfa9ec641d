import pino from "pino"

/** JSON lines on stdout; `log.info({ orgId }, "what happened")`. */
export type Log = pino.Logger

export function createLog(options: { level: string; destination?: pino.DestinationStream }): Log {
  const repeats = new Repeats()
  const settings: pino.LoggerOptions = {
    level: options.level,
    hooks: {
      logMethod(args, method) {
        const [fields, message] = args as unknown[]
        const before = repeats.seen(fields, message)
        if (before === null) return
        if (before > 0) Object.assign(args, [{ ...(fields as object), repeated: before }])
        method.apply(this, args)
      },
    },
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: redactFields },
    serializers: { err: (error: unknown) => error },
  }
  return options.destination ? pino(settings, options.destination) : pino(settings)
}

const sameMax = 5
const windowMs = 10_000
const kindsMax = 1_000

/** A database that is away fails everything that asks it, many times a second: of the same failure a few lines are enough. */
class Repeats {
  readonly #kinds = new Map<string, { began: number; count: number }>()

  /** Null where the line is left out, else how many like it were left out before. Only failures are counted. */
  seen(fields: unknown, message: unknown): number | null {
    if (typeof fields !== "object" || fields === null || !("err" in fields) || !(fields.err instanceof Error)) return 0
    const { err, ...others } = fields
    const kind = [message, err.name, err.message, "timer" in others && others.timer].join("\n")
    const now = performance.now()
    const known = this.#kinds.get(kind)
    if (known && now - known.began < windowMs) return ++known.count > sameMax ? null : 0
    if (this.#kinds.size >= kindsMax) this.#kinds.clear()
    this.#kinds.set(kind, { began: now, count: 1 })
    return known ? Math.max(0, known.count - sameMax) : 0
  }
}

/** What lets somebody in, wherever in a name it stands. */
const secretNames = /password|passphrase|secret|token|authorization|cookie|api_?key|signature|setup_?code|credential/i
/** What customers and agents write. */
const bodyNames = new Set([
  "body",
  "rawBody",
  "text",
  "html",
  "content",
  "raw",
  "subject",
  "payload",
  "note",
  "quotedText",
])
/** PostgreSQL puts the values of a row into these of its errors. */
const valueNames = new Set(["detail", "where", "query", "parameters", "internalQuery"])
const depthMax = 8
const itemsMax = 50
const lengthMax = 4_000

/** A copy without secrets, message bodies and values, at any depth (pino's own `redact` sees one level per path). */
function redactFields(fields: object): Record<string, unknown> {
  return redactObject(fields, depthMax)
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === "string") return value.length > lengthMax ? `${value.slice(0, lengthMax)} …` : value
  if (typeof value === "bigint") return String(value)
  if (typeof value !== "object" || value === null || value instanceof Date) return value
  if (depth === 0) return "[deeper]"
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (value instanceof Error) return redactError(value, depth)
  if (value instanceof Map || value instanceof Set) return `[${value.size} entries]`
  if (Array.isArray(value)) return value.slice(0, itemsMax).map((item) => redact(item, depth - 1))
  return redactObject(value, depth - 1)
}

function redactObject(value: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, redactNamed(name, part, depth)]))
}

function redactNamed(name: string, value: unknown, depth: number): unknown {
  if (value === null || value === undefined || typeof value === "boolean") return value
  if (secretNames.test(name)) return "[secret]"
  if (bodyNames.has(name)) return "[body]"
  return redact(value, depth)
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const { message, stack, cause, ...others } = error
  const rest = Object.entries(redactObject(others, depth - 1)).filter(([name]) => !valueNames.has(name))
  return {
    type: error.name,
    message: redact(error.message, 1),
    stack: error.stack,
    ...(cause !== undefined && { cause: redact(cause, depth - 1) }),
    ...Object.fromEntries(rest),
  }
}
