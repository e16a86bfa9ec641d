/** One wrong field, told by the server (RFC 9457 `errors[]`). */
export type FieldError = { code: string; detail: string; pointer?: string; parameter?: string; header?: string }

/** A refusal in words: `code` is one of /docs/problems; `body` holds the extra fields of the code. */
export class ApiProblem extends Error {
  readonly status: number
  readonly code: string
  readonly errors: FieldError[]
  readonly requestId: string | null
  /** From `Retry-After`; null where the answer has none. */
  readonly retryAfterSeconds: number | null
  readonly body: Record<string, unknown>

  constructor(status: number, body: Record<string, unknown>, retryAfter: string | null = null) {
    super(
      typeof body.detail === "string" ? body.detail : typeof body.title === "string" ? body.title : `HTTP ${status}`,
    )
    this.status = status
    this.code = typeof body.code === "string" ? body.code : "internal"
    this.errors = Array.isArray(body.errors) ? (body.errors as FieldError[]) : []
    this.requestId = typeof body.requestId === "string" ? body.requestId : null
    this.retryAfterSeconds = retryAfter && /^\d+$/.test(retryAfter) ? Number(retryAfter) : null
    this.body = body
  }

  /** The text for a field of the body, by RFC 6901 pointer without `#`, such as `/exceptions/0/inboxId`. */
  at(pointer: string): string | undefined {
    return this.errors.find((error) => error.pointer === `#${pointer}`)?.detail
  }
}

/** The server did not answer at all. */
export class NoAnswer extends Error {}

export type Page<T> = { items: T[]; nextCursor: string | null }

type Options = {
  body?: unknown
  /** Sent as `If-Match`; "*" overwrites knowingly. */
  version?: number | "*"
  /** Repeating a POST with the same key creates nothing twice. */
  idempotencyKey?: string
  signal?: AbortSignal
}

export const api = {
  get: <T>(path: string, signal?: AbortSignal) => request<T>("GET", path, { signal }),
  /** A POST that creates; each call carries a key of its own unless one is given. */
  post: <T>(path: string, body?: unknown, options: Options = {}) =>
    request<T>("POST", path, { idempotencyKey: crypto.randomUUID(), ...options, body }),
  put: <T>(path: string, body?: unknown, version?: number | "*") => request<T>("PUT", path, { body, version }),
  patch: <T>(path: string, body: unknown, version?: number | "*") => request<T>("PATCH", path, { body, version }),
  delete: <T>(path: string, body?: unknown) => request<T>("DELETE", path, { body }),
  upload: <T>(path: string, form: FormData) => request<T>("POST", path, { body: form }),
}

/** All items of a list, page after page. */
export async function listAll<T>(path: string, signal?: AbortSignal): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const url: string = cursor ? `${path}${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(cursor)}` : path
    const page: Page<T> | T[] = await api.get<Page<T> | T[]>(url, signal)
    if (Array.isArray(page)) return page
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor)
  return items
}

/** A query string of what is set. */
export function query(values: Record<string, string | number | boolean | null | undefined>): string {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== "")
  return set.length ? `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}` : ""
}

async function request<T>(method: string, path: string, options: Options): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" }
  const form = options.body instanceof FormData
  if (options.body !== undefined && !form) headers["content-type"] = "application/json"
  if (options.version !== undefined) headers["if-match"] = options.version === "*" ? "*" : `"${options.version}"`
  if (options.idempotencyKey) headers["idempotency-key"] = options.idempotencyKey
  const body = options.body === undefined ? undefined : form ? (options.body as FormData) : JSON.stringify(options.body)
  const response = await fetch(`/api${path}`, {
    method,
    headers,
    body,
    signal: options.signal,
    credentials: "same-origin",
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error
    throw new NoAnswer("The server does not answer. Nothing was changed by this try as far as we know.")
  })
  const text = await response.text()
  const answer: unknown = text && response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text
  if (!response.ok)
    throw new ApiProblem(
      response.status,
      typeof answer === "object" && answer !== null ? { ...answer } : { detail: String(answer) },
      response.headers.get("retry-after"),
    )
  return answer as T
}
