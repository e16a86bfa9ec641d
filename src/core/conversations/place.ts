import { type ChannelGroup, type ChannelName, groupOf, tierOfGroup } from "../channels.ts"
import type { InboxSource, Resolution, SlaSource } from "../entry-points/resolve.ts"
import { dueAt, earlierDue } from "../sla/due.ts"
import {
  judgeAssignedAgent,
  judgeFormerAgent,
  type StickyAgent,
  type StickyBecause,
  type StickySettings,
  type StickyVerdict,
} from "./former-agent.ts"
import { type ConversationStatus, statusOf } from "./status.ts"

/**
 * What the messages of one customer in one batch of intake come to: which conversation and contacts they join or begin,
 * its status, Inbox and due date, whether it queues and who keeps it (routing.md 1.1-1.3, 1.7, 3.1 step 3). The caller
 * has locked the customer and read the facts; it writes the plan row by row. Calls are placed at queueing, not here.
 */

export type TextChannel = Exclude<ChannelName, "voice">
export type TextGroup = Exclude<ChannelGroup, "voice">

export type CustomerFacts = {
  /** The active conversation, else the latest closed one, else null. */
  conversation: ConversationFact | null
  /** Its live text contacts (state not ended). */
  contacts: readonly ContactFact[]
  /** Its live queue item of lane text. */
  item: ItemFact | null
  /** Who has the conversation, or had it last when it is closed. */
  agent: StickyAgent | null
}

export type ConversationFact = {
  id: string
  inboxId: string
  agentId: string | null
  awaitingSince: Date | null
  dueAt: Date | null
  dueBecause: DueBecause | null
  closedAt: Date | null
  /** The last message of either side. */
  lastActivityAt: Date
}

export type LiveContactState = "queued" | "offered" | "active"
export type ContactFact = {
  id: string
  channel: TextChannel
  state: LiveContactState
  awaitingSince: Date | null
  dueAt: Date | null
  slaSeconds: number | null
  slaSource: SlaSource | null
}

export type ItemFact = {
  id: string
  state: "waiting" | "offered"
  channelGroup: TextGroup
  dueAt: Date
}

export type PlacedMessage = {
  id: string
  channel: TextChannel
  receivedAt: Date
  entryPointId: string
  resolution: Resolution
  /** Mail that answers one of ours and comes from somebody who takes part. */
  threaded: boolean
}

export type PlaceSettings = StickySettings & { reopenSeconds: number }

/** Why the conversation is due when it is: the message whose potential due date is the earliest. */
export type DueBecause = {
  messageId: string
  entryPointId: string
  receivedAt: string
  slaSeconds: number
  slaSource: SlaSource
}

export type Plan = {
  conversation: ConversationPlan
  contacts: ContactPlan[]
  item: ItemPlan
  /** A new assignment to write (a reopened conversation whose former agent is there). */
  assignment: { agentId: string; reason: "contact_inbound" } | null
  /** The seat that the conversation must hold now; null: unchanged. Never refused for load (routing.md 1.7). */
  seat: { agentId: string; group: TextGroup; via: "sticky" } | null
  /** Every message with the contact that it belongs to, in received order. */
  messages: { id: string; contactId: string }[]
  because: { conversation: "created" | "reopened" | "joined"; agent: StickyBecause }
}

export type ConversationPlan = {
  type: "create" | "reopen" | "join"
  id: string
  inboxId: string
  status: ConversationStatus
  agentId: string | null
  awaitingSince: Date
  dueAt: Date
  dueBecause: DueBecause
  reopenedAt: Date | null
}

export type ContactPlan = {
  type: "create" | "join"
  id: string
  channel: TextChannel
  channelGroup: TextGroup
  /** Of the message that began it; null when joined (unchanged). */
  entryPointId: string | null
  inboxId: string
  inboxSource: InboxSource | null
  state: LiveContactState
  startedAt: Date | null
  awaitingSince: Date
  dueAt: Date
  slaSeconds: number
  slaSource: SlaSource
}

