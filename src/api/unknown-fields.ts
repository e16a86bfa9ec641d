import { z } from "zod"

type Path = readonly (string | number)[]

/** Paths of the fields that `schema` does not know, at any depth. Records and loose objects know every field. */
export function unknownFields(schema: z.core.$ZodType, value: unknown, path: Path = []): Path[] {
  if (value === null || typeof value !== "object") return []
  const alternatives = objectsOf(schema)
  if (Array.isArray(value)) {
    const arrays = alternatives.filter((one) => one instanceof z.ZodArray)
    const [array] = arrays
    if (arrays.length !== 1 || !array) return []
    return value.flatMap((item, index) => unknownFields(array.def.element, item, [...path, index]))
  }
  if (!alternatives.every((one) => one instanceof z.ZodObject || one instanceof z.ZodArray)) return []
  const objects = alternatives.filter((one) => one instanceof z.ZodObject)
  if (objects.length === 0 || objects.some(isLoose)) return []
  return Object.entries(value).flatMap(([key, item]) => {
    const known = objects.filter((one) => Object.hasOwn(one.def.shape, key))
    if (known.length === 0) return [[...path, key]]
    const found = known.map((one) => unknownFields(one.def.shape[key] as z.core.$ZodType, item, [...path, key]))
    return found.toSorted((a, b) => a.length - b.length)[0] ?? []
  })
}

/**
 * The value without the fields that the thing shows but nobody writes (api.md 1: `ᴿ`), at any depth: what was read may
 * be sent back as it is.
 */
export function withoutShown(written: z.core.$ZodType, shown: z.core.$ZodType, value: unknown): unknown {
  if (value === null || typeof value !== "object") return value
  const [taking, showing] = [objectsOf(written), objectsOf(shown)]
  if (Array.isArray(value)) {
    const [ours, theirs] = [
      taking.find((one) => one instanceof z.ZodArray),
      showing.find((one) => one instanceof z.ZodArray),
    ]
    return ours && theirs ? value.map((item) => withoutShown(ours.def.element, theirs.def.element, item)) : value
  }
  const [ours, theirs] = [
    taking.find((one) => one instanceof z.ZodObject),
    showing.find((one) => one instanceof z.ZodObject),
  ]
  if (!ours || !theirs) return value
  const fields = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    if (!Object.hasOwn(theirs.def.shape, key)) return [[key, item]]
    if (!Object.hasOwn(ours.def.shape, key)) return []
    return [[key, withoutShown(ours.def.shape[key] as z.core.$ZodType, theirs.def.shape[key] as z.core.$ZodType, item)]]
  })
  return Object.fromEntries(fields)
}

function isLoose(schema: z.ZodObject): boolean {
  return schema.def.catchall !== undefined && !(schema.def.catchall instanceof z.ZodNever)
}

/** What a value may be, wrappers taken off; a union gives each branch. Leaves that hold no fields are left out. */
function objectsOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNonOptional ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodCatch
  ) {
    return objectsOf(schema.def.innerType)
  }
  if (schema instanceof z.ZodPipe)
    return objectsOf(schema.def.in instanceof z.ZodTransform ? schema.def.out : schema.def.in)
  if (schema instanceof z.ZodLazy) return objectsOf(schema.def.getter())
  if (schema instanceof z.ZodUnion) return schema.def.options.flatMap(objectsOf)
  if (
    schema instanceof z.ZodString ||
    schema instanceof z.ZodNumber ||
    schema instanceof z.ZodBoolean ||
    schema instanceof z.ZodNull ||
    schema instanceof z.ZodEnum ||
    schema instanceof z.ZodLiteral
  )
    return []
  return [schema]
}
