import type { DeliveryStatus } from "../conversations/message.ts"

/** What a delivery's row says; `sending` and `canceled` are ours and shown as `queued` and `failed`. */
export type StoredDeliveryStatus = DeliveryStatus | "sending" | "canceled"

const rank: { readonly [status in StoredDeliveryStatus]: number } = {
  queued: 0,
  sending: 1,
  unknown: 2,
  sent: 3,
  failed: 4,
  delivered: 5,
  read: 6,
  canceled: 7,
}

/** Providers tell states in any order and more than once: the highest stays, whatever came last (reliability 18). */
export function isAdvance(from: StoredDeliveryStatus, to: StoredDeliveryStatus): boolean {
  return rank[to] > rank[from]
}

export function shownStatus(status: StoredDeliveryStatus): DeliveryStatus {
  if (status === "sending") return "queued"
  return status === "canceled" ? "failed" : status
}
