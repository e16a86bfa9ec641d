import { z } from "zod"

/** Shapes of query parameters, which arrive as text. */

const wholeNumber = /^-?\d{1,15}$/

/** `limit=20`. */
export function intParam(min: number, max: number) {
  return z
    .string()
    .regex(wholeNumber, { error: "Enter a whole number.", abort: true })
    .transform(Number)
    .pipe(z.number().min(min).max(max))
}

/** `active=true`. */
export const boolParam = z.enum(["true", "false"]).transform((text) => text === "true")

/** A set of choices, comma = any of: `status=new,open`. */
export function listParam<const Values extends readonly string[]>(values: Values) {
  return z
    .string()
    .transform((text) => text.split(",").filter((part) => part !== ""))
    .pipe(z.array(z.enum(values)))
}

/** Ids, comma = any of. What is no id matches nothing and is refused as `pattern`. */
export const idsParam = z
  .string()
  .transform((text) => text.split(",").filter((part) => part !== ""))
  .pipe(z.array(z.uuid()).max(200))

export const idParam = z.uuid()

/** People by their ids; `me` stands for the caller's own (api.md 1). */
export const personParam = z.union([z.literal("me"), z.uuid()])
export const peopleParam = z
  .string()
  .transform((text) => text.split(",").filter((part) => part !== ""))
  .pipe(z.array(personParam).max(200))

export function personOf(named: z.output<typeof personParam>, caller: { id: string }): string {
  return named === "me" ? caller.id : named
}

/** An instant with any offset (RFC 3339). */
export const timeParam = z.iso.datetime({ offset: true }).transform((text) => new Date(text))

export const textParam = z.string().trim().max(500)
