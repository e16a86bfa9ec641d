import { type ChannelGroup, type ChannelName, channels } from "../channels.ts"
import type { StickyBecause } from "../conversations/former-agent.ts"
import type { InboxSource, SlaSource } from "../entry-points/resolve.ts"
import { formatSeconds, formatSlaMinutes } from "../sla/minutes.ts"
import type { ExplanationStep } from "./explanation.ts"
import { type ExclusionCode, exclusionCodes, type WithdrawReason } from "./facts.ts"

/**
 * Codes and numbers become sentences: the one renderer for the API and the screens (decisions: Explanation). A step's
 * `data` holds what was stored, with the names that ids had when it was asked for.
 */

export type StepFacts =
  | { kind: "received"; data: { channel: ChannelName; address: string; receivedAt: string } }
  | { kind: "customer"; data: { name: string | null; isNew: boolean; conversation: "created" | "reopened" | "joined" } }
  | { kind: "conversation"; data: { agentName: string | null; because: StickyBecause } }
  | {
      kind: "entry_point"
      data: { channel: ChannelName; inboxName: string; inboxSource: InboxSource; defaultInboxName: string | null }
    }
  /** An open conversation keeps its Inbox; or somebody moved it. */
  | { kind: "inbox"; data: { inboxName: string; because: "kept" | "transferred"; byName: string | null } }
  | {
      kind: "sla"
      data: {
        slaSeconds: number
        slaSource: SlaSource
        slaMinutesText: string | null
        inboxName: string
        inboxSlaSeconds: number
        dueAt: string
      }
    }
  /** The due date that counts is not this message's. */
  | {
      kind: "due"
      data: { dueAt: string | null; because: "earlier_message" | "transferred" | "answered" | "no_reply_needed" }
    }
  | { kind: "rule"; data: { activeRules: number } }
  | { kind: "queue_place"; data: { inboxName: string; place: number; queueLength: number; score: number } }
  /** All members with their clauses, or examples of them; then the numbers say how many there are. */
  | {
      kind: "candidates"
      data: { candidates: Candidate[]; excludedCounts?: { [code in ExclusionCode]?: number }; members?: number }
    }
  | { kind: "offer"; data: ChosenData & { endsAt: string } }
  | { kind: "offer"; data: { agentName: string; ended: OfferEnd; reason?: WithdrawReason | null } }
  | { kind: "assignment"; data: ChosenData & { reason: AssignmentReason } }
  | { kind: "assignment"; data: { agentName: string; ended: AssignmentReason } }
  | {
      kind: "waiting"
      data: { inboxName: string; group: ChannelGroup; place: number; queueLength: number; members: number }
    }

export type Candidate = { name: string; excludedBy: ExclusionCode | null }
export type OfferEnd = "accepted" | "declined" | "missed" | "withdrawn" | "device_error"
/** A reason of api.md 1.1, or what an assignment also ends by. */
export type AssignmentReason = string

/** From `Because.match`; `excluded` with names. Absent numbers (a manual assignment) are simply not said. */
export type ChosenData = {
  agentName: string
  group: ChannelGroup
  load?: number | null
  capacity?: number | null
  idleSeconds?: number | null
  alsoEligible?: number
  excluded?: { code: ExclusionCode; count: number; names: string[] }[]
}

export type UnrenderedStep = { at: string; settingUrl?: string | null } & StepFacts

/** Writes an instant; `near` is the instant of the step, whose day need not be said again. */
export type Clock = (iso: string, near: string) => string

/** `timeZone`: IANA name of the organization's; times are written as 10:41:07, those of another day with the day. */
export function renderExplanation(steps: readonly UnrenderedStep[], timeZone: string): ExplanationStep[] {
  return rendered(steps, clockIn(timeZone))
}

