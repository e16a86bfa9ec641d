import { useEffect, useState, useSyncExternalStore } from "react"
import { type LiveStatus, live } from "./live.ts"

export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(live.watch, live.status)
}

/** The server counts a person as away whose line is lost for so long. */
export const awayMs = 20_000

export function useLostForLong(): boolean {
  const isLost = useLiveStatus().state === "lost"
  const [isLong, setLong] = useState(false)
  useEffect(() => {
    if (!isLost) return setLong(false)
    const timer = setTimeout(() => setLong(true), awayMs)
    return () => clearTimeout(timer)
  }, [isLost])
  return isLong
}
