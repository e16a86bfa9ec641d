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
import { openAssignments } from "../store/assignments.ts"
import { lockAgents } from "../store/agents.ts"
import { awaitContacts, contactsInsert } from "../store/contacts.ts"
import { changeConversations, type ConversationRow, conversationsInsert } from "../store/conversations.ts"
import { decisionsInsert } from "../store/decisions.ts"
import { insertClaims, nameCustomers } from "../store/customers.ts"
import {
  type Arrival,
  emptyReceipt,
  insertInboundEvents,
  keyOf,
  readReceipts,
  receiptsUpdate,
  type StoredReceipt,
} from "../store/inbound-events.ts"
import { attachmentsInsert, messagesInsert } from "../store/messages.ts"
import { announceQueued, joinQueueItems, type NewQueueItem, queueItemsInsert } from "../store/queue-items.ts"
import { runTogether } from "../store/records.ts"
import { readRouting } from "../store/routing-settings.ts"
import { reseat } from "../store/seats.ts"
import type { Tx } from "../store/write.ts"
import type { Receipt } from "./inbound-event.ts"
import { answerAutomatically } from "./auto-reply.ts"
import { loadFacts } from "./facts.ts"
import { placement } from "./placement.ts"
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

export type Placed = { customerId: string; plan: Plan; taken: Taken[]; test: boolean }

/** A new conversation and its item, as this transaction wrote them. */
export type Arrived = { conversation: ConversationRow; item: NewQueueItem }

export type CommitHooks = {
  /** STOP, START, HELP (channels/sms): what was recorded before is asked by sending. */
  applyOptOut?: (
    tx: Tx,
    arrival: { arrival: Arrival; customerId: string; conversationId: string; contactId: string; messageId: string },
  ) => Promise<void>
  /** What was just written: the owner of routing may give it to free agents in the same commit (routing.md 3.1). */
  assignOnArrival?: (tx: Tx, arrived: readonly Arrived[]) => Promise<void>
}

/** What one batch of intake writes, in order; repeats of an event answer what the first answered (routing.md 3.1). */
export async function commitInbound(tx: Tx, arrivals: readonly Arrival[], hooks: CommitHooks): Promise<Receipt[]> {
  const fresh = await insertInboundEvents(tx, arrivals)
  const repeated = arrivals.filter((arrival) => !fresh.has(arrival.id))
  const earlier = await readReceipts(
    tx,
    repeated.map((arrival) => arrival.event),
  )
  const taken = await takeIn(
    tx,
    arrivals.filter((arrival) => fresh.has(arrival.id)),
    hooks,
  )
  return arrivals.map((arrival) => {
    const receipt = taken.get(arrival.id)
    if (receipt) return { ...receipt, duplicate: false }
    return { ...(earlier.get(keyOf(arrival.event)) ?? emptyReceipt(arrival.id, null)), duplicate: true }
  })
}

/** The effects of events that are stored already: new ones, or parked ones that are replayed. */
export async function takeIn(
  tx: Tx,
  arrivals: readonly Arrival[],
  hooks: CommitHooks,
): Promise<Map<string, StoredReceipt>> {
  if (arrivals.length === 0) return new Map()
  const { taken, settings } = await understand(tx, arrivals)
  const facts = await loadFacts(tx, taken)
  const placed = byCustomer(taken).map(({ customerId, taken: ofCustomer }): Placed => {
    const known = facts.get(customerId)
    if (!known) throw new Unprocessable("customer_missing", "The customer vanished while the message was taken in.")
    const plan = place(
      known,
      ofCustomer.map((one) => one.placed),
      placeSettings(settings),
      tx.now,
      newId,
    )
    return { customerId, plan, taken: ofCustomer, test: ofCustomer.some((one) => one.event.test) }
  })

  await lockAgents(
    tx,
    placed.flatMap(({ plan }) => [plan.assignment?.agentId, plan.seat?.agentId]),
  )
  tellCustomers(tx, placed)
  const receipts = placed.flatMap(receiptsOf)
  await runTogether(tx, [
    conversationsInsert(
      tx,
      placed.filter(({ plan }) => plan.conversation.type === "create").map((one) => conversationRow(tx, one)),
    ),
    contactsInsert(
      tx,
      placed.flatMap((one) =>
        one.plan.contacts.filter(({ type }) => type === "create").map((contact) => contactRow(one, contact)),
      ),
    ),
    messagesInsert(
      tx,
      placed.flatMap((one) => one.taken.map((message) => messageRow(one, message))),
    ),
    attachmentsInsert(tx, taken.flatMap(attachmentRows)),
    queueItemsInsert(tx, placed.flatMap(newItem)),
    decisionsInsert(
      tx,
      placed.flatMap((one) => placement(tx, one)),
    ),
    receiptsUpdate(tx, receipts),
  ])
  await changeWhatIsThere(tx, placed, facts)
  tellContacts(tx, placed)
  tellMessages(tx, placed)
  await queue(tx, placed, hooks)
  for (const one of placed) await applyOptOuts(tx, one, hooks)
  for (const one of placed) await answerAutomatically(tx, one, settings.mail.autoReply)
  return new Map(receipts.map((receipt) => [receipt.inboundEventId, receipt]))
}

/** Entry point, sender and thread of each event. Throws `Unprocessable` for what no retry mends. */
async function understand(
  tx: Tx,
  arrivals: readonly Arrival[],
): Promise<{ taken: Taken[]; settings: WorkflowSettings }> {
  const { entryPoints, table, settings } = await readRouting(tx.db, tx.orgId, [
    ...new Set(arrivals.map(({ event }) => event.entryPointId)),
  ])
  const senders = await findSenders(tx, arrivals)
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

/** Conversations and contacts that were there; a reopened one whose former agent is there is assigned in the same statement. */
async function changeWhatIsThere(
  tx: Tx,
  placed: readonly Placed[],
  facts: Awaited<ReturnType<typeof loadFacts>>,
): Promise<void> {
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

async function queue(tx: Tx, placed: readonly Placed[], hooks: CommitHooks): Promise<void> {
  await joinQueueItems(
    tx,
    placed.flatMap(({ plan }) => (plan.item.type === "join" ? [plan.item] : [])),
  )
  const created = placed.flatMap((one) =>
    newItem(one).map((item) => ({ item, reason: "contact_inbound", fromInboxId: null, customerId: one.customerId })),
  )
  await announceQueued(tx, created)
  const arrived = placed.flatMap((one) =>
    one.plan.conversation.type === "create"
      ? newItem(one).map((item) => ({ item, conversation: conversationRow(tx, one) }))
      : [],
  )
  if (arrived.length > 0) await hooks.assignOnArrival?.(tx, arrived)
}

function newItem({ plan }: Placed): NewQueueItem[] {
  if (plan.item.type !== "create") return []
  const { type: _type, ...item } = plan.item
  return [{ ...item, conversationId: plan.conversation.id }]
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

function receiptsOf({ plan, taken, customerId }: Placed): StoredReceipt[] {
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
