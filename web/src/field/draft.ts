import { useState } from "react"

type Versioned = { version: number }
export type Draft<Thing extends Versioned, Values extends object> = ReturnType<typeof useDraft<Thing, Values>>

/**
 * What a form holds of a thing that others may change too. While nothing is typed it follows the server; then it stays
 * as typed, on the version that it began with, so that Save meets what somebody else saved meanwhile (412) instead of
 * writing over it.
 */
export function useDraft<Thing extends Versioned, Values extends object>(
  current: Thing,
  valuesOf: (thing: Thing) => Values,
) {
  const [{ base, values }, setState] = useState(() => ({ base: current, values: valuesOf(current) }))
  const stored = valuesOf(base)
  const changed = !same(stored, values)
  // Set while it renders: nobody ever sees the older state.
  if (current.version > base.version && (!changed || same(valuesOf(current), stored)))
    setState({ base: current, values: changed ? values : valuesOf(current) })
  return {
    valuesOf,
    values,
    stored,
    changed,
    version: base.version,
    set: (part: Partial<Values>) => setState((before) => ({ ...before, values: { ...before.values, ...part } })),
    /** After Save, or to give up what was typed. */
    take: (thing: Thing) => setState({ base: thing, values: valuesOf(thing) }),
    /** Keeps what was typed here over what was saved meanwhile; what was not touched here becomes theirs. */
    keepOver: (theirs: Thing): Values => {
      const merged = keepMine(stored, values, valuesOf(theirs))
      setState({ base: theirs, values: merged })
      return merged
    },
  }
}

/** Three versions of one value: mine where I changed it, else theirs; part by part where it has parts. */
export function keepMine<Value>(stored: Value, mine: Value, theirs: Value): Value {
  if (same(stored, mine)) return theirs
  if (!isTree(stored) || !isTree(mine) || !isTree(theirs)) return mine
  const merged: Record<string, unknown> = {}
  for (const key of Object.keys(mine)) merged[key] = keepMine(stored[key], mine[key], theirs[key])
  return merged as Value
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