export type ItemPlan =
  | { type: "none" }
  | {
      type: "create"
      id: string
      lane: "text"
      contactId: string
      inboxId: string
      channelGroup: TextGroup
      tier: number
      dueAt: Date
      queuedAt: Date
      firstQueuedAt: Date
      messageCount: number
    }
  /** `messageCount` is what to add; `dueAt` and `tier` are absolute and never later, never lower in rank than before. */
  | { type: "join"; id: string; channelGroup: TextGroup; tier: number; dueAt: Date; messageCount: number }

/** `messages` has at least one; ids are made by `newId`, which the caller hands in. */
export function place(
  facts: CustomerFacts,
  messages: readonly PlacedMessage[],
  settings: PlaceSettings,
  now: Date,
  newId: () => string,
): Plan {
  const inOrder = [...messages].sort(
    (a, b) => a.receivedAt.getTime() - b.receivedAt.getTime() || (a.id < b.id ? -1 : 1),
  )
  const first = inOrder[0]
  if (!first) throw new Error("place() needs a message")
  const draft = begin(facts, first, settings, now, newId)
  for (const message of inOrder) fold(draft, message, settings, now, newId)
  return finish(draft, facts)
}

/** The plan while messages are being folded into it. Dates that finish() needs are set by the first fold. */
type Draft = {
  type: ConversationPlan["type"]
  id: string
  inboxId: string
  agentId: string | null
  agent: StickyAgent | null
  reopenedAt: Date | null
  awaitingSince: Date | null
  dueAt: Date | null
  dueBecause: DueBecause | null
  lastActivityAt: Date
  contacts: (Omit<ContactPlan, "type" | "awaitingSince" | "dueAt" | "slaSeconds" | "slaSource"> &
    Pick<ContactFact, "awaitingSince" | "dueAt" | "slaSeconds" | "slaSource"> & {
      type: ContactPlan["type"]
      touched: boolean
    })[]
  item: Exclude<ItemPlan, { type: "none" }> | null
  itemState: ItemFact["state"]
  itemTouched: boolean
  messages: Plan["messages"]
  because: Plan["because"]
}

function begin(
  facts: CustomerFacts,
  message: PlacedMessage,
  settings: PlaceSettings,
  now: Date,
  newId: () => string,
): Draft {
  const { conversation } = facts
  if (conversation && !conversation.closedAt) return joined(facts, conversation)
  if (conversation?.closedAt && isWithinReopenWindow(conversation.closedAt, message.receivedAt, settings)) {
    return reopened(facts.agent, conversation, message, settings, now)
  }
  return empty({
    type: "create",
    id: newId(),
    inboxId: message.resolution.inboxId,
    lastActivityAt: message.receivedAt,
    because: { conversation: "created", agent: "no_agent" },
  })
}

function isWithinReopenWindow(closedAt: Date, receivedAt: Date, { reopenSeconds }: PlaceSettings): boolean {
  return receivedAt.getTime() - closedAt.getTime() <= reopenSeconds * 1000
}

function empty(given: Pick<Draft, "type" | "id" | "inboxId" | "lastActivityAt" | "because"> & Partial<Draft>): Draft {
  return {
    agentId: null,
    agent: null,
    reopenedAt: null,
    awaitingSince: null,
    dueAt: null,
    dueBecause: null,
    contacts: [],
    item: null,
    itemState: "waiting",
    itemTouched: false,
    messages: [],
    ...given,
  }
}

/** An open conversation keeps its Inbox (spec 6.1.2). */
function joined(facts: CustomerFacts, conversation: ConversationFact): Draft {
  const { item } = facts
  return empty({
    ...pick(conversation),
    type: "join",
    agentId: conversation.agentId,
    agent: conversation.agentId ? facts.agent : null,
    contacts: facts.contacts.map((contact) => ({
      ...contact,
      type: "join",
      channelGroup: textGroupOf(contact.channel),
      entryPointId: null,
      inboxId: conversation.inboxId,
      inboxSource: null,
      startedAt: null,
      touched: false,
    })),
    item: item && { type: "join", ...itemFields(item), messageCount: 0 },
    itemState: item?.state ?? "waiting",
    because: { conversation: "joined", agent: item ? "already_queued" : "no_agent" },
  })
}

