import type { ChannelGroup } from "../channels.ts"

/** Whether a message stays with the agent who has or had the conversation (spec 6.1.5-6.1.7, routing.md 1.7). */

export type StickyAgent = {
  id: string
  deactivated: boolean
  /** Logged in, not away, connected. */
  present: boolean
  lastLoggedInAt: Date | null
  messagingLoad: number
  maximumCapacity: number
  inboxIds: ReadonlySet<string>
}

export type StickySettings = {
  sameAgentSeconds: { messaging: number; mail: number }
  mailAssignTo: "same_agent" | "next_available"
}

export type StickyMessage = { group: Exclude<ChannelGroup, "voice">; threaded: boolean; receivedAt: Date }

/** Codes for the explanation. The first three keep the agent. */
export type StickyBecause =
  | "agent_present"
  | "threaded_mail"
  | "former_agent"
  | "no_agent"
  | "already_queued"
  | "agent_absent"
  | "former_agent_absent"
  | "former_agent_deactivated"
  | "former_agent_not_member"
  | "former_agent_full"
  | "same_agent_limit_over"
  | "mail_to_next_available"

export type StickyVerdict = { keeps: boolean; because: StickyBecause }

/** A mail reply goes to an absent agent only if he was there within this time; the grace for absence follows it. */
const lastLoginSecondsMax = 86_400

/** The conversation is not closed. A present agent keeps it; an absent one only for a threaded mail. */
export function judgeAssignedAgent(
  agent: StickyAgent | null,
  message: StickyMessage,
  lastActivityAt: Date,
  settings: StickySettings,
  now: Date,
): StickyVerdict {
  if (!agent) return { keeps: false, because: "no_agent" }
  if (agent.present && !agent.deactivated) return { keeps: true, because: "agent_present" }
  const limitOver = isLimitOver(message, lastActivityAt, settings)
  return !limitOver && waitsForThreadedMail(agent, message, settings, now)
    ? { keeps: true, because: "threaded_mail" }
    : { keeps: false, because: "agent_absent" }
}

/** The conversation is being reopened; the agent is judged against the Inbox of the entry point used now. */
export function judgeFormerAgent(
  agent: StickyAgent | null,
  message: StickyMessage,
  inboxId: string,
  lastActivityAt: Date,
  settings: StickySettings,
  now: Date,
): StickyVerdict {
  const refuse = (because: StickyBecause) => ({ keeps: false, because })
  if (!agent) return refuse("no_agent")
  if (agent.deactivated) return refuse("former_agent_deactivated")
  if (message.group === "mail" && settings.mailAssignTo === "next_available") return refuse("mail_to_next_available")
  if (isLimitOver(message, lastActivityAt, settings)) return refuse("same_agent_limit_over")
  if (!agent.inboxIds.has(inboxId)) return refuse("former_agent_not_member")
  if (!agent.present) {
    const waits = waitsForThreadedMail(agent, message, settings, now)
    return waits ? { keeps: true, because: "threaded_mail" } : refuse("former_agent_absent")
  }
  if (message.group === "messaging" && agent.messagingLoad >= agent.maximumCapacity) return refuse("former_agent_full")
  return { keeps: true, because: "former_agent" }
}

function isLimitOver(message: StickyMessage, lastActivityAt: Date, settings: StickySettings): boolean {
  return message.receivedAt.getTime() - lastActivityAt.getTime() > settings.sameAgentSeconds[message.group] * 1000
}

function waitsForThreadedMail(
  agent: StickyAgent,
  message: StickyMessage,
  settings: StickySettings,
  now: Date,
): boolean {
  if (message.group !== "mail" || !message.threaded || settings.mailAssignTo === "next_available") return false
  if (agent.deactivated || !agent.lastLoggedInAt) return false
  return now.getTime() - agent.lastLoggedInAt.getTime() <= lastLoginSecondsMax * 1000
}
