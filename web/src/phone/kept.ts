import { useSyncExternalStore } from "react"
import type { ChannelName } from "../../../src/core/channels.ts"

/** What was written here as a customer. The far end has no memory of it on the server, so this browser keeps it. */
export type Written = {
  id: string
  address: string
  name: string | null
  channel: ChannelName
  entryPointId: string
  /** The entry point's address. */
  to: string
  subject: string | null
  text: string
  files: {
    name: string
    type: string
    sizeBytes: number /** A small data URL of a picture. */
    picture: string | null
  }[]
  at: string
  /** The last delivery known when it was written: its place among them, whatever the clocks say. */
  afterId: string
  state: "sending" | "delivered" | "failed"
  /** Why it failed, in words. */
  failure: string | null
  conversationId: string | null
  inboxName: string | null
}

export type ToldStatus = "delivered" | "read" | "failed"
type Kept = {
  written: Written[] /** By delivery: what its customer's side told of it. */
  told: Record<string, ToldStatus>
}

const writtenMax = 300
const empty: Kept = { written: [], told: {} }
let kept: Kept = empty
let key: string | null = null
const watchers = new Set<() => void>()

/** The threads of one organization, kept in this browser. */
export function useKept(organizationId: string): Kept {
  open(organizationId)
  return useSyncExternalStore(watch, () => kept)
}

export function keepWritten(item: Written) {
  const others = kept.written.filter(({ id }) => id !== item.id)
  save({ ...kept, written: [...others, item].slice(-writtenMax) })
}

export function keepTold(deliveryId: string, status: ToldStatus) {
  save({ ...kept, told: { ...kept.told, [deliveryId]: status } })
}

function open(organizationId: string) {
  const wanted = `switchboard:phone:${organizationId}`
  if (key === wanted) return
  key = wanted
  kept = read(wanted)
}

function read(from: string): Kept {
  try {
    const { written, told } = JSON.parse(localStorage.getItem(from) ?? "null") as Kept
    // What was under way when the page went is not known to have arrived.
    return {
      written: written.map((item) => (item.state === "sending" ? { ...item, state: "failed", failure: null } : item)),
      told,
    }
  } catch {
    return empty
  }
}

function save(next: Kept) {
  kept = next
  for (const watcher of watchers) watcher()
  if (!key) return
  try {
    localStorage.setItem(key, JSON.stringify(next))
  } catch {
    // Full: the texts matter more than the pictures.
    const written = next.written.map((item) => ({
      ...item,
      files: item.files.map((file) => ({ ...file, picture: null })),
    }))
    localStorage.setItem(key, JSON.stringify({ ...next, written }))
  }
}

function watch(watcher: () => void) {
  watchers.add(watcher)
  return () => void watchers.delete(watcher)
}
