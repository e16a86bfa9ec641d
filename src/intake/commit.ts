import type { RawBuilder } from "kysely"
import type { Section } from "../core/channels.ts"
import {
  place,
  type PlacedMessage,
  type PlaceSettings,
  type Plan,
  type TextChannel,
} from "../core/conversations/place.ts"
import { resolve } from "../core/entry-points/resolve.ts"
import type { WorkflowSettings } from "../core/workflow/settings.ts"
import { newId } from "../ids.ts"
import { lockAgents } from "../store/agents.ts"
import { openAssignments } from "../store/assignments.ts"
import { awaitContacts, type ContactRow, putContacts } from "../store/contacts.ts"
import { changeConversations, type ConversationRow, putConversations } from "../store/conversations.ts"
import { addressesOf, type FoundAddress, insertClaims, nameCustomers } from "../store/customers.ts"
import { putDecisions } from "../store/decisions.ts"
import {
  type Arrival,
  emptyReceipt,
  keyOf,
  putInboundEvents,
  receiptsOf,
  type StoredReceipt,
  takenEvents,
} from "../store/inbound-events.ts"
import { putAttachments, putMessages } from "../store/messages.ts"
import {
  announceQueued,
  joinQueueItems,
  type NewQueueItem,
  putQueueItems,
  type QueueItemRow,
  type QueueLength,
  queueLengths,
  waiting,
} from "../store/queue-items.ts"
import { type RoutingRow, routingOf, routingRows } from "../store/routing-settings.ts"
import { reseat } from "../store/seats.ts"
import type { Tx } from "../store/write.ts"
import { answerAutomatically } from "./auto-reply.ts"
import { loadFacts } from "./facts.ts"
import type { InboundEvent, Receipt } from "./inbound-event.ts"
import { placement } from "./placement.ts"
import type { RecentInboxes } from "./recent-inboxes.ts"
import { attachmentRows, contactRow, conversationChange, conversationRow, messageRow } from "./rows.ts"
import { findSenders } from "./senders.ts"
import { tellContacts, tellConversations, tellCustomers, tellMessages } from "./tell.ts"
import { findThreads } from "./threads.ts"
import { resolvable, Unprocessable } from "./unprocessable.ts"

/** One arrived event with everything that was found out about it: the unit that the steps below hand on. */
export type Taken = Arrival & {
  customerId: string
  /** Made by this transaction. */
  customerIsNew: boolean
  placed: PlacedMessage
  entryPoint: { id: string; kind: string; address: string; section: Section }
  /** Where the section's default would have led, for the explanation. */
  defaultInboxId: string | null
  /** A stranger's answer to somebody else's thread ("seems to answer"). */
  relatedConversationId: string | null
  inReplyToId: string | null
  /** When the provider says that it was sent, where it says so and it is not later than received. */
  at: Date
}

export type Placed = {
  customerId: string
  plan: Plan
  taken: Taken[]
  test: boolean
  /** The conversation's row, where it is made here: as routing leaves it before it is written. */
  about?: ConversationRow
}

/** A new conversation with its contacts and its item, about to be written: what is changed in them is written so. */
export type Arrived = { conversation: ConversationRow; contacts: ContactRow[]; item: QueueItemRow }

export type CommitHooks = {
  /** Where arrivals went lately: their queues are counted before it is known where they go. */
  recentInboxes?: RecentInboxes
  /** STOP, START, HELP (channels/sms): what was recorded before is asked by sending. */
  applyOptOut?: (
    tx: Tx,
    arrival: { arrival: Arrival; customerId: string; conversationId: string; contactId: string; messageId: string },
  ) => Promise<void>
  /**
   * The owner of routing may give what arrived to free agents in the same commit (routing.md 3.1). `held`: agents who are
   * locked already, for whom a customer came back.
   */
  assignOnArrival?: (tx: Tx, arrived: readonly Arrived[], settings: WorkflowSettings, held: ReadonlySet<string>) => void
}

