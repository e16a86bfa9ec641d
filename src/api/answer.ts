import type { Readable } from "node:stream"

/** What a handler gives back; the door serializes it (Date as RFC 3339 with milliseconds) and adds the ETag of `version`. */
export class Answer {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string | string[]>>
  constructor(status: number, body: unknown, headers: Record<string, string | string[]> = {}) {
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** Bytes that are no JSON: a download, a CSV, a page of JSON lines. */
export class Raw {
  readonly type: string
  readonly content: Buffer | string | Readable
  constructor(type: string, content: Buffer | string | Readable) {
    this.type = type
    this.content = content
  }
}

export function ok(body: unknown, headers: Record<string, string | string[]> = {}): Answer {
  return new Answer(200, body, headers)
}

/** 201 with `Location`: the path of the thing under /api, such as `/inboxes/…`. */
export function created(location: string, body: unknown, headers: Record<string, string | string[]> = {}): Answer {
  return new Answer(201, body, { location: `/api${location}`, ...headers })
}

/** 202 with the `Location` of what tells how it goes. */
export function accepted(location: string | null, body: unknown = null): Answer {
  return new Answer(202, body, location === null ? {} : { location: `/api${location}` })
}

export function noContent(headers: Record<string, string | string[]> = {}): Answer {
  return new Answer(204, null, headers)
}

export function raw(type: string, content: Buffer | string | Readable, headers: Record<string, string> = {}): Answer {
  return new Answer(200, new Raw(type, content), headers)
}

/** A list that comes whole. */
export function wholeList(items: readonly unknown[]): Answer {
  return new Answer(200, { items, nextCursor: null })
}
