import { useEffect, useRef, useState } from "react"

/**
 * While a hand is in the list nothing is re-sorted (ui.md 1.3): rows that left are gone, new ones stand at the end, the
 * others keep their place.
 */
export function calmOrder(shown: readonly string[], wanted: readonly string[]): string[] {
  const there = new Set(wanted)
  const kept = shown.filter((id) => there.has(id))
  const known = new Set(kept)
  return [...kept, ...wanted.filter((id) => !known.has(id))]
}

const calmAfterMs = 2000

/** Sorted anew once the pointer left the list for 2 s and no row has the focus. */
export function useCalmOrder(wanted: readonly string[], busy: boolean): string[] {
  const [held, setHeld] = useState(busy)
  const shown = useRef<readonly string[]>(wanted)
  useEffect(() => {
    if (busy) return setHeld(true)
    const timer = setTimeout(() => setHeld(false), calmAfterMs)
    return () => clearTimeout(timer)
  }, [busy])
  const order = held ? calmOrder(shown.current, wanted) : [...wanted]
  useEffect(() => {
    shown.current = order
  })
  return order
}