function pick({ id, inboxId, awaitingSince, dueAt: due, dueBecause, lastActivityAt }: ConversationFact) {
  return { id, inboxId, awaitingSince, dueAt: due, dueBecause, lastActivityAt }
}

function itemFields({ id, channelGroup, dueAt: due }: ItemFact) {
  return { id, channelGroup, dueAt: due, tier: tierOfGroup[channelGroup] }
}

/** Inbox and due date are those of the entry point used now; the former agent is judged against that Inbox. */
function reopened(
  agent: StickyAgent | null,
  conversation: ConversationFact,
  message: PlacedMessage,
  settings: PlaceSettings,
  now: Date,
): Draft {
  const { inboxId } = message.resolution
  const { lastActivityAt } = conversation
  const verdict = judgeFormerAgent(agent, sticky(message), inboxId, lastActivityAt, settings, now)
  return empty({
    type: "reopen",
    id: conversation.id,
    inboxId,
    agentId: verdict.keeps && agent ? agent.id : null,
    agent: verdict.keeps ? agent : null,
    reopenedAt: message.receivedAt,
    lastActivityAt,
    because: { conversation: "reopened", agent: verdict.because },
  })
}

function sticky(message: PlacedMessage) {
  return { group: textGroupOf(message.channel), threaded: message.threaded, receivedAt: message.receivedAt }
}

function fold(draft: Draft, message: PlacedMessage, settings: PlaceSettings, now: Date, newId: () => string): void {
  const potential = dueAt(message.receivedAt, message.resolution.slaSeconds)
  markAwaiting(draft, message, potential)
  const contact = contactOf(draft, message, potential, settings, now, newId)
  if (draft.item || contact.state !== "active") queue(draft, contact.id, message, potential, newId)
  draft.messages.push({ id: message.id, contactId: contact.id })
  draft.lastActivityAt = message.receivedAt
}

/** Awaiting begins with the first unanswered message; the due date never rises while it lasts (I13). */
function markAwaiting(draft: Draft, message: PlacedMessage, potential: Date): void {
  const held = draft.awaitingSince ? draft.dueAt : null
  const due = earlierDue(held, potential)
  draft.awaitingSince ??= message.receivedAt
  draft.dueAt = due
  if (due !== held || !draft.dueBecause) draft.dueBecause = dueBecauseOf(message)
}

function dueBecauseOf({ id, entryPointId, receivedAt, resolution }: PlacedMessage): DueBecause {
  const { slaSeconds, slaSource } = resolution
  return { messageId: id, entryPointId, receivedAt: receivedAt.toISOString(), slaSeconds, slaSource }
}

function contactOf(
  draft: Draft,
  message: PlacedMessage,
  potential: Date,
  settings: PlaceSettings,
  now: Date,
  newId: () => string,
): Draft["contacts"][number] {
  const live = draft.contacts.find((contact) => contact.channel === message.channel)
  const contact = live ?? newContact(draft, message, newId)
  contact.state = nextState(draft, live ?? null, message, settings, now)
  const outstanding = contact.awaitingSince ? contact.dueAt : null
  if (earlierDue(outstanding, potential) === potential) {
    contact.dueAt = potential
    contact.slaSeconds = message.resolution.slaSeconds
    contact.slaSource = message.resolution.slaSource
  }
  contact.awaitingSince ??= message.receivedAt
  contact.touched = true
  return contact
}

function newContact(draft: Draft, message: PlacedMessage, newId: () => string): Draft["contacts"][number] {
  const contact: Draft["contacts"][number] = {
    type: "create",
    id: newId(),
    channel: message.channel,
    channelGroup: textGroupOf(message.channel),
    entryPointId: message.entryPointId,
    inboxId: draft.inboxId,
    inboxSource: message.resolution.inboxSource,
    state: "queued",
    startedAt: message.receivedAt,
    awaitingSince: null,
    dueAt: null,
    slaSeconds: null,
    slaSource: null,
    touched: true,
  }
  draft.contacts.push(contact)
  return contact
}