/** Steps as the API gave them, said again on another clock; a kind that this version does not know keeps its words. */
export function retimedExplanation(steps: readonly ExplanationStep[], clock: Clock): ExplanationStep[] {
  const asStored: unknown = steps
  const retimed = rendered(asStored as UnrenderedStep[], clock)
  return steps.map((step, index) => ({ ...step, text: retimed[index]?.text ?? step.text }))
}

function rendered(steps: readonly UnrenderedStep[], clock: Clock): ExplanationStep[] {
  return steps.map((step) => ({
    at: step.at,
    kind: step.kind,
    text: sentenceOf(step, (iso) => clock(iso, step.at)),
    data: step.data,
    settingUrl: step.settingUrl ?? null,
  }))
}

type Time = (iso: string) => string

function clockIn(timeZone: string): Clock {
  const time = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit" })
  const day = new Intl.DateTimeFormat("en-GB", { timeZone, day: "numeric", month: "short" })
  return (iso, near) => {
    const at = new Date(iso)
    const date = day.format(at)
    return date === day.format(new Date(near)) ? time.format(at) : `${date}, ${time.format(at)}`
  }
}

function sentenceOf(step: StepFacts, time: Time): string {
  switch (step.kind) {
    case "received":
      return `Came in by ${channelWord(step.data.channel)} on ${step.data.address} at ${time(step.data.receivedAt)}.`
    case "customer":
      return `${step.data.isNew ? "New customer" : "Customer"} ${step.data.name ?? "without a name"}, ${conversationWords[step.data.conversation]}.`
    case "conversation":
      return stickySentence(step.data.because, step.data.agentName ?? "The former agent")
    case "entry_point":
      return entryPointSentence(step.data)
    case "inbox":
      return step.data.because === "kept"
        ? `The open conversation stays in its Inbox, ${step.data.inboxName}.`
        : `Moved to ${step.data.inboxName}${step.data.byName ? ` by ${step.data.byName}` : ""}.`
    case "sla":
      return slaSentence(step.data, time)
    case "due":
      return dueSentence(step.data, time)
    case "rule":
      return step.data.activeRules === 0
        ? "No rule is active."
        : `None of ${step.data.activeRules} active rules changed it.`
    case "queue_place":
      return queueSentence(step.data)
    case "candidates":
      return candidatesSentence(step.data)
    case "offer":
      return "ended" in step.data ? offerEndSentence(step.data) : offerSentence(step.data, time)
    case "assignment":
      return "ended" in step.data ? assignmentEndSentence(step.data) : assignmentSentence(step.data)
    case "waiting":
      return waitingSentence(step.data)
  }
}

function channelWord(channel: ChannelName): string {
  const { label } = channels[channel]
  const isName = ["sms", "facebook", "instagram", "whatsapp", "twitter_dm"].includes(channel)
  return isName ? label : label.toLowerCase()
}

const conversationWords = {
  created: "new conversation",
  reopened: "the closed conversation was reopened",
  joined: "the open conversation goes on",
}

function stickySentence(because: StickyBecause, name: string): string {
  switch (because) {
    case "agent_present":
      return `${name} has the conversation and is there.`
    case "threaded_mail":
      return `The mail answers ${name}'s; it waits for ${name}.`
    case "former_agent":
      return `${name} had it last and is there: it goes back to ${name}.`
    case "no_agent":
      return "Nobody has it."
    case "already_queued":
      return "It is waiting already; the message joins it."
    case "agent_absent":
      return `${name} has it but is not there: it queues, and ${name} keeps it until another agent accepts.`
    case "former_agent_absent":
      return `${name} had it last but is not there: it queues.`
    case "former_agent_deactivated":
      return `${name} had it last and no longer works here: it queues.`
    case "former_agent_not_member":
      return `${name} had it last but is no member of this Inbox: it queues.`
    case "former_agent_full":
      return `${name} had it last but is at maximum capacity: it queues.`
    case "same_agent_limit_over":
      return `${name} had it last, too long ago for it to go back: it queues.`
    case "mail_to_next_available":
      return "Mail goes to the next available agent, by the settings."
  }
}

