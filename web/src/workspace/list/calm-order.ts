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

/**
 * Rows that will stand higher than they are shown: of all that change their place the fewest, so that one that sinks does
 * not mark everything below it.
 */
export function risingRows(shown: readonly string[], wanted: readonly string[]): Set<string> {
  const goal = new Map(wanted.map((id, index) => [id, index]))
  const staying = longestRise(shown.map((id) => goal.get(id) ?? 0))
  return new Set(shown.filter((id, index) => !staying.has(index) && (goal.get(id) ?? index) < index))
}

/** The places of a longest series that rises from left to right. */
function longestRise(values: readonly number[]): Set<number> {
  const length: number[] = []
  const before: number[] = []
  let last = -1
  for (const [index, value] of values.entries()) {
    length[index] = 1
    before[index] = -1
    for (let earlier = 0; earlier < index; earlier++) {
      if ((values[earlier] ?? 0) < value && (length[earlier] ?? 0) >= (length[index] ?? 0)) {
        length[index] = (length[earlier] ?? 0) + 1
        before[index] = earlier
      }
    }
    if (last < 0 || (length[index] ?? 0) > (length[last] ?? 0)) last = index
  }
  const places = new Set<number>()
  for (let place = last; place >= 0; place = before[place] ?? -1) places.add(place)
  return places
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
