import { type QueryClient, useQueryClient } from "@tanstack/react-query"
import { useEffect } from "react"
import { type LiveEvent, live } from "../live.ts"
import { workKeys } from "./work.queries.ts"

const flushEveryMs = 150
/** The events of one commit come together. */
const collectMs = 20

/** Events of a burst are gathered, so that hundreds in a second cost one reading of what is on the screen. */
export function useWorkLive() {
  const client = useQueryClient()
  useEffect(() => {
    const changed = new Changed(client)
    const leave = live.subscribe("work")
    const stop = live.on("event", (frame) => changed.add(frame as LiveEvent))
    return () => {
      leave()
      stop()
      changed.stop()
    }
  }, [client])
}

/** What belongs to the open conversation is told even where it lies outside the own Inboxes. */
export function useConversationLive(id: string | null) {
  useEffect(() => {
    if (!id) return
    live.presence("work", id)
    const leave = live.subscribe(`conversation:${id}`)
    return () => {
      leave()
      live.presence("work")
    }
  }, [id])
}

const concerning = /^(contact|conversation|conversation_\w+|message|note|customer|customer_address|opt_out)\./

class Changed {
  readonly #client: QueryClient
  readonly #conversations = new Set<string>()
  readonly #customers = new Set<string>()
  /** An event that names its conversation only, such as files that came later: few timelines are on a screen. */
  #someTimeline = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #flushedAt = Number.NEGATIVE_INFINITY

  constructor(client: QueryClient) {
    this.#client = client
  }

  add({ eventType, data }: LiveEvent) {
    if (!concerning.test(eventType)) return
    if (typeof data.conversationId === "string") this.#conversations.add(data.conversationId)
    if (typeof data.customerId === "string") this.#customers.add(data.customerId)
    else if (eventType.startsWith("message.") || eventType.startsWith("note.")) this.#someTimeline = true
    // The first of a row is shown at once; what follows closely is asked for together.
    const wait = Math.max(collectMs, this.#flushedAt + flushEveryMs - performance.now())
    this.#timer ??= setTimeout(() => this.#flush(), wait)
  }

  stop() {
    clearTimeout(this.#timer)
  }

  #flush() {
    this.#timer = undefined
    this.#flushedAt = performance.now()
    void this.#client.invalidateQueries({ queryKey: workKeys.lists })
    for (const id of this.#conversations) void this.#client.invalidateQueries({ queryKey: workKeys.one(id) })
    for (const id of this.#customers) {
      void this.#client.invalidateQueries({ queryKey: workKeys.timeline(id) })
      void this.#client.invalidateQueries({ queryKey: workKeys.customer(id) })
    }
    if (this.#someTimeline) void this.#client.invalidateQueries({ queryKey: ["timeline"] })
    this.#someTimeline = false
    this.#conversations.clear()
    this.#customers.clear()
  }
}
