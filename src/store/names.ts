const snakeCased = new Map<string, string>()
const camelCased = new Map<string, string>()

/** `customerId` → `customer_id`: a column by the row's key. The names are few: each is made once. */
export function snakeCase(name: string): string {
  return once(snakeCased, name, () => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
}

/** `customer_id` → `customerId`. */
export function camelCase(name: string): string {
  return once(camelCased, name, () => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()))
}

function once(known: Map<string, string>, name: string, make: () => string): string {
  let made = known.get(name)
  if (made === undefined) {
    made = make()
    known.set(name, made)
  }
  return made
}
