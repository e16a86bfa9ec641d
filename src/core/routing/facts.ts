import type { ChannelGroup } from "../channels.ts"

/**
 * What goes into the routing engine and what comes out (routing.md 4). Rows are mirrored with their `version` (D2): one
 * that is not newer than what the engine holds is ignored, so facts may arrive twice and in any order.
 */

/** Epoch milliseconds on the business clock. */
export type Instant = number
export type DecisionId = number

export type QueueItemFact = {
  id: string
  version: number
  conversationId: string
  lane: "text" | "call"
  inboxId: string
  group: ChannelGroup
  state: "waiting" | "offered" | "done" | "canceled"
  /** null is served after every due date. */
  dueAt: Instant | null
  queuedAt: Instant
  /** Kept over transfers: the tie-break among equal due dates. */
  firstQueuedAt: Instant
  /** A call of a conversation that this agent has: preferred among equally loaded agents (routing.md 1.7). */
  preferredAgentId: string | null
}

export type AgentFact = {
  id: string
  version: number
  status: "logged_in" | "away" | "logged_out"
  connected: boolean
  availableFor: readonly ChannelGroup[]
  focused: boolean
  /** In Settings until then; Number.POSITIVE_INFINITY for a pause that only a request ends. */
  settingsUntil: Instant | null
  blockedUntilVoice: Instant | null
  blockedUntilMessaging: Instant | null
  afterCallWorkUntil: Instant | null
  mailCredit: number
  standardCapacity: number
  maximumCapacity: number
  voiceLoad: number
  messagingLoad: number
  /** null: never; counts as idle for longest. */
  lastAssignedAt: Instant | null
  inboxIds: readonly string[]
  /** Since when logged out, away or disconnected; null while present. Starts the grace of assigned work. */
  absentSince: Instant | null
}

export type OfferFact = {
  id: string
  version: number
  itemId: string
  agentId: string
  group: ChannelGroup
  state: "pending" | "accepted" | "declined" | "missed" | "withdrawn" | "device_error"
  deadlineAt: Instant
  decidedAt: Instant | null
}

/** A conversation that somebody has and whose customer waits; otherwise agentId or awaitingSince is null. */
export type AssignedFact = {
  id: string
  version: number
  agentId: string | null
  awaitingSince: Instant | null
  /** messaging when it has a live messaging contact, else mail. */
  group: "messaging" | "mail"
}

/** From the Conversation Workflow settings. */
export type RoutingConfig = {
  version: number
  ringSeconds: number
  declineDelaySeconds: number
  messagingDuringCall: boolean
  offerBanner: boolean
  offerSeconds: number
  routingDelaySeconds: number
  absentGraceSeconds: { messaging: number; mail: number }
}

/**
 * `commit_answered`: the runner first applies the rows that the commit returned, or that it reloaded after a refusal, and
 * then tells the outcome. `unknown` (connection lost at COMMIT) keeps the hold and freezes its agent until the rows
 * have been reloaded and `dropped` is told. `dropped` forgets the hold without holding it against the pair.
 */
export type RoutingEvent = { at: Instant } & (
  | { type: "item_changed"; item: QueueItemFact }
  | { type: "agent_changed"; agent: AgentFact }
  | { type: "offer_changed"; offer: OfferFact }
  | { type: "assigned_changed"; conversation: AssignedFact }
  | { type: "commit_answered"; decisionId: DecisionId; outcome: CommitOutcome }
  | { type: "pull_requested"; agentId: string; requestId: string }
  | { type: "configured"; config: RoutingConfig }
  | { type: "tick" }
)
export type CommitOutcome = "accepted" | "refused" | "unknown" | "dropped"

/** The first failing clause, in this fixed order (api.md 1.1 Explanation). */
export const exclusionCodes = [
  "not_member",
  "logged_out",
  "away",
  "disconnected",
  "focus",
  "in_settings",
  "not_available_for_group",
  "skills",
  "after_call_work",
  "decline_delay",
  "routing_delay",
  "on_call",
  "mail_by_next",
  "at_capacity",
  "tried_before",
] as const
export type ExclusionCode = (typeof exclusionCodes)[number]

export type WithdrawReason =
  | "logged_out"
  | "away"
  | "disconnected"
  | "focus"
  | "settings"
  | "switched_off"
  | "inbox_removed"
  | "on_call"
  | "taken"