type DataOf<Kind extends StepFacts["kind"]> = Extract<StepFacts, { kind: Kind }>["data"]

function entryPointSentence({ channel, inboxName, inboxSource, defaultInboxName }: DataOf<"entry_point">): string {
  if (inboxSource === "default") return `Default of ${channels[channel].label}: goes to ${inboxName}.`
  const aside = defaultInboxName && defaultInboxName !== inboxName ? ` (default would be ${defaultInboxName})` : ""
  return `Entry point exception: goes to ${inboxName}${aside}.`
}

function slaSentence(data: DataOf<"sla">, time: Time): string {
  const { slaSeconds, slaSource, slaMinutesText, inboxName, inboxSlaSeconds, dueAt } = data
  const minutes = slaMinutesText ?? formatSlaMinutes(slaSeconds)
  const words = formatSeconds(slaSeconds)
  const amount = words === `${minutes} min` ? words : `${words} (${minutes} min)`
  const inbox = `Inbox ${inboxName}`
  const source = slaSource === "exception" ? "the exception" : "the section's default"
  const from = slaSource === "inbox" ? inbox : `${source} (${inbox}: ${formatSlaMinutes(inboxSlaSeconds)} min)`
  return `SLA ${amount} from ${from}. Due ${time(dueAt)}.`
}

function dueSentence({ dueAt, because }: DataOf<"due">, time: Time): string {
  if (because === "answered") return "Answered: nothing is due."
  if (because === "no_reply_needed") return "No reply needed: nothing is due."
  const due = dueAt ? `Due ${time(dueAt)}` : "No due date"
  return because === "transferred"
    ? `${due}, counted anew from the transfer.`
    : `${due}, as before: an earlier message waits for its answer.`
}

function queueSentence({ place, queueLength, score }: DataOf<"queue_place">): string {
  const order = queueLength > 1 ? (score > 0 ? `: ${score} points, then due date` : ": by due date") : ""
  return `Queue place ${place} of ${queueLength}${order}.`
}

/** "Can take it: Ana and 11 more. Not: Leo, Mia and 118 more (away), Ben (at capacity)." */
function candidatesSentence({ candidates, excludedCounts = {}, members = 0 }: DataOf<"candidates">): string {
  const namesOf = (code: ExclusionCode | null) =>
    candidates.filter(({ excludedBy }) => excludedBy === code).map(({ name }) => name)
  const excluded = exclusionCodes.flatMap((code) => {
    const names = namesOf(code)
    const count = Math.max(excludedCounts[code] ?? 0, names.length)
    return count > 0 ? [{ code, count, names }] : []
  })
  const able = namesOf(null)
  const ableCount = Math.max(members - excluded.reduce((sum, { count }) => sum + count, 0), able.length)
  const can = ableCount > 0 ? `Can take it: ${someOf(able, ableCount)}.` : "Nobody can take it now."
  return excluded.length > 0 ? `${can} Not: ${excluded.map(excludedWords).join(", ")}.` : can
}

const exclusionWords: { readonly [code in ExclusionCode]: string } = {
  not_member: "no member",
  logged_out: "logged out",
  away: "away",
  disconnected: "connection lost",
  focus: "in Focus",
  in_settings: "in Settings",
  not_available_for_group: "switched off",
  skills: "other skills",
  after_call_work: "after-call work",
  decline_delay: "just declined or missed",
  routing_delay: "just got one",
  on_call: "on a call",
  mail_by_next: "takes the next mail by Next",
  at_capacity: "at capacity",
  tried_before: "had it offered before",
}

const groupWords: { readonly [group in ChannelGroup]: string } = {
  voice: "Voice",
  messaging: "Messaging",
  mail: "Mail",
}

