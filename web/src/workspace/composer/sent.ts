import { useSyncExternalStore } from "react"
import type { Draft } from "./draft.ts"

export type Sent = {
  messageId: string /** performance.now() until which it can be taken back. */
  until: number
  draft: Draft
}

const last = new Map<string, Sent>()
const watchers = new Set<() => void>()

export function rememberSent(conversationId: string, sent: Sent) {
  last.set(conversationId, sent)
  for (const watcher of watchers) watcher()
}

export function useSent(conversationId: string): Sent | null {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => last.get(conversationId) ?? null,
  )
}
