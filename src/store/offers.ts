import { type RawBuilder, sql } from "kysely"
import type { ChannelGroup, ChannelName } from "../core/channels.ts"
import { records } from "./records.ts"
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

/** Those of these offers that are still pending, by id; locked until the commit. */
export async function lockPendingOffersById(tx: Tx, ids: readonly string[]): Promise<Map<string, OfferRow>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<OfferRow>`
    SELECT ${offerColumns} FROM offers WHERE org_id = ${tx.orgId} AND id = ANY(${[...ids]}) AND state = 'pending'
    ORDER BY id FOR NO KEY UPDATE`.execute(tx.db)
  return new Map(rows.map((row) => [row.id, row]))
}

export type NewOffer = Omit<OfferRow, "state" | "withdrawnReason" | "decidedAt" | "version">

export function offersInsert(tx: Tx, rows: readonly NewOffer[]): RawBuilder<unknown> | null {
  if (rows.length === 0) return null
  return sql`
    INSERT INTO offers (org_id, id, queue_item_id, conversation_id, contact_id, inbox_id, agent_id, channel, channel_group,
      match_reasons, offered_at, ends_at, epoch, decision_id)
    SELECT ${tx.orgId}::uuid, r.* FROM ${records(
      rows.map((row) => ({
        id: row.id,
        queueItemId: row.queueItemId,
        conversationId: row.conversationId,
        contactId: row.contactId,
        inboxId: row.inboxId,
        agentId: row.agentId,
        channel: row.channel,
        channelGroup: row.channelGroup,
        matchReasons: row.matchReasons,
        offeredAt: row.offeredAt,
        endsAt: row.endsAt,
        epoch: row.epoch,
        decisionId: row.decisionId,
      })),
      `id uuid, queue_item_id uuid, conversation_id uuid, contact_id uuid, inbox_id uuid, agent_id uuid, channel text,
       channel_group text, match_reasons text[], offered_at timestamptz, ends_at timestamptz, epoch bigint, decision_id uuid`,
    )}`
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
