import { VisuallyHidden } from "@mantine/core"
import { useSyncExternalStore } from "react"

type Region = "assertive" | "polite" | "status"

const texts: Record<Region, string> = { assertive: "", polite: "", status: "" }
const watchers = new Set<() => void>()
let shown = { ...texts }

/** Says a sentence to screen readers: `assertive` for offers and lost lines, `status` for saved, copied, counts. */
export function announce(region: Region, text: string) {
  // The same sentence twice is spoken twice only if the text differs.
  texts[region] = texts[region] === text ? `${text}\u00a0` : text
  shown = { ...texts }
  for (const watcher of watchers) watcher()
}

/** The live regions, present and empty from the first paint; nobody else writes aria-live (ui.md 5). */
export function Announcer() {
  const now = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => shown,
  )
  return (
    <VisuallyHidden>
      <div aria-live="assertive" role="alert" data-region="assertive">
        {now.assertive}
      </div>
      <div aria-live="polite" data-region="polite">
        {now.polite}
      </div>
      <div role="status" data-region="status">
        {now.status}
      </div>
    </VisuallyHidden>
  )
}
