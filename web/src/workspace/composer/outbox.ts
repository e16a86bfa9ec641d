import { useSyncExternalStore } from "react"
import type { ChannelName } from "../../../../src/core/channels.ts"
import type { Message } from "../../../../src/core/conversations/message.ts"
import { ApiProblem, api } from "../../api.ts"
import { live } from "../../live.ts"
import type { Draft } from "./draft.ts"

/** A message on its way to our own server: kept in the browser until the server has it, in the order of writing. */
export type Pending = Draft & {
  /** The Idempotency-Key: however often it is sent, it is one message. */
  key: string
  userId: string
  conversationId: string
  channel: ChannelName
  body: Record<string, unknown>
  at: string
  state: "sending" | "waiting"
}

type Outcome = {
  onSent: (message: Message, pending: Pending) => Promise<void>
  onRefused: (problem: ApiProblem, pending: Pending) => void
}

const storageKey = "switchboard:outbox"
const retryAfterMs = 2000

let queue: Pending[] = []
let owner: string | null = null
let outcome: Outcome | null = null
const busy = new Set<string>()
const watchers = new Set<() => void>()
const byConversation = new Map<string, Pending[]>()
const none: Pending[] = []

/** Takes up what the browser had not sent before a crash; only of the person who is signed in. */
export function openOutbox(userId: string, handlers: Outcome): () => void {
  outcome = handlers
  if (owner !== userId) {
    owner = userId
    queue = stored().filter((pending) => pending.userId === userId)
    changed(false)
  }
  sendAll()
  const stop = live.on("welcome", sendAll)
  const timer = setInterval(sendAll, retryAfterMs)
  return () => {
    stop()
    clearInterval(timer)
  }
}

export function post(pending: Omit<Pending, "key" | "at" | "state">) {
  queue = [...queue, { ...pending, key: crypto.randomUUID(), at: new Date().toISOString(), state: "sending" }]
  changed()
  sendAll()
}

export function usePending(conversationId: string | null): Pending[] {
  return useSyncExternalStore(watch, () => (conversationId && byConversation.get(conversationId)) || none)
}

function sendAll() {
  const heads = new Map<string, Pending>()
  for (const pending of queue) if (!heads.has(pending.conversationId)) heads.set(pending.conversationId, pending)
  for (const head of heads.values()) void send(head)
}

/** One at a time for each conversation. No answer: it waits and is tried again; a refusal goes back to the writer. */
async function send(pending: Pending) {
  if (busy.has(pending.conversationId)) return
  busy.add(pending.conversationId)
  try {
    const message = await api.post<Message>(`/conversations/${pending.conversationId}/messages`, pending.body, {
      idempotencyKey: pending.key,
    })
    await outcome?.onSent(message, pending).catch(() => undefined)
    remove(pending)
  } catch (error) {
    const isFinal =
      error instanceof ApiProblem &&
      error.status < 500 &&
      error.status !== 429 &&
      error.status !== 401 &&
      error.code !== "idempotency_in_progress"
    if (isFinal) {
      remove(pending)
      outcome?.onRefused(error, pending)
    } else mark(pending)
  } finally {
    busy.delete(pending.conversationId)
  }
  if (!queue.some((each) => each.key === pending.key)) sendAll()
}

function remove(pending: Pending) {
  queue = queue.filter((each) => each.key !== pending.key)
  changed()
}

function mark(pending: Pending) {
  queue = queue.map((each) => (each.key === pending.key ? { ...each, state: "waiting" } : each))
  changed()
}

function changed(save = true) {
  byConversation.clear()
  for (const pending of queue)
    byConversation.set(pending.conversationId, [...(byConversation.get(pending.conversationId) ?? []), pending])
  if (save) localStorage.setItem(storageKey, JSON.stringify(queue))
  for (const watcher of watchers) watcher()
}

function stored(): Pending[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(storageKey) ?? "[]")
    return Array.isArray(value) ? (value as Pending[]) : []
  } catch {
    return []
  }
}

function watch(watcher: () => void) {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}
