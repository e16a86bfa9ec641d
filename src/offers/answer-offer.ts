import { sql } from "kysely"
import { problem } from "../problem.ts"
import { openAssignments } from "../store/assignments.ts"
import { endOffers, offerColumns, type OfferRow, pendingOffersToLock } from "../store/offers.ts"
import { endItems, returnItems } from "../store/queue-items.ts"
import { readWorkflowSettings } from "../store/routing-settings.ts"
import { handOverSeats, releaseSeats } from "../store/seats.ts"
import { lockWork } from "../store/work.ts"
import type { Tx } from "../store/write.ts"

/**
 * The agent takes what was offered to him. One conditional UPDATE decides against a miss, a withdrawal, another tab: the
 * loser gets 409 `offer_ended` `{status}`; the winner asking again gets what he has. Answers the conversation's id.
 */
export async function acceptOffer(tx: Tx, offerId: string, agentId: string): Promise<{ conversationId: string }> {
  const seen = await findOffer(tx, offerId, agentId)
  const work = await lockWork(tx, [seen.conversationId], [agentId])
  const pending = work.offers.find((offer) => offer.id === offerId)
  const conversation = work.conversations.get(seen.conversationId)
  if (!pending || !conversation) return ended(tx, offerId, agentId)
  if (pending.endsAt.getTime() <= tx.now.getTime()) throw problem("offer_ended", { status: "missed" })
  const [accepted] = await endOffers(tx, [offerId], "accepted")
  if (!accepted) return ended(tx, offerId, agentId)
  // The seat of whoever had the conversation bears the same key as the one that is handed over.
  if (conversation.agentId) await releaseSeats(tx, [conversation.id])
  await handOverSeats(tx, [offerId])
  await endItems(tx, [accepted.queueItemId], { state: "done", reason: "assigned", withdrawn: "taken" })
  const conflict = conversation.agentId !== null && conversation.agentId !== agentId
  await openAssignments(tx, [
    {
      conversation,
      agentId,
      reason: conflict ? "contact_offer_conflict" : "contact_offered",
      via: "push",
      decisionId: accepted.decisionId,
    },
  ])
  await afterAcceptance(tx, accepted)
  return { conversationId: conversation.id }
}

/** 404 for a missing offer and for another's. */
async function findOffer(tx: Tx, offerId: string, agentId: string): Promise<OfferRow> {
  const { rows } = await sql<OfferRow>`
    SELECT ${offerColumns} FROM offers WHERE org_id = ${tx.orgId} AND id = ${offerId} AND agent_id = ${agentId}`.execute(
    tx.db,
  )
  if (!rows[0]) throw problem("not_found")
  return rows[0]
}

/** Read after the lock was waited for: what became of it meanwhile. */
async function ended(tx: Tx, offerId: string, agentId: string): Promise<{ conversationId: string }> {
  const offer = await findOffer(tx, offerId, agentId)
  if (offer.state === "accepted") return { conversationId: offer.conversationId }
  throw problem("offer_ended", { status: offer.state })
}

async function afterAcceptance(tx: Tx, offer: OfferRow): Promise<void> {
  const { settings } = await readWorkflowSettings(tx.db, tx.orgId)
  const delay = offer.channelGroup === "messaging" ? settings.messaging.routingDelaySeconds : 0
  const until = delay > 0 ? new Date(tx.now.getTime() + delay * 1000) : null
  await sql`
    UPDATE agent_states SET misses_in_row = 0, blocked_until_messaging = coalesce(${until}, blocked_until_messaging), version = version + 1
    WHERE org_id = ${tx.orgId} AND agent_id = ${offer.agentId}`.execute(tx.db)
}

/**
 * The agent does not take it: it returns to its place, and this agent is passed over for a while (core/routing). 409
 * `decline_not_allowed` where calls must be taken, `offer_ended` `{status}`. Declining again answers the same.
 */
export async function declineOffer(
  tx: Tx,
  offerId: string,
  agentId: string,
  reason: "declined" | "device_error",
): Promise<void> {
  const seen = await findOffer(tx, offerId, agentId)
  if (seen.state === reason) return
  const { settings } = await readWorkflowSettings(tx.db, tx.orgId)
  if (seen.channelGroup === "voice" && reason === "declined" && !settings.voice.declineAllowed)
    throw problem("decline_not_allowed")
  await lockWork(tx, [seen.conversationId], [agentId])
  const [[pending]] = await tx.together([pendingOffersToLock(tx, [offerId])])
  if (!pending) throw problem("offer_ended", { status: (await findOffer(tx, offerId, agentId)).state })
  await endOffers(tx, [offerId], reason)
  await returnItems(tx, [pending.queueItemId])
  if (pending.channelGroup !== "voice") return
  const until = new Date(tx.now.getTime() + settings.voice.declineDelaySeconds * 1000)
  await sql`
    UPDATE agent_states SET blocked_until_voice = ${until}, version = version + 1
    WHERE org_id = ${tx.orgId} AND agent_id = ${agentId}`.execute(tx.db)
}
