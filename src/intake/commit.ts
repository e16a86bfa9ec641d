import { place, type PlaceSettings, type Plan } from "../core/conversations/place.ts"
import type { WorkflowSettings } from "../core/workflow/settings.ts"
import { newId } from "../ids.ts"
import { lockAgents } from "../store/agents.ts"
import { openAssignments } from "../store/assignments.ts"
import { awaitContacts } from "../store/contacts.ts"
import { changeConversations } from "../store/conversations.ts"
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
import { joinQueueItems } from "../store/queue-items.ts"
import { announceQueued, type QueueLength } from "../store/queue-places.ts"
import { reseat } from "../store/seats.ts"
import type { Tx } from "../store/write.ts"
import { answerAutomatically } from "./auto-reply.ts"
import { loadFacts } from "./facts.ts"
import type { Receipt } from "./inbound-event.ts"
import { arrivedOf, type NewRows, newRows, putNew, queuedBy } from "./new-rows.ts"
import type { Arrived, Placed, Taken } from "./placed.ts"
import { placement } from "./placement.ts"
import type { RecentInboxes } from "./recent-inboxes.ts"
import { attachmentRows, conversationChange, messageRow } from "./rows.ts"
import { tellContacts, tellConversations, tellCustomers, tellMessages } from "./tell.ts"
import { type Known, knownOf, understand, whatIsKnown } from "./understand.ts"
import { Unprocessable } from "./unprocessable.ts"

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
  const [taken, ...known] = await tx.together([
    takenEvents(tx, events),
    ...whatIsKnown(tx, events, hooks.recentInboxes),
  ])
  const earlier = receiptsOf(taken)
  const fresh = arrivals.filter(({ event }) => !earlier.has(keyOf(event)))
  const receipts = await takeIn(tx, fresh, hooks, knownOf(known))
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
  const known = knownOf(await tx.together(whatIsKnown(tx, [arrival.event], hooks.recentInboxes)))
  const receipts = await takeIn(tx, [arrival], hooks, known)
  return receipts.get(arrival.id) ?? emptyReceipt(arrival.id, null)
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
  announceQueued(tx, queuedBy(made), stillRight(known.lengths, placed, facts))
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

/** What `place` takes of Conversation Workflow. */
export function placeSettings({ messaging, mail, reopenSeconds }: WorkflowSettings): PlaceSettings {
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
