import type { AgentFact, OfferFact, QueueItemFact } from "../core/routing/facts.ts"
import type { AgentRow } from "./agents.ts"
import type { OfferRow } from "./offers.ts"
import type { QueueItemRow } from "./queue-item.ts"

/** Rows as the routing engine takes them. */

export function itemFact(row: QueueItemRow): QueueItemFact {
  return {
    id: row.id,
    version: row.version,
    conversationId: row.conversationId,
    lane: row.lane,
    inboxId: row.inboxId,
    group: row.channelGroup,
    state: row.state,
    dueAt: row.dueAt.getTime(),
    queuedAt: row.queuedAt.getTime(),
    firstQueuedAt: row.firstQueuedAt.getTime(),
    preferredAgentId: null,
  }
}

/** An agent with what else decides whether he may be given something. */
export type AgentAtWork = AgentRow & { inboxIds: string[]; inSettings: boolean }

export function agentFact(row: AgentAtWork): AgentFact {
  return {
    id: row.agentId,
    version: row.version,
    status: row.deactivatedAt ? "logged_out" : row.status,
    connected: row.connected,
    availableFor: row.availableFor,
    focused: row.focusedAt !== null,
    // Ended by the row (a sweep on the true clock), never by the engine's business clock.
    settingsUntil: row.inSettings ? Number.POSITIVE_INFINITY : null,
    blockedUntilVoice: row.blockedUntilVoice?.getTime() ?? null,
    blockedUntilMessaging: row.blockedUntilMessaging?.getTime() ?? null,
    afterCallWorkUntil: row.acwUntil?.getTime() ?? null,
    mailCredit: row.mailCredit,
    standardCapacity: row.standardCapacity,
    maximumCapacity: row.maximumCapacity,
    voiceLoad: row.voiceLoad,
    messagingLoad: row.messagingLoad,
    lastAssignedAt: row.lastAssignedAt?.getTime() ?? null,
    inboxIds: row.inboxIds,
    absentSince: row.absentSince?.getTime() ?? null,
  }
}

export function offerFact(row: Omit<OfferRow, "withdrawnReason" | "matchReasons">): OfferFact {
  return {
    id: row.id,
    version: row.version,
    itemId: row.queueItemId,
    agentId: row.agentId,
    group: row.channelGroup,
    state: row.state,
    deadlineAt: row.endsAt.getTime(),
    decidedAt: row.decidedAt?.getTime() ?? null,
  }
}
