import { sql } from "kysely"
import type { ChannelGroup } from "../core/channels.ts"
import { type AgentRow, isPresent, lockAgents } from "./agents.ts"
import { endOffers, lockPendingOffers, type OfferRow } from "./offers.ts"
import { itemsToLock, returnItems } from "./queue-items.ts"
import { records } from "./records.ts"
import { RetryWrite, type Tx } from "./write.ts"

/** What an act may change in an agent's state; loads follow seats and stand in seats.ts. */
export type AgentChange = Partial<
  Pick<
    AgentRow,
    | "status"
    | "awayReasonId"
    | "awayCause"
    | "availableFor"
    | "focusedAt"
    | "pausedAt"
    | "settingsUntil"
    | "heartbeatAt"
    | "connected"
    | "lastLoggedInAt"
    | "blockedUntilVoice"
    | "blockedUntilMessaging"
    | "acwUntil"
    | "mailCredit"
    | "missesInRow"
    | "standardCapacity"
    | "maximumCapacity"
    | "deactivatedAt"
  >
>

export type AgentWork = { agent: AgentRow; offers: OfferRow[] }

/**
 * The agent and what is being offered to him, locked in the one order (items, offers, agent). Null: no agent.
 * An offer that was committed in between runs the transaction again, so that none escapes a withdrawal.
 */
export async function lockAgentWork(tx: Tx, agentId: string): Promise<AgentWork | null> {
  const seen = await pendingItems(tx, agentId)
  await tx.together([itemsToLock(tx, seen)])
  const offers = (await lockPendingOffers(tx, seen)).filter((offer) => offer.agentId === agentId)
  const agent = (await lockAgents(tx, [agentId])).get(agentId)
  if (!agent) return null
  const now = await pendingItems(tx, agentId)
  if (now.some((id) => !seen.includes(id))) throw new RetryWrite("an offer was made meanwhile")
  return { agent, offers }
}

async function pendingItems(tx: Tx, agentId: string): Promise<string[]> {
  const { rows } = await sql<{ queueItemId: string }>`
    SELECT queue_item_id FROM offers WHERE org_id = ${tx.orgId} AND agent_id = ${agentId} AND state = 'pending'`.execute(
    tx.db,
  )
  return rows.map((row) => row.queueItemId)
}

/** Takes offers back without penalty; their items return to their place. */
export async function withdrawOffers(
  tx: Tx,
  offers: readonly OfferRow[],
  reason: string,
  groups?: readonly ChannelGroup[],
): Promise<void> {
  const concerned = groups ? offers.filter((offer) => groups.includes(offer.channelGroup)) : offers
  const ended = await endOffers(
    tx,
    concerned.map((offer) => offer.id),
    "withdrawn",
    reason,
  )
  await returnItems(
    tx,
    ended.map((offer) => offer.queueItemId),
  )
}

/** Writes a change of a locked agent; since when he is absent follows. Answers the row as it is now. */
export async function changeAgent(tx: Tx, before: AgentRow, change: AgentChange): Promise<AgentRow> {
  const after: AgentRow = { ...before, ...change, version: before.version + 1 }
  if (after.status !== before.status) after.statusSince = tx.now
  after.absentSince = isPresent(after) ? null : (before.absentSince ?? tx.now)
  await sql`
    UPDATE agent_states a SET status = r.status, away_reason_id = r.away_reason_id, away_cause = r.away_cause,
      available_for = r.available_for, focused_at = r.focused_at, paused_at = r.paused_at, settings_until = r.settings_until,
      heartbeat_at = r.heartbeat_at, connected = r.connected, status_since = r.status_since,
      last_logged_in_at = r.last_logged_in_at, absent_since = r.absent_since, blocked_until_voice = r.blocked_until_voice,
      blocked_until_messaging = r.blocked_until_messaging, acw_until = r.acw_until, mail_credit = r.mail_credit,
      misses_in_row = r.misses_in_row, standard_capacity = r.standard_capacity, maximum_capacity = r.maximum_capacity,
      deactivated_at = r.deactivated_at, version = a.version + 1
    FROM ${records(
      [after],
      `agent_id uuid, status text, away_reason_id uuid, away_cause text, available_for text[], focused_at timestamptz,
       paused_at timestamptz, settings_until timestamptz, heartbeat_at timestamptz, connected boolean, status_since timestamptz,
       last_logged_in_at timestamptz, absent_since timestamptz, blocked_until_voice timestamptz,
       blocked_until_messaging timestamptz, acw_until timestamptz, mail_credit smallint, misses_in_row smallint,
       standard_capacity int, maximum_capacity int, deactivated_at timestamptz`,
    )} WHERE a.org_id = ${tx.orgId} AND a.agent_id = r.agent_id`.execute(tx.db)
  tx.touch({ agents: [before.agentId] })
  return after
}

/** The engine reads agents again by their version: raised when their inboxes change. */
export async function bumpAgents(tx: Tx, agentIds: readonly string[]): Promise<void> {
  if (agentIds.length === 0) return
  await sql`
    UPDATE agent_states SET version = version + 1 WHERE org_id = ${tx.orgId} AND agent_id = ANY(${[...agentIds]})`.execute(
    tx.db,
  )
  tx.touch({ agents: agentIds })
}
