import { useQuery } from "@tanstack/react-query"
import { useEffect, useRef } from "react"
import { preferencesQuery } from "../settings/profile/profile.queries.ts"

/** A shortcut of one key: never inside a field, never with a dialog open, and switched off by the person's wish (WCAG 2.1.4). */
export function useWorkKey(key: string, act: () => unknown) {
  const allowed = useQuery(preferencesQuery).data?.shortcuts ?? true
  const latest = useRef(act)
  latest.current = act
  useEffect(() => {
    if (!allowed) return
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== key || event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return
      if (isField(event.target) || document.querySelector('[role="dialog"][aria-modal="true"], [role="menu"]')) return
      event.preventDefault()
      latest.current()
    }
    window.addEventListener("keydown", onKey)
    return () => window.removeEventListener("keydown", onKey)
  }, [key, allowed])
}

export function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"))
}
