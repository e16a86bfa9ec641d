import { z } from "zod"
import { type FieldError, invalid, Problem, problem } from "../problem.ts"
import { readCursor } from "./cursor.ts"
import { fieldErrors, inBody, inQuery, pointerTo } from "./field-errors.ts"
import { type Context, isWholeList, type Limits, type Route } from "./route.ts"
import { unknownFields, withoutShown } from "./unknown-fields.ts"

const errorsMax = 100
const pageDefault = 50
const pageMax = 200
const arrayItemsMax = 1_000
const stringLengthMax = 10_000
/** What every versioned thing shows, whatever its schema says. */
const readOnlyFields = ["id", "version", "createdAt", "createdBy", "updatedAt", "updatedBy"]
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export type RawInput = { params: Record<string, string>; query: Record<string, unknown>; body: unknown; path: string }
type Input = Pick<Context<unknown, unknown, unknown>, "params" | "query" | "body" | "list">

/** What cannot be read, 400: names that the route does not know, a cursor of another list. */
export function refuseUnreadable(route: Route, raw: RawInput): void {
  const unknown: FieldError[] = []
  for (const name of Object.keys(raw.query)) {
    if (!(route.query && Object.hasOwn(route.query.shape, name)) && !isOfPages(route, name))
      unknown.push({ parameter: name, code: "unknown_field", detail: "This parameter is not known here." })
  }
  if (!route.accepts) {
    for (const path of unknownFields(route.body ?? noFields, withoutReadOnly(route, raw.body))) {
      unknown.push({ pointer: pointerTo(path), code: "unknown_field", detail: "This field is not known here." })
    }
  }
  if (unknown.length > 0) {
    const named = unknown.slice(0, 5).map((one) => one.parameter ?? one.pointer)
    throw new Problem("unknown_field", {
      errors: unknown.slice(0, errorsMax),
      detail: `Not known here: ${named.join(", ")}. See /docs for the names.`,
    })
  }
  if (raw.query.cursor === undefined) return
  if (route.list) readCursor(raw)
  else if (isWholeList(route)) throw problem("cursor_invalid")
}

function isOfPages(route: Route, name: string): boolean {
  return (name === "limit" || name === "cursor") && (route.list === true || isWholeList(route))
}

/** The validated input, or 422 with all wrong fields of path, query and body at once. */
export function readInput(route: Route, raw: RawInput): Input {
  const params = readParams(route, raw.params)
  const errors: FieldError[] = []
  const query = readQuery(route, raw, errors)
  const limit = readLimit(route, raw.query.limit, errors)
  const body = route.accepts ? undefined : readBody(route, raw.body, errors)
  if (errors.length > 0) throw invalid(...errors.slice(0, errorsMax))
  return {
    params,
    query,
    body,
    list: { limit, after: route.list && raw.query.cursor !== undefined ? readCursor(raw) : null },
  }
}

const noFields = z.object({})

/** A path that names nothing is a missing thing, whatever is wrong with the name. */
function readParams(route: Route, params: Record<string, string>): unknown {
  for (const [name, value] of Object.entries(params)) {
    if (value.includes("\0")) throw problem("not_found")
    if (
      /(^id|Id)$/.test(name) &&
      !uuid.test(value) &&
      !(name === "id" && value === "me" && typeof route.action === "object")
    ) {
      throw problem("not_found")
    }
  }
  if (!route.params) return params
  const read = route.params.safeParse(params)
  if (!read.success) throw problem("not_found")
  return read.data
}

function readQuery(route: Route, raw: RawInput, errors: FieldError[]): unknown {
  const given: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(raw.query)) {
    if (isOfPages(route, name) && !route.query?.shape[name]) continue
    if (typeof value === "string" && value.includes("\0")) {
      errors.push({ parameter: name, code: "pattern", detail: "The character U+0000 is not allowed." })
      continue
    }
    given[name] = value
  }
  if (!route.query) return {}
  const read = route.query.safeParse(given, { reportInput: true })
  if (read.success) return read.data
  errors.push(...fieldErrors(read.error.issues, inQuery))
  return {}
}

function readLimit(route: Route, text: unknown, errors: FieldError[]): number {
  if (text === undefined || !isOfPages(route, "limit")) return pageDefault
  const limit = typeof text === "string" && /^-?\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (limit >= 1 && limit <= pageMax) return limit
  const code = Number.isNaN(limit) ? "type" : limit < 1 ? "too_small" : "too_large"
  errors.push({ parameter: "limit", code, detail: `Use a whole number from 1 to ${pageMax}.` })
  return pageDefault
}

function readBody(route: Route, given: unknown, errors: FieldError[]): unknown {
  if (!route.body) return undefined
  const value = withoutReadOnly(route, given)
  const wrong = overLimits(value, route.limits ?? {})
  // An absent body is an empty one: each required field is then named.
  const read = route.body.safeParse(value === undefined ? {} : value, { reportInput: true })
  if (read.success && wrong.length === 0) return read.data
  const named = new Set(wrong.map((one) => one.pointer))
  const found = read.success ? [] : fieldErrors(read.error.issues, inBody)
  errors.push(...wrong, ...found.filter((one) => !named.has(one.pointer)))
  return undefined
}

function withoutReadOnly(route: Route, body: unknown): unknown {
  if (!route.versioned || body === null || typeof body !== "object" || Array.isArray(body)) return body
  const shape = route.body instanceof z.ZodObject ? route.body.shape : {}
  const rest = Object.entries(body).filter(([key]) => Object.hasOwn(shape, key) || !readOnlyFields.includes(key))
  return withoutShown(route.body ?? noFields, route.answers[200] ?? noFields, Object.fromEntries(rest))
}

/** What is too much for any field, and what no text column can hold. */
function overLimits(body: unknown, limits: Limits): FieldError[] {
  const errors: FieldError[] = []
  const items = limits.arrayItems ?? arrayItemsMax
  const length = limits.stringLength ?? stringLengthMax
  const walk = (value: unknown, path: (string | number)[]): void => {
    if (errors.length >= errorsMax) return
    if (typeof value === "string") {
      if (value.length > length)
        errors.push({ pointer: pointerTo(path), code: "too_long", detail: `Use at most ${length} characters.` })
      else if (value.includes("\0"))
        errors.push({ pointer: pointerTo(path), code: "pattern", detail: "The character U+0000 is not allowed." })
      else if (!value.isWellFormed())
        errors.push({ pointer: pointerTo(path), code: "pattern", detail: "Half of a character pair stands alone." })
    } else if (Array.isArray(value)) {
      if (value.length > items)
        errors.push({ pointer: pointerTo(path), code: "too_many", detail: `Give at most ${items}.` })
      else for (const [index, item] of value.entries()) walk(item, [...path, index])
    } else if (value !== null && typeof value === "object") {
      for (const [key, item] of Object.entries(value)) walk(item, [...path, key])
    }
  }
  walk(body, [])
  return errors
}