/** What one batch of intake writes, in order; repeats of an event answer what the first answered (routing.md 3.1). */
export async function commitInbound(tx: Tx, arrivals: readonly Arrival[], hooks: CommitHooks): Promise<Receipt[]> {
  const events = arrivals.map(({ event }) => event)
  const [taken, ...known] = await tx.together([takenEvents(tx, events), ...whatIsKnown(tx, events, hooks)])
  const earlier = receiptsOf(taken)
  const fresh = arrivals.filter(({ event }) => !earlier.has(keyOf(event)))
  const receipts = await takeIn(tx, fresh, hooks, known)
  putInboundEvents(
    tx,
    fresh.map((arrival) => ({ arrival, receipt: receipts.get(arrival.id) ?? null })),
  )
  return arrivals.map((arrival) => {
    const receipt = receipts.get(arrival.id)
    if (receipt) return { ...receipt, duplicate: false }
    return { ...(earlier.get(keyOf(arrival.event)) ?? emptyReceipt(arrival.id, null)), duplicate: true }
  })
}

/** A parked event that is replayed: it is stored already. */
export async function takeAgain(tx: Tx, arrival: Arrival, hooks: CommitHooks): Promise<StoredReceipt> {
  const known = await tx.together(whatIsKnown(tx, [arrival.event], hooks))
  const receipts = await takeIn(tx, [arrival], hooks, known)
  return receipts.get(arrival.id) ?? emptyReceipt(arrival.id, null)
}

type Known = [FoundAddress[], RoutingRow[], QueueLength[]]

function whatIsKnown(
  tx: Tx,
  events: readonly InboundEvent[],
  { recentInboxes }: CommitHooks,
): [RawBuilder<FoundAddress>, RawBuilder<RoutingRow>, RawBuilder<QueueLength>] {
  const entryPointIds = [...new Set(events.map(({ entryPointId }) => entryPointId))]
  return [
    addressesOf(
      tx,
      events.map(({ from }) => from),
    ),
    routingRows(tx.orgId, entryPointIds),
    queueLengths(tx.orgId, recentInboxes?.of(entryPointIds) ?? []),
  ]
}

/** The effects of events that are new. */
async function takeIn(
  tx: Tx,
  arrivals: readonly Arrival[],
  hooks: CommitHooks,
  known: Known,
): Promise<Map<string, StoredReceipt>> {
  if (arrivals.length === 0) return new Map()
  const { taken, settings } = await understand(tx, arrivals, known)
  const facts = await loadFacts(tx, taken)
  const placed = byCustomer(taken).map(({ customerId, taken: ofCustomer }): Placed => {
    const ofThis = facts.get(customerId)
    if (!ofThis) throw new Unprocessable("customer_missing", "The customer vanished while the message was taken in.")
    const plan = place(
      ofThis,
      ofCustomer.map((one) => one.placed),
      placeSettings(settings),
      tx.now,
      newId,
    )
    return { customerId, plan, taken: ofCustomer, test: ofCustomer.some((one) => one.event.test) }
  })
  const held = await lockAgents(
    tx,
    placed.flatMap(({ plan }) => [plan.assignment?.agentId, plan.seat?.agentId]),
  )
  const made = placed.map((one) => newRows(tx, one))
  for (const [index, one] of placed.entries()) {
    const conversation = made[index]?.conversation
    if (conversation) one.about = conversation
  }
  tellCustomers(tx, placed)
  await changeWhatIsThere(tx, placed, made, facts)
  tellContacts(tx, placed)
  tellMessages(tx, placed)
  await joinQueueItems(
    tx,
    placed.flatMap(({ plan }) => (plan.item.type === "join" ? [plan.item] : [])),
  )
  announceQueued(tx, placed.flatMap(queuedBy), stillRight(known[2], placed, facts))
  hooks.recentInboxes?.learn(placed)
  const arrived = arrivedOf(made)
  if (arrived.length > 0) hooks.assignOnArrival?.(tx, arrived, settings, new Set(held.keys()))
  putNew(
    tx,
    made.filter(({ conversation }) => conversation !== null),
  )
  putMessages(
    tx,
    placed.flatMap((one) => one.taken.map((message) => messageRow(one, message))),
  )
  putAttachments(tx, taken.flatMap(attachmentRows))
  putDecisions(
    tx,
    placed.flatMap((one) => placement(tx, one)),
  )
  await answer(tx, placed, settings, hooks)
  return new Map(placed.flatMap(receiptsOfPlaced).map((receipt) => [receipt.inboundEventId, receipt]))
}

