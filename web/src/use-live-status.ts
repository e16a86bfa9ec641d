import { useSyncExternalStore } from "react"
import { type LiveStatus, live } from "./live.ts"

export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(live.watch, live.status)
}
