import { useSyncExternalStore } from "react"
import type { Offer } from "../../../../src/core/routing/offer.ts"
import { api } from "../../api.ts"
import { live } from "../../live.ts"

export type ShownOffer = {
  offer: Offer
  /** performance.now() at which it ends: the countdown is from `remainingMs`, never from the wall clock. */
  endsAt: number
  shownAt: number
  /** What became of it, shown for 3 s; null while it is open. */
  end: { status: string; by: string | null } | null
}

const endShownMs = 3000

let offers: ShownOffer[] = []
const watchers = new Set<() => void>()
/** Answered in one tab, quiet in all of them. */
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("switchboard-offers") : null

live.on("offer", (frame) => {
  const offer = frame.offer as Offer
  const remainingMs = Number(frame.remainingMs)
  const known = offers.find((each) => each.offer.id === offer.id)
  if (known)
    return set(
      offers.map((each) => (each === known ? { ...each, offer, endsAt: performance.now() + remainingMs } : each)),
    )
  set([...offers, { offer, endsAt: performance.now() + remainingMs, shownAt: performance.now(), end: null }])
})
live.on("offer_ended", (frame) => {
  const by = typeof frame.by === "object" && frame.by !== null && "name" in frame.by ? String(frame.by.name) : null
  end(String(frame.offerId), String(frame.status), by)
})
tabs?.addEventListener("message", ({ data }) => end(String(data.offerId), String(data.status), null, true))

/** Ends an offer on the screen; `missed` and `withdrawn` say so for a moment, the rest is gone at once. */
export function end(id: string, status: string, by: string | null, fromTab = false) {
  const known = offers.find((each) => each.offer.id === id)
  if (!known || known.end) return
  if (!fromTab) tabs?.postMessage({ offerId: id, status })
  const isNews = status === "missed" || status === "withdrawn" || status === "taken"
  if (!isNews) return set(offers.filter((each) => each !== known))
  set(offers.map((each) => (each === known ? { ...each, end: { status, by } } : each)))
  setTimeout(() => set(offers.filter((each) => each.offer.id !== id)), endShownMs)
}

/** The countdown reached nought: the server's word comes soon, the card waits for it no longer. */
export function expire(id: string) {
  end(id, "missed", null, true)
}

export async function accept(id: string): Promise<{ conversation: { id: string } }> {
  const answer = await api.put<{ conversation: { id: string } }>(`/offers/${id}/acceptance`)
  end(id, "accepted", null)
  return answer
}

export async function decline(id: string): Promise<void> {
  await api.put(`/offers/${id}/decline`, { reason: "declined" })
  end(id, "declined", null)
}

export function useOffers(): ShownOffer[] {
  return useSyncExternalStore(watch, () => offers)
}

/** Called with each offer that is new on this screen. */
export function onNewOffer(listener: (offer: Offer) => void): () => void {
  let known = new Set(offers.map((each) => each.offer.id))
  return watch(() => {
    for (const { offer } of offers) if (!known.has(offer.id)) listener(offer)
    known = new Set(offers.map((each) => each.offer.id))
  })
}

function set(next: ShownOffer[]) {
  offers = next
  for (const watcher of watchers) watcher()
}

function watch(watcher: () => void) {
  watchers.add(watcher)
  return () => void watchers.delete(watcher)
}