/** What is new of one customer: of a conversation that is there `conversation` is null. */
type NewRows = { conversation: ConversationRow | null; contacts: ContactRow[]; item: QueueItemRow | null }

function newRows(tx: Tx, placed: Placed): NewRows {
  const { plan } = placed
  const contacts = plan.contacts.filter(({ type }) => type === "create")
  const item = newItem(placed)
  return {
    conversation: plan.conversation.type === "create" ? conversationRow(tx, placed) : null,
    contacts: contacts.map((contact) => contactRow(placed, contact)),
    item: item && waiting(item),
  }
}

function putNew(tx: Tx, made: readonly NewRows[]): void {
  putConversations(
    tx,
    made.flatMap(({ conversation }) => conversation ?? []),
  )
  putContacts(
    tx,
    made.flatMap(({ contacts }) => contacts),
  )
  putQueueItems(
    tx,
    made.flatMap(({ item }) => item ?? []),
  )
}

/** Entry point, sender and thread of each event. Throws `Unprocessable` for what no retry mends. */
async function understand(
  tx: Tx,
  arrivals: readonly Arrival[],
  [addresses, routing]: Readonly<Known>,
): Promise<{ taken: Taken[]; settings: WorkflowSettings }> {
  const { entryPoints, table, settings } = routingOf(routing)
  const senders = await findSenders(tx, arrivals, addresses)
  const threads = await findThreads(tx, arrivals, senders.idOf)
  await insertClaims(
    tx,
    arrivals.flatMap(({ event }) =>
      (event.claims ?? []).map((claim) => ({ ...claim, customerId: senders.idOf(event) })),
    ),
  )
  await nameCustomers(tx, senders.toName)
  const taken = arrivals.map((arrival): Taken => {
    const { event, receivedAt } = arrival
    const entryPoint = entryPoints.get(event.entryPointId)
    if (!entryPoint) throw new Unprocessable("entry_point_missing", `Entry point ${event.entryPointId} does not exist.`)
    if (event.channel === "voice") throw new Unprocessable("channel_not_taken", "Calls are placed when they queue.")
    const customerId = senders.idOf(event)
    const thread = threads.get(arrival.id)
    const placed: PlacedMessage = {
      id: newId(),
      channel: event.channel satisfies TextChannel,
      receivedAt,
      entryPointId: entryPoint.id,
      resolution: resolvable(() => resolve(entryPoint, table)),
      threaded: thread?.threaded ?? false,
    }
    return {
      ...arrival,
      customerId,
      customerIsNew: senders.created.has(customerId),
      placed,
      entryPoint,
      defaultInboxId: table.defaults.get(entryPoint.section)?.inboxId ?? null,
      relatedConversationId: thread?.relatedConversationId ?? null,
      inReplyToId: thread?.inReplyToId ?? null,
      at: event.sentAt && event.sentAt.getTime() <= receivedAt.getTime() ? event.sentAt : receivedAt,
    }
  })
  return { taken, settings }
}

function byCustomer(taken: readonly Taken[]): { customerId: string; taken: Taken[] }[] {
  const groups = new Map<string, Taken[]>()
  for (const one of taken) {
    const group = groups.get(one.customerId)
    if (group) group.push(one)
    else groups.set(one.customerId, [one])
  }
  return [...groups].map(([customerId, ofCustomer]) => ({
    customerId,
    taken: ofCustomer.sort(
      (a, b) =>
        a.receivedAt.getTime() - b.receivedAt.getTime() || a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1),
    ),
  }))
}

function placeSettings({ messaging, mail, reopenSeconds }: WorkflowSettings): PlaceSettings {
  return {
    sameAgentSeconds: { messaging: messaging.sameAgentSeconds, mail: mail.sameAgentSeconds },
    mailAssignTo: mail.assignTo,
    reopenSeconds,
  }
}

/**
 * Conversations and contacts that were there, with what is new in them; a reopened one whose former agent is there is
 * assigned in the same statement. Seats are counted from what is written, so it is written first.
 */
