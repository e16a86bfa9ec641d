import type { Sight } from "../../conversations/sight.ts"
import type { Principal } from "../../identity/principal.ts"
import { maySee } from "../event-filter.ts"
import type { LiveEvent } from "./live-event.ts"

/** What a socket asked for (api.md 4). */
export type Stream = "me" | "work" | "board" | "settings" | "all" | `conversation:${string}` | `queue:${string}`

export const streamPattern =
  /^(me|work|board|settings|all|(conversation|queue):[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/

const settingsNouns = new Set([
  "entry_point",
  "channel_routing",
  "channel",
  "inbox",
  "inbox_member",
  "user",
  "mailbox",
  "chat_app",
  "phone_number",
  "carrier_account",
  "workflow_settings",
  "topic",
  "away_reason",
  "organization",
  "api_key",
  "webhook",
  "routing",
  "invariant",
  "inbound_event",
])
const conversationNouns = new Set([
  "contact",
  "conversation",
  "conversation_status",
  "conversation_assignee",
  "conversation_inbox",
  "conversation_topics",
  "conversation_due",
  "message",
  "note",
  "call",
  "voicemail",
  "task",
  "customer",
  "customer_address",
  "opt_out",
])
const agentNouns = new Set(["agent_availability", "agent_status", "agent_focus"])
const queueTypes = new Set([
  "contact.queued",
  "contact.transferred",
  "contact.offered",
  "contact.offer_accepted",
  "contact.offer_rejected",
  "contact.ended",
  "conversation_assignee.updated",
  "conversation_inbox.updated",
  "conversation_due.updated",
  "conversation_status.updated",
])

/** Whether this caller is told of this event now: by a stream of his, his role, and whose conversation it is. */
export function isTold(principal: Principal, sight: Sight, streams: ReadonlySet<Stream>, event: LiveEvent): boolean {
  return isWanted(principal, streams, event) && maySee(principal, event) && isWithin(sight, event)
}

/** The row filter. Who has it, or had it until now, is told; else the Inbox decides, as it is now. */
function isWithin(sight: Sight, event: LiveEvent): boolean {
  if (sight.inboxIds === null || !conversationNouns.has(marksOf(event).noun)) return true
  const { agentId, fromAgentId } = event.data
  if (agentId === sight.agentId || fromAgentId === sight.agentId || event.agentIds.includes(sight.agentId)) return true
  if (event.inboxIds.length === 0 && event.data.conversationId === undefined) return true // a customer without conversations
  return event.inboxIds.some((inboxId) => sight.inboxIds?.includes(inboxId))
}

function isWanted(principal: Principal, streams: ReadonlySet<Stream>, event: LiveEvent): boolean {
  if (streams.has("all")) return true
  const { noun, named, forBoard } = marksOf(event)
  if (streams.has("work") && conversationNouns.has(noun)) return true
  if (streams.has("me") && isMine(principal, event)) return true
  if (streams.has("settings") && settingsNouns.has(noun)) return true
  if (streams.has("board") && forBoard) return true
  return named.some((stream) => streams.has(stream))
}

/** The streams that may tell it, whoever asked for them. */
export function streamsOf(event: LiveEvent): Stream[] {
  const { noun, named, forBoard } = marksOf(event)
  const streams: Stream[] = ["all", ...named]
  if (conversationNouns.has(noun)) streams.push("work")
  if (settingsNouns.has(noun)) streams.push("settings")
  if (forBoard) streams.push("board")
  return streams
}

type Marks = { noun: string; named: readonly Stream[]; forBoard: boolean }

/** Of an event, the same for all sockets: found out once, since each event is held against each of them. */
const known = new WeakMap<LiveEvent, Marks>()

function marksOf(event: LiveEvent): Marks {
  let marks = known.get(event)
  if (!marks) {
    marks = makeMarks(event)
    known.set(event, marks)
  }
  return marks
}

function makeMarks(event: LiveEvent): Marks {
  const noun = event.type.slice(0, event.type.indexOf("."))
  const { conversationId, inboxId, fromInboxId } = event.data
  const named: Stream[] = typeof conversationId === "string" ? [`conversation:${conversationId}`] : []
  if (queueTypes.has(event.type)) {
    for (const id of [inboxId, fromInboxId, ...event.inboxIds]) if (typeof id === "string") named.push(`queue:${id}`)
  }
  return { noun, named, forBoard: agentNouns.has(noun) || queueTypes.has(event.type) }
}

/** Offers and assignments, conversations that the person has, his own state, what is under his bell. */
function isMine({ userId }: Principal, event: LiveEvent): boolean {
  if (userId === null) return false
  const { agentId, fromAgentId, userId: of } = event.data
  return agentId === userId || fromAgentId === userId || of === userId || event.agentIds.includes(userId)
}