function offerEndSentence({
  agentName,
  ended,
  reason,
}: {
  agentName: string
  ended: OfferEnd
  reason?: WithdrawReason | null
}): string {
  switch (ended) {
    case "accepted":
      return `${agentName} accepted.`
    case "declined":
      return `${agentName} declined: back to its place in the queue.`
    case "missed":
      return `${agentName} did not answer in time: back to its place in the queue.`
    case "device_error":
      return `${agentName}'s device failed: back to its place in the queue.`
    case "withdrawn":
      return `Taken back from ${agentName}${reason ? ` (${withdrawWords[reason]})` : ""}.`
  }
}

const withdrawWords: { readonly [reason in WithdrawReason]: string } = {
  logged_out: "logged out",
  away: "went away",
  disconnected: "connection lost",
  focus: "went into Focus",
  settings: "opened Settings",
  switched_off: "switched the channel off",
  inbox_removed: "no longer a member",
  on_call: "took a call",
  taken: "taken by another",
}

function offerSentence(data: ChosenData & { endsAt: string }, time: Time): string {
  return `Offered to ${data.agentName} until ${time(data.endsAt)}: ${chosenWords(data)}`
}

/** "member, Mail on, nobody else." */
function chosenWords({ group, load, capacity, idleSeconds, alsoEligible, excluded }: ChosenData): string {
  const words = ["member", `${groupWords[group]} on`]
  if (group === "messaging" && typeof load === "number" && typeof capacity === "number")
    words.push(`${load} of ${capacity} used`)
  if (typeof idleSeconds === "number" && idleSeconds > 0) words.push(`idle for ${formatSeconds(idleSeconds)}`)
  if (!alsoEligible && !excluded?.length) words.push("nobody else")
  const also = alsoEligible ? ` Also possible: ${alsoEligible} more.` : ""
  const not = excluded?.length ? ` Not: ${excluded.map(excludedWords).join(", ")}.` : ""
  return `${words.join(", ")}.${also}${not}`
}

function excludedWords({ code, count, names }: { code: ExclusionCode; count: number; names: string[] }): string {
  return `${someOf(names, count)} (${exclusionWords[code]})`
}

function someOf(names: readonly string[], count: number): string {
  const more = count - names.length
  if (names.length === 0) return `${count}`
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`
}

function assignmentSentence(data: ChosenData & { reason: AssignmentReason }): string {
  if (data.reason === "automated_assignment") return `Assigned to ${data.agentName}: ${chosenWords(data)}`
  const how = assignmentWords[data.reason]
  return how ? `Assigned to ${data.agentName}: ${how}.` : `Assigned to ${data.agentName}.`
}

const assignmentWords: { readonly [reason: string]: string } = {
  contact_inbound: "had the conversation before",
  contact_offered: "accepted the offer",
  contact_offer_conflict: "accepted the offer while another agent had the conversation",
  customer_conversation_merge: "kept it when two conversations were merged",
  manual: "assigned by hand",
  message_outbound: "wrote to the customer first",
}

function assignmentEndSentence({ agentName, ended }: { agentName: string; ended: AssignmentReason }): string {
  const why = assignmentEndWords[ended]
  return why ? `No longer with ${agentName}: ${why}.` : `No longer with ${agentName}.`
}

const assignmentEndWords: { readonly [reason: string]: string } = {
  agent_absent: "absent for longer than the grace, so it queues again in its old place",
  rerouted_unassign: "sent back to the queue",
  user_deactivation: "the user was deactivated",
  inbox_removed: "the Inbox was deactivated",
  contact_offer_conflict: "another agent accepted it",
  manual: "given to another agent by hand",
  no_reply_needed: "no reply needed",
  closed: "closed",
}

function waitingSentence({ inboxName, group, place, queueLength, members }: DataOf<"waiting">): string {
  const where = `Waits in ${inboxName}, place ${place} of ${queueLength}`
  return members === 0 ? `${where}. ${inboxName} has no agents.` : `${where} for an agent with ${groupWords[group]} on.`
}
