import { useQuery } from "@tanstack/react-query"
import { useEffect, useRef } from "react"
import { preferencesQuery } from "../settings/profile/profile.queries.ts"

/** Keys that wait for a second one: `a m` is a, then m. */
const first = new Set(["a", "g"])
const secondWithinMs = 1500

let begun: { key: string; at: number } | null = null
/** What an event means together with the key before it, told once for all who listen. */
const meanings = new WeakMap<KeyboardEvent, string>()

window.addEventListener(
  "keydown",
  (event) => {
    if (event.key === "Shift") return
    const free = !isTaken(event)
    const before = begun && event.timeStamp - begun.at < secondWithinMs ? begun.key : null
    begun = free && !before && first.has(event.key) ? { key: event.key, at: event.timeStamp } : null
    meanings.set(event, before ? `${before} ${event.key}` : event.key)
  },
  true,
)

/**
 * A shortcut of one key, or of two after each other such as `a m`: never inside a field, never with a dialog open, and
 * switched off by the person's wish (WCAG 2.1.4).
 */
export function useWorkKey(keys: string, act: () => unknown) {
  const allowed = useQuery(preferencesQuery).data?.shortcuts ?? true
  const latest = useRef(act)
  latest.current = act
  useEffect(() => {
    if (!allowed) return
    const onKey = (event: KeyboardEvent) => {
      if (meanings.get(event) !== keys || event.defaultPrevented || isTaken(event)) return
      event.preventDefault()
      latest.current()
    }
    window.addEventListener("keydown", onKey)
    return () => window.removeEventListener("keydown", onKey)
  }, [keys, allowed])
}

function isTaken(event: KeyboardEvent): boolean {
  return (
    event.metaKey ||
    event.ctrlKey ||
    event.altKey ||
    isField(event.target) ||
    document.querySelector('[role="dialog"][aria-modal="true"], [role="menu"]') !== null
  )
}

export function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"))
}
