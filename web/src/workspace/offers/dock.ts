import { useEffect, useSyncExternalStore } from "react"

let docks = 0
const watchers = new Set<() => void>()

/** Held by the customer pane while it is on the screen: offers stand there, and do not float. */
export function useDock(shown: boolean) {
  useEffect(() => {
    if (!shown) return
    change(1)
    return () => change(-1)
  }, [shown])
}

export function useIsDocked(): boolean {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => docks > 0,
  )
}

function change(by: number) {
  docks += by
  for (const watcher of watchers) watcher()
}