async function changeWhatIsThere(
  tx: Tx,
  placed: readonly Placed[],
  made: readonly NewRows[],
  facts: Awaited<ReturnType<typeof loadFacts>>,
): Promise<void> {
  const added = made.filter(({ conversation }) => conversation === null)
  if (added.length > 0) {
    putNew(tx, added)
    await tx.flush()
  }
  await awaitContacts(
    tx,
    placed.flatMap(({ plan, taken }) =>
      plan.contacts
        .filter(({ type }) => type === "join")
        .map((contact) => ({ ...contact, lastMessageAt: taken.at(-1)?.receivedAt ?? tx.now })),
    ),
  )
  tellConversations(tx, placed)
  const changes = placed.flatMap((one) => {
    const conversation = facts.get(one.customerId)?.row
    if (one.plan.conversation.type === "create" || !conversation) return []
    return [{ conversation, change: conversationChange(one), reason: one.plan.because.conversation, plan: one.plan }]
  })
  await changeConversations(
    tx,
    changes.filter(({ plan }) => !plan.assignment),
  )
  await openAssignments(
    tx,
    changes.flatMap(({ conversation, change, plan }) => {
      if (!plan.assignment) return []
      // The closed row names nobody; the change names the agent together with what makes it open again.
      return [
        {
          conversation,
          change,
          agentId: plan.assignment.agentId,
          reason: plan.assignment.reason,
          via: "sticky" as const,
        },
      ]
    }),
  )
  await reseat(
    tx,
    placed.filter(({ plan }) => plan.seat && !plan.assignment).map(({ plan }) => plan.conversation.id),
    "sticky",
  )
}

/** Of these queues one in which a message has moved somebody to another group was counted too early. */
function stillRight(
  lengths: readonly QueueLength[],
  placed: readonly Placed[],
  facts: Awaited<ReturnType<typeof loadFacts>>,
): QueueLength[] {
  const moved = new Set(
    placed.flatMap(({ plan: { item, conversation }, customerId }) =>
      item.type === "join" && item.channelGroup !== facts.get(customerId)?.item?.channelGroup
        ? conversation.inboxId
        : [],
    ),
  )
  return lengths.filter(({ inboxId }) => !moved.has(inboxId))
}

function queuedBy(placed: Placed) {
  const item = newItem(placed)
  if (!item) return []
  const { customerId, about } = placed
  return [{ item, reason: "contact_inbound", fromInboxId: null, customerId, about }]
}

function arrivedOf(made: readonly NewRows[]): Arrived[] {
  return made.flatMap(({ conversation, contacts, item }) =>
    conversation && item ? [{ conversation, contacts, item }] : [],
  )
}

function newItem({ plan }: Placed): NewQueueItem | null {
  if (plan.item.type !== "create") return null
  const { type: _type, ...item } = plan.item
  return { ...item, conversationId: plan.conversation.id }
}

/** Keywords, and the automatic answer: they read what was written. */
async function answer(
  tx: Tx,
  placed: readonly Placed[],
  settings: WorkflowSettings,
  hooks: CommitHooks,
): Promise<void> {
  const { autoReply } = settings.mail
  const isAsked = placed.some(({ taken }) =>
    taken.some(({ event }) => event.optOut || (event.mail && autoReply.enabled)),
  )
  if (!isAsked) return
  await tx.flush()
  for (const one of placed) await applyOptOuts(tx, one, hooks)
  for (const one of placed) await answerAutomatically(tx, one, autoReply)
}

async function applyOptOuts(tx: Tx, { plan, taken, customerId }: Placed, hooks: CommitHooks): Promise<void> {
  for (const arrival of taken) {
    if (!arrival.event.optOut) continue
    await hooks.applyOptOut?.(tx, {
      arrival,
      customerId,
      conversationId: plan.conversation.id,
      contactId: contactOf(plan, arrival),
      messageId: arrival.placed.id,
    })
  }
}

function contactOf(plan: Plan, one: Taken): string {
  return plan.messages.find((message) => message.id === one.placed.id)?.contactId ?? ""
}

function receiptsOfPlaced({ plan, taken, customerId }: Placed): StoredReceipt[] {
  return taken.map((one) => ({
    inboundEventId: one.id,
    parked: false,
    parkedReason: null,
    messageId: one.placed.id,
    contactId: contactOf(plan, one),
    conversationId: plan.conversation.id,
    customerId,
    resolution: one.placed.resolution,
    dueAt: plan.conversation.dueAt.toISOString(),
  }))
}
