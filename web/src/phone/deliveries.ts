import { useEffect, useState } from "react"
import { ApiProblem, api, type Page, query } from "../api.ts"
import type { ChannelName } from "../../../src/core/channels.ts"

/** What the far end received (api.md 2.16). */
export type Delivered = {
  id: string
  /** Null: an invitation or another mail of Switchboard itself. */
  messageId: string | null
  channel: ChannelName
  from: string | null
  to: string
  text: string
  subject: string | null
  attachments: { name: string; type: string; sizeBytes: number }[]
  at: string
}

const pageSize = 100
const waitSeconds = 20
const retryMs = 3000

export type Deliveries = { items: Delivered[]; isLoading: boolean; error: Error | null }

/** All that was delivered, and then each new one as it comes: the server answers when there is one. */
export function useDeliveries(): Deliveries {
  const [state, setState] = useState<Deliveries>({ items: [], isLoading: true, error: null })
  useEffect(() => {
    const stopped = new AbortController()
    void follow(stopped.signal, setState)
    return () => stopped.abort()
  }, [])
  return state
}

async function follow(signal: AbortSignal, set: (change: (before: Deliveries) => Deliveries) => void) {
  let after: string | undefined
  let caughtUp = false
  while (!signal.aborted) {
    try {
      const path: string = `/sandbox/deliveries${query({ after, limit: pageSize, wait: caughtUp ? waitSeconds : undefined })}`
      const { items }: Page<Delivered> = await api.get<Page<Delivered>>(path, signal)
      after = items.at(-1)?.id ?? after
      caughtUp = items.length < pageSize
      set((before) => ({ items: [...before.items, ...items], isLoading: !caughtUp, error: null }))
    } catch (error) {
      if (signal.aborted) return
      set((before) => ({
        ...before,
        isLoading: false,
        error: error instanceof Error ? error : new Error(String(error)),
      }))
      if (error instanceof ApiProblem && error.status < 500) return
      // Asks without waiting next, so that the trouble does not stay on the screen.
      caughtUp = false
      await new Promise((resolve) => setTimeout(resolve, retryMs))
    }
  }
}
