import { useEffect, useRef, useSyncExternalStore } from "react"
import { live } from "../live.ts"

type Writer = { id: string | null; name: string; type?: string }

const writers = new Map<string, { person: Writer; channel: string; until: number }>()
const watchers = new Set<() => void>()
/** A lost "off" must not leave somebody writing for ever. */
const forgottenAfterMs = 8000

live.on("typing", (frame) => {
  if (typeof frame.conversationId !== "string") return
  const id = frame.conversationId
  if (frame.on) {
    writers.set(id, {
      person: frame.person as Writer,
      channel: String(frame.channel),
      until: Date.now() + forgottenAfterMs,
    })
    setTimeout(() => forget(id), forgottenAfterMs + 50)
  } else writers.delete(id)
  tell()
})
live.on("event", (frame) => {
  if (frame.eventType !== "contact.message_received" || typeof frame.data !== "object" || frame.data === null) return
  if ("conversationId" in frame.data && writers.delete(String(frame.data.conversationId))) tell()
})

function forget(id: string) {
  if ((writers.get(id)?.until ?? 0) <= Date.now() && writers.delete(id)) tell()
}

function tell() {
  for (const watcher of watchers) watcher()
}

function watch(watcher: () => void) {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

/** The name of who writes in a conversation now, or null. */
export function useTyping(conversationId: string): string | null {
  return useSyncExternalStore(watch, () => writers.get(conversationId)?.person.name ?? null)
}

/** Whether that is the customer, and not a colleague. */
export function isCustomerTyping(conversationId: string): boolean {
  return writers.get(conversationId)?.person.type === "customer"
}

const repeatMs = 4000
const silentMs = 5000

/** Tells the others that the person writes: at the first letter, again every 4 s, and the end of it. */
export function useTellTyping(conversationId: string, channel: string): () => void {
  const last = useRef(0)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useEffect(
    () => () => {
      clearTimeout(timer.current)
      if (last.current > 0) live.send({ type: "typing", conversationId, channel, on: false })
      last.current = 0
    },
    [conversationId, channel],
  )
  return () => {
    const now = Date.now()
    if (now - last.current > repeatMs) {
      last.current = now
      live.send({ type: "typing", conversationId, channel, on: true })
    }
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      last.current = 0
      live.send({ type: "typing", conversationId, channel, on: false })
    }, silentMs)
  }
}
