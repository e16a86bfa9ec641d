import type { z } from "zod"
import type { FieldError } from "../problem.ts"

type Issue = z.core.$ZodIssue
type Place = (path: readonly PropertyKey[]) => Pick<FieldError, "pointer" | "parameter">

/** `["exceptions", 0, "a/b"]` → `#/exceptions/0/a~1b` (RFC 6901 6). */
export function pointerTo(path: readonly PropertyKey[]): string {
  return `#${path.map((part) => `/${encodeURIComponent(String(part).replaceAll("~", "~0").replaceAll("/", "~1"))}`).join("")}`
}

export const inBody: Place = (path) => ({ pointer: pointerTo(path) })
export const inQuery: Place = (path) => ({ parameter: String(path[0] ?? "") })

/** What Zod found, as the contract's codes (api.md 6). */
export function fieldErrors(issues: readonly Issue[], place: Place): FieldError[] {
  return issues.flatMap((issue) => read(issue, issue.path, place))
}

function read(issue: Issue, path: readonly PropertyKey[], place: Place): FieldError[] {
  if (issue.code === "invalid_union") return readUnion(issue, path, place)
  const code = codeOf(issue)
  return [
    {
      ...place(path),
      code,
      detail: issue.code === "custom" || isOwn(issue.message) ? issue.message : detailOf(code, issue),
    },
  ]
}

/** The branch that came closest: the one whose first mistake lies deepest, then the one with the fewest. */
function readUnion(
  issue: Extract<Issue, { code: "invalid_union" }>,
  path: readonly PropertyKey[],
  place: Place,
): FieldError[] {
  if ("discriminator" in issue && issue.discriminator && issue.errors.length === 0) {
    const name = issue.discriminator
    const at = path.at(-1) === name ? path : [...path, name]
    const given = (issue.input as Record<string, unknown> | null | undefined)?.[name]
    const code = given === undefined || given === null ? "required" : "not_in_list"
    return [{ ...place(at), code, detail: detailOf(code, issue) }]
  }
  const branches = issue.errors.filter((branch) => branch.length > 0)
  const depth = (branch: readonly Issue[]) => Math.max(...branch.map((found) => found.path.length))
  const best = branches.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0]
  if (!best || depth(best) === 0) {
    const code = isAbsent(issue.input) ? "required" : best?.[0] ? codeOf(best[0]) : "type"
    const own = best?.find((found) => isOwn(found.message))
    return [{ ...place(path), code, detail: own?.message ?? detailOf(code, best?.[0] ?? issue) }]
  }
  return best.flatMap((found) => read(found, [...path, ...found.path], place))
}

function codeOf(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return isAbsent(issue.input) ? "required" : "type"
    case "invalid_value":
      return isAbsent(issue.input) ? "required" : "not_in_list"
    case "too_small":
      if (issue.origin === "string") return issue.input === "" ? "required" : "too_short"
      return issue.origin === "array" ? "too_few" : "too_small"
    case "too_big":
      if (issue.origin === "string") return "too_long"
      return issue.origin === "array" ? "too_many" : "too_large"
    case "invalid_format":
      if (isAbsent(issue.input) || issue.input === "") return "required"
      return ["datetime", "date", "time", "duration", "url", "base64"].includes(issue.format) ? "unreadable" : "pattern"
    case "unrecognized_keys":
      return "unknown_field"
    case "custom":
      return typeof issue.params?.code === "string" ? issue.params.code : "pattern"
    default:
      return "pattern"
  }
}

function isAbsent(input: unknown): boolean {
  return input === undefined || input === null
}

/** Zod's own sentences are for programmers; what a schema says itself is for people. */
function isOwn(message: string): boolean {
  return !/^(Invalid|Too (small|big)|Unrecognized|Expected)/.test(message)
}

const typeWords: { readonly [expected: string]: string } = {
  string: "text",
  int: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
}

function detailOf(code: string, issue: Issue): string {
  const limit = "maximum" in issue ? issue.maximum : "minimum" in issue ? issue.minimum : undefined
  switch (code) {
    case "required":
      return "Enter a value."
    case "type":
      return `Send ${(issue.code === "invalid_type" && typeWords[issue.expected]) || "another type of value"}.`
    case "not_in_list":
      return issue.code === "invalid_value"
        ? `Use one of: ${issue.values.map(String).join(", ")}.`
        : "Use one of the listed values."
    case "too_short":
      return `Use at least ${limit} characters.`
    case "too_long":
      return `Use at most ${limit} characters.`
    case "too_few":
      return `Give at least ${limit}.`
    case "too_many":
      return `Give at most ${limit}.`
    case "too_small":
      return `Use ${limit} or more.`
    case "too_large":
      return `Use ${limit} or less.`
    case "unreadable":
      return "This cannot be read."
    default:
      return "This does not have the expected form."
  }
}
