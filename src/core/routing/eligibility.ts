import type { ChannelGroup } from "../channels.ts"
import type { AgentFact, ExclusionCode, Instant, RoutingConfig, WithdrawReason } from "./facts.ts"

/** Who may get an item: the first failing clause in the fixed order of api.md 1.1 (spec 6.3, routing.md 1.6). */

/** An agent as confirmed by the database, with what undecided commits hold on top (routing.md 3.5). */
export type AgentView = {
  fact: AgentFact
  held: { voice: number; messaging: number; mail: number }
  /** Groups that are being switched off after two misses. */
  switchedOff: ChannelGroup[]
  /** A message is being pushed to him, or offered: the routing delay begins when he has it. */
  delayed: boolean
  /** The outcome of a commit is unknown: nothing is decided for the agent. */
  frozen: boolean
  /** Last assignment, those under way included. */
  idleSince: Instant
}

export type Asking = { now: Instant; config: RoutingConfig; pull: boolean }

/** Null: eligible. Clause `tried_before` belongs to the pair and is judged by the state. */
export function excludedBy(
  view: AgentView,
  inboxId: string,
  group: ChannelGroup,
  asking: Asking,
): ExclusionCode | null {
  return view.fact.inboxIds.includes(inboxId) ? excludedInGroup(view, group, asking) : "not_member"
}

/** The clauses that do not depend on the Inbox. */
export function excludedInGroup(view: AgentView, group: ChannelGroup, asking: Asking): ExclusionCode | null {
  const { fact } = view
  const { now } = asking
  if (fact.status !== "logged_in") return fact.status
  if (!fact.connected) return "disconnected"
  if (fact.focused) return "focus"
  if (isAhead(fact.settingsUntil, now)) return "in_settings"
  if (!fact.availableFor.includes(group) || view.switchedOff.includes(group)) return "not_available_for_group"
  if (group === "voice") return excludedFromVoice(view, asking)
  if (group === "messaging") return excludedFromMessaging(view, asking)
  if (!asking.pull && fact.mailCredit - view.held.mail < 1) return "mail_by_next"
  return view.frozen ? "at_capacity" : null
}

function excludedFromVoice({ fact, held, frozen }: AgentView, { now }: Asking): ExclusionCode | null {
  if (isAhead(fact.afterCallWorkUntil, now)) return "after_call_work"
  if (isAhead(fact.blockedUntilVoice, now)) return "decline_delay"
  return fact.voiceLoad + held.voice > 0 || frozen ? "at_capacity" : null
}

function excludedFromMessaging(view: AgentView, { now, config, pull }: Asking): ExclusionCode | null {
  const { fact, held } = view
  const { messagingDuringCall } = config
  if (!messagingDuringCall && isAhead(fact.afterCallWorkUntil, now)) return "after_call_work"
  if (!pull && (isAhead(fact.blockedUntilMessaging, now) || view.delayed)) return "routing_delay"
  if (!messagingDuringCall && fact.voiceLoad + held.voice > 0) return "on_call"
  const limit = pull ? fact.maximumCapacity : fact.standardCapacity
  return fact.messagingLoad + held.messaging >= limit || view.frozen ? "at_capacity" : null
}

function isAhead(until: Instant | null, now: Instant): boolean {
  return until !== null && until > now
}

/**
 * Why a pending offer must be taken back from its agent; null: it stands. `onCall`: the agent's voice seat is a call,
 * not an offer.
 */
export function withdrawReason(
  agent: AgentFact,
  offer: { group: ChannelGroup; inboxId: string | null },
  onCall: boolean,
  { now, config }: Omit<Asking, "pull">,
): WithdrawReason | null {
  if (agent.status !== "logged_in") return agent.status
  if (!agent.connected) return "disconnected"
  if (agent.focused) return "focus"
  if (isAhead(agent.settingsUntil, now)) return "settings"
  if (!agent.availableFor.includes(offer.group)) return "switched_off"
  if (offer.inboxId !== null && !agent.inboxIds.includes(offer.inboxId)) return "inbox_removed"
  if (offer.group === "messaging" && onCall && !config.messagingDuringCall) return "on_call"
  return null
}

/** The instants at which a clause of the agent changes by itself. */
export function agentInstants({
  settingsUntil,
  blockedUntilVoice,
  blockedUntilMessaging,
  afterCallWorkUntil,
}: AgentFact): Instant[] {
  return [settingsUntil, blockedUntilVoice, blockedUntilMessaging, afterCallWorkUntil].filter(
    (instant): instant is Instant => instant !== null && Number.isFinite(instant),
  )
}
