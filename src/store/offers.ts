import { type RawBuilder, sql } from "kysely"
import type { ChannelGroup, ChannelName } from "../core/channels.ts"
import { copyTable } from "./copy.ts"
import { releaseSeats } from "./seats.ts"
import type { Tx } from "./write.ts"

export type OfferState = "pending" | "accepted" | "declined" | "missed" | "withdrawn" | "device_error"

export type OfferRow = {
  id: string
  queueItemId: string
  conversationId: string
  contactId: string
  inboxId: string
  agentId: string
  channel: ChannelName
  channelGroup: ChannelGroup
  state: OfferState
  withdrawnReason: string | null
  matchReasons: string[]
  offeredAt: Date
  endsAt: Date
  decidedAt: Date | null
  epoch: number
  decisionId: string
  version: number
}

/** For `sql` texts that read offers. */
export const offerColumns =
  sql.raw(`id, queue_item_id, conversation_id, contact_id, inbox_id, agent_id, channel, channel_group,
  state, withdrawn_reason, match_reasons, offered_at, ends_at, decided_at, epoch, decision_id, version`)

/** Pending offers of these items, in id order, locked until the commit. */
export async function lockPendingOffers(tx: Tx, itemIds: readonly string[]): Promise<OfferRow[]> {
  if (itemIds.length === 0) return []
  const { rows } = await sql<OfferRow>`
    SELECT ${offerColumns} FROM offers WHERE org_id = ${tx.orgId} AND queue_item_id = ANY(${[...itemIds]}) AND state = 'pending'
    ORDER BY id FOR NO KEY UPDATE`.execute(tx.db)
  return rows
}

/** Those of these offers that are still pending, in id order; locked until the commit. */
export function pendingOffersToLock(tx: Tx, ids: readonly string[]): RawBuilder<OfferRow> {
  return sql<OfferRow>`
    SELECT ${offerColumns} FROM offers WHERE org_id = ${tx.orgId} AND id = ANY(${[...ids]}::uuid[]) AND state = 'pending'
    ORDER BY id FOR NO KEY UPDATE`
}

export type NewOffer = Omit<OfferRow, "state" | "withdrawnReason" | "decidedAt" | "version">

const offersTable = copyTable<NewOffer>("offers", {
  id: "uuid",
  queueItemId: "uuid",
  conversationId: "uuid",
  contactId: "uuid",
  inboxId: "uuid",
  agentId: "uuid",
  channel: "text",
  channelGroup: "text",
  matchReasons: "texts",
  offeredAt: "timestamptz",
  endsAt: "timestamptz",
  epoch: "bigint",
  decisionId: "uuid",
})

export function putOffers(tx: Tx, rows: readonly NewOffer[]): void {
  tx.put(offersTable, rows)
}

/**
 * Ends offers that are still pending and answers those that this transaction ended: one conditional UPDATE decides
 * between acceptance, miss and withdrawal. Seats are released unless it was accepted. Items are the caller's.
 */
export async function endOffers(
  tx: Tx,
  offerIds: readonly string[],
  state: Exclude<OfferState, "pending">,
  withdrawnReason: string | null = null,
): Promise<OfferRow[]> {
  if (offerIds.length === 0) return []
  const { rows } = await sql<OfferRow>`
    UPDATE offers SET state = ${state}, withdrawn_reason = ${withdrawnReason}, decided_at = ${tx.now}, version = version + 1
    WHERE org_id = ${tx.orgId} AND id = ANY(${[...offerIds]}) AND state = 'pending' RETURNING ${offerColumns}`.execute(
    tx.db,
  )
  if (state !== "accepted")
    await releaseSeats(
      tx,
      rows.map((row) => row.id),
    )
  tx.touch({ items: rows.map((row) => row.queueItemId), agents: rows.map((row) => row.agentId) })
  for (const offer of rows)
    tx.event(
      state === "accepted" ? "contact.offer_accepted" : "contact.offer_rejected",
      offerData(offer, withdrawnReason),
    )
  return rows
}

function offerData(offer: OfferRow, withdrawnReason: string | null): Record<string, unknown> {
  return {
    offerId: offer.id,
    contactId: offer.contactId,
    conversationId: offer.conversationId,
    inboxId: offer.inboxId,
    agentId: offer.agentId,
    matchReasons: offer.matchReasons,
    reason: offer.state,
    ...(withdrawnReason ? { withdrawnReason } : {}),
  }
}
