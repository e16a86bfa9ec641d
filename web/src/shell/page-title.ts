import { useEffect, useSyncExternalStore } from "react"

let current = ""
const watchers = new Set<() => void>()

/** Sets the document's title and the phone header's; used by each page once. */
export function useTitle(title: string) {
  useEffect(() => {
    current = title
    document.title = `${title} · Switchboard`
    for (const watcher of watchers) watcher()
  }, [title])
}

export function usePageTitle(): { title: string } {
  const title = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => current,
  )
  return { title }
}