/** Second messages join a live queue item (D3); else the agent keeps the contact, or it queues. */
function nextState(
  draft: Draft,
  live: Draft["contacts"][number] | null,
  message: PlacedMessage,
  settings: PlaceSettings,
  now: Date,
): LiveContactState {
  if (draft.item) {
    if (live) return live.state
    return draft.itemState === "offered" ? "offered" : "queued"
  }
  if (!draft.agentId) return "queued"
  const verdict = judgeHolder(draft, message, settings, now)
  if (draft.because.conversation === "joined") draft.because.agent = verdict.because
  // A contact that the agent has already stays with him even while he is absent: the grace takes it back (1.1).
  return verdict.keeps || live?.state === "active" ? "active" : "queued"
}

function judgeHolder(draft: Draft, message: PlacedMessage, settings: PlaceSettings, now: Date): StickyVerdict {
  if (draft.because.conversation === "reopened") return { keeps: true, because: draft.because.agent } // judged in begin()
  return judgeAssignedAgent(draft.agent, sticky(message), draft.lastActivityAt, settings, now)
}

function queue(draft: Draft, contactId: string, message: PlacedMessage, potential: Date, newId: () => string): void {
  const group = highestGroup(draft)
  if (draft.item) {
    draft.item.dueAt = earlierDue(draft.item.dueAt, potential)
    draft.item.channelGroup = tierOfGroup[group] < draft.item.tier ? group : draft.item.channelGroup
    draft.item.tier = tierOfGroup[draft.item.channelGroup]
    draft.item.messageCount += 1
  } else {
    draft.item = {
      type: "create",
      id: newId(),
      lane: "text",
      contactId,
      inboxId: draft.inboxId,
      channelGroup: group,
      tier: tierOfGroup[group],
      dueAt: draft.dueAt ?? potential,
      queuedAt: message.receivedAt,
      firstQueuedAt: message.receivedAt,
      messageCount: 1,
    }
  }
  draft.itemTouched = true
}

/** Of the live text contacts: who takes the item gets all of them (1.3). */
function highestGroup(draft: Draft): TextGroup {
  return draft.contacts.some((contact) => contact.channelGroup === "messaging") ? "messaging" : "mail"
}

function finish(draft: Draft, facts: CustomerFacts): Plan {
  const { awaitingSince, dueAt: due, dueBecause } = draft
  if (!awaitingSince || !due || !dueBecause) throw new Error("place() folded no message")
  const { type, id, inboxId, agentId, reopenedAt } = draft
  const status = statusOf({ closedAt: null, awaitingSince, agentId })
  return {
    conversation: { type, id, inboxId, status, agentId, awaitingSince, dueAt: due, dueBecause, reopenedAt },
    contacts: draft.contacts.flatMap(contactPlan),
    item: draft.item && draft.itemTouched ? draft.item : { type: "none" },
    assignment: type === "reopen" && agentId ? { agentId, reason: "contact_inbound" } : null,
    seat: seatOf(draft, facts),
    messages: draft.messages,
    because: draft.because,
  }
}

function contactPlan(contact: Draft["contacts"][number]): ContactPlan[] {
  const { touched, awaitingSince, dueAt: due, slaSeconds, slaSource, ...rest } = contact
  if (!touched || !awaitingSince || !due || slaSeconds === null || !slaSource) return []
  return [{ ...rest, awaitingSince, dueAt: due, slaSeconds, slaSource }]
}

/** Messaging counts before mail: a conversation holds one seat (routing.md 1.6, loads). */
function seatOf(draft: Draft, facts: CustomerFacts): Plan["seat"] {
  if (!draft.agentId) return null
  const held = draft.type === "join" ? seatGroup(facts.contacts) : null
  const needed = seatGroup(draft.contacts)
  return needed && needed !== held ? { agentId: draft.agentId, group: needed, via: "sticky" } : null
}

function seatGroup(contacts: readonly { channel: TextChannel; state: LiveContactState }[]): TextGroup | null {
  const groups = contacts.filter(({ state }) => state === "active").map(({ channel }) => textGroupOf(channel))
  return groups.includes("messaging") ? "messaging" : groups.includes("mail") ? "mail" : null
}

function textGroupOf(channel: TextChannel): TextGroup {
  return groupOf(channel) === "mail" ? "mail" : "messaging"
}