export type Decision = { id: DecisionId; at: Instant; because: Because } & (
  | ({ type: "offer"; deadlineAt: Instant } & Match)
  | ({ type: "assign"; reason: "automated_assignment" } & Match)
  | { type: "withdraw"; offerId: string; itemId: string; agentId: string; group: ChannelGroup; reason: WithdrawReason }
  | { type: "miss"; offerId: string; itemId: string; agentId: string; group: ChannelGroup }
  /** After two misses in a row: switch the group off for the agent and tell him. */
  | { type: "unavailable"; agentId: string; group: ChannelGroup }
  /** Next found nothing. `grantMailCredit`: the first mail that waits or arrives is his. */
  | { type: "answer_pull"; requestId: string; agentId: string; found: false; grantMailCredit: boolean }
  /** Unassign and queue again with the old due date and firstQueuedAt, reason agent_absent. */
  | { type: "requeue_absent"; conversationId: string; agentId: string }
)

export type Match = {
  itemId: string
  conversationId: string
  inboxId: string
  group: ChannelGroup
  agentId: string
  pull: boolean
  /** Of the pull that it answers. */
  requestId: string | null
}

/** Members of an Inbox who could not have an item, by their first failing clause: how many, and at most five of them. */
export type Excluded = [code: ExclusionCode, count: number, agentIds: string[]]

/** Codes and numbers, never prose: sentences are made by explain.ts. */
export type Because = {
  rule: "best_pair" | "pull" | "deadline" | "agent_not_routable" | "absent_grace" | "two_misses" | "nothing_found"
  configVersion: number
  /** Of a match only. */
  match?: {
    score: number
    /** When it was decided, by the engine's clock: the commit may come later. */
    decidedAt: Instant
    /** Items of this Inbox and group that stood before it, and all that waited (itself counted). */
    place: number
    queueLength: number
    chosen: { load: number; capacity: number | null; idleSince: Instant | null }
    /** Other members who could have had it. */
    alsoEligible: number
    members: number
    /** All other members, however many. */
    excluded: Excluded[]
  }
}

/** Why an item waits, computed on request from live state. */
export type WhyWaiting = {
  itemId: string
  inboxId: string
  group: ChannelGroup
  state: "waiting" | "offered" | "being_assigned"
  place: number
  queueLength: number
  members: number
  /** All members up to 50, else five of each code. */
  candidates: { agentId: string; excludedBy: ExclusionCode | null }[]
  excludedCounts: { [code in ExclusionCode]?: number }
}

/** Rows that the engine mirrors. */
export type MirroredRows = {
  items: QueueItemFact[]
  agents: AgentFact[]
  offers: OfferFact[]
  assigned: AssignedFact[]
}
export type MirroredKind = "item" | "agent" | "offer" | "assigned"

/** The database refused this again and again though the engine knows its rows as they are: one of the two is wrong. */
export type HotRefusal = { decision: Decision["type"]; id: string; agentId: string }

/** Pure: no clock, no I/O; the same events give the same decisions. */
export interface Engine {
  apply(event: RoutingEvent): void
  /** Decides to exhaustion, at most `max`. Each decision places a hold until its commit is answered. */
  decide(now: Instant, max: number): Decision[]
  /** For an item whose row is about to be written in the caller's transaction (fused intake). */
  reserve(item: QueueItemFact, now: Instant): Decision | null
  /** When decide() may have something to do without a further event; null: never. */
  nextWakeAt(): Instant | null
  explain(itemId: string, now: Instant): WhyWaiting | null
  /** What `explain` would say of an item that is not there; nothing is held. */
  foresee(item: QueueItemFact, now: Instant): WhyWaiting
  /** The next hundredth of the rows that it holds, in turn, for the audit (routing.md 3.5). */
  sample(): MirroredRows
  /** The newest version of a row that was heard of lately; 0: none. */
  versionOf(kind: MirroredKind, id: string): number
  /** An agent's row as the engine knows it, and how many decisions about him are not settled. */
  agentOf(id: string): { fact: AgentFact; holds: number } | null
  /** What was refused three times at equal versions since this was asked last. */
  takeHotRefusals(): HotRefusal[]
}
