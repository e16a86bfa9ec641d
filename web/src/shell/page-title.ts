import { useEffect, useSyncExternalStore } from "react"

let onPhones: string | null = ""
const watchers = new Set<() => void>()

/**
 * Sets the document's title and the phone header's; used by each page once. `onPhone` null: the page's own heading stands
 * right below that header, which then shows the product instead of the same words again.
 */
export function useTitle(title: string, onPhone: string | null = title) {
  useEffect(() => {
    onPhones = onPhone
    document.title = `${title} · Switchboard`
    for (const watcher of watchers) watcher()
  }, [title, onPhone])
}

export function usePhoneTitle(): string | null {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => onPhones,
  )
}
