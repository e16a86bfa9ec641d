import { useSyncExternalStore } from "react"

/** One clock for everything on the screen that shows a time: seconds for chips, minutes for the rest. */
function ticker(everyMs: number) {
  const watchers = new Set<() => void>()
  let now = Date.now()
  let timer: ReturnType<typeof setInterval> | undefined
  return {
    watch(watcher: () => void) {
      watchers.add(watcher)
      timer ??= setInterval(() => {
        now = Date.now()
        for (const each of watchers) each()
      }, everyMs)
      return () => {
        watchers.delete(watcher)
        if (watchers.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
    now: () => (timer ? now : Math.floor(Date.now() / everyMs) * everyMs),
  }
}

const seconds = ticker(1000)
const halfMinutes = ticker(30_000)

/** Epoch milliseconds, new each second; only for chips that show seconds. */
export const useNowSeconds = () => useSyncExternalStore(seconds.watch, seconds.now)
/** Epoch milliseconds, new each half minute. */
export const useNowMinutes = () => useSyncExternalStore(halfMinutes.watch, halfMinutes.now)
