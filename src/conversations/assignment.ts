import { type FieldError, invalid, problem } from "../problem.ts"
import { endAssignment, openAssignment } from "../store/assignments.ts"
import { liveContacts } from "../store/contacts.ts"
import { changeConversations, type ConversationChange, type ConversationRow } from "../store/conversations.ts"
import { endItems, requeue } from "../store/queue-items.ts"
import { reseat } from "../store/seats.ts"
import type { Tx } from "../store/write.ts"
import { type Acting, isMember, lockSeen, mustBeOpen, type Scene } from "./acting.ts"
import { save } from "./end-contacts.ts"
import { addNote } from "./notes.ts"
import { notify } from "./notify.ts"

export type Transfer = {
  /** Absent: the Inbox that it is in. */
  inboxId?: string | undefined
  /** Null: it queues in the Inbox. */
  agentId: string | null
  note?: string | undefined
  /** Judges what only somebody with the right to assign may do; throws. */
  judge(conversation: ConversationRow, target: { inboxId: string; agentId: string | null }): void
}

/**
 * Moves a conversation to an Inbox, an agent, or both, past rules, availability and capacity (spec 6.8). Another Inbox
 * means a new due date, counted from now by that Inbox's SLA, while somebody waits (spec 4.3). What is so already stays.
 */
export async function assignConversation(
  tx: Tx,
  acting: Acting,
  conversationId: string,
  transfer: Transfer,
): Promise<void> {
  const scene = await lockSeen(tx, acting, conversationId, [transfer.agentId])
  const { conversation } = scene
  const target = { inboxId: transfer.inboxId ?? conversation.inboxId, agentId: transfer.agentId }
  transfer.judge(conversation, target)
  mustBeOpen(conversation)
  const inbox = await readTarget(tx, target)
  if (transfer.note) await addNote(tx, acting, conversation, { text: transfer.note, mentionUserIds: [] })
  const moves = target.inboxId !== conversation.inboxId
  if (
    !moves &&
    target.agentId === conversation.agentId &&
    (target.agentId !== null || scene.work.items.length > 0 || !conversation.awaitingSince)
  )
    return
  const change: ConversationChange = moves ? { inboxId: target.inboxId, ...newDue(tx, conversation, inbox) } : {}
  if (moves) await moveContactsTo(tx, conversation.id, target.inboxId)
  await hand(tx, scene, target, change)
  if (target.agentId && target.agentId !== conversation.agentId && target.agentId !== acting.userId)
    await notify(tx, [target.agentId], "assigned", { conversationId, inboxId: target.inboxId, by: acting.name })
}

/** Back to the queue of its Inbox, where somebody waits; nobody's otherwise. */
export async function unassignConversation(
  tx: Tx,
  acting: Acting,
  conversationId: string,
  judge: Transfer["judge"],
): Promise<void> {
  await assignConversation(tx, acting, conversationId, { agentId: null, judge })
}

type Target = { inboxId: string; agentId: string | null }

async function hand(tx: Tx, { work, conversation }: Scene, target: Target, change: ConversationChange): Promise<void> {
  const items = work.items.filter((item) => item.lane === "text")
  const ids = items.map((item) => item.id)
  if (target.agentId) {
    await endItems(tx, ids, { state: "done", reason: "manual", withdrawn: "taken" })
    await openAssignment(tx, { conversation, agentId: target.agentId, reason: "manual", via: "manual", change })
    await announceTransfer(tx, conversation, target, change, items[0]?.contactId)
    return
  }
  await endItems(tx, ids, { state: "canceled", reason: "transferred", withdrawn: "transferred" })
  const after = conversation.agentId
    ? await endAssignment(tx, { conversation, reason: "manual", change })
    : ((await changeConversations(tx, [{ conversation, change }]))[0] ?? conversation)
  await announceTransfer(tx, conversation, target, change, items[0]?.contactId)
  await requeue(tx, after, {
    reason: "manual",
    firstQueuedAt: items[0]?.firstQueuedAt ?? null,
    fromInboxId: conversation.inboxId === target.inboxId ? null : conversation.inboxId,
  })
  await reseat(tx, [conversation.id], "manual")
}

/** The place in the new queue is told by `contact.queued`, where it queues. */
async function announceTransfer(
  tx: Tx,
  before: ConversationRow,
  target: Target,
  change: ConversationChange,
  queuedContactId: string | undefined,
): Promise<void> {
  if (before.inboxId === target.inboxId) return
  const contactId = queuedContactId ?? (await latestContactId(tx, before.id))
  tx.event("contact.transferred", {
    contactId,
    conversationId: before.id,
    customerId: before.customerId,
    inboxId: target.inboxId,
    fromInboxId: before.inboxId,
    agentId: target.agentId,
    position: null,
    dueAt: change.dueAt ?? null,
    reason: "manual",
  })
}

async function latestContactId(tx: Tx, conversationId: string): Promise<string | null> {
  const row = await tx.db
    .selectFrom("contacts")
    .select("id")
    .where("orgId", "=", tx.orgId)
    .where("conversationId", "=", conversationId)
    .orderBy("id", "desc")
    .executeTakeFirst()
  return row?.id ?? null
}

function newDue(tx: Tx, conversation: ConversationRow, inbox: { slaSeconds: number }): ConversationChange {
  const sla = { slaSeconds: inbox.slaSeconds, slaSource: "inbox" }
  if (!conversation.awaitingSince) return sla
  return {
    ...sla,
    dueAt: new Date(tx.now.getTime() + inbox.slaSeconds * 1000),
    dueBecause: { ...conversation.dueBecause, receivedAt: tx.now.toISOString(), ...sla, transferred: true },
  }
}

async function moveContactsTo(tx: Tx, conversationId: string, inboxId: string): Promise<void> {
  const contacts = await liveContacts(tx, [conversationId])
  await save(
    tx,
    contacts.map((contact) => ({ ...contact, inboxId })),
  )
}

/** The Inbox that it goes to, once it and the agent are there and belong together. */
async function readTarget(tx: Tx, { inboxId, agentId }: Target): Promise<{ slaSeconds: number }> {
  const inbox = await tx.db
    .selectFrom("inboxes")
    .select(["slaSeconds", "deactivatedAt"])
    .where("orgId", "=", tx.orgId)
    .where("id", "=", inboxId)
    .executeTakeFirst()
  const user =
    agentId === null
      ? null
      : await tx.db
          .selectFrom("users")
          .select("status")
          .where("orgId", "=", tx.orgId)
          .where("id", "=", agentId)
          .executeTakeFirst()
  const errors: FieldError[] = []
  const inboxPointer = "#/inboxId"
  if (!inbox) errors.push({ pointer: inboxPointer, code: "unknown_reference", detail: "There is no such Inbox." })
  if (inbox?.deactivatedAt) {
    const detail = "This Inbox is deactivated. Choose an active one."
    errors.push({ pointer: inboxPointer, code: "inbox_deactivated", detail })
  }
  if (user === undefined)
    errors.push({ pointer: "#/agentId", code: "unknown_reference", detail: "There is no such user." })
  if (!inbox || errors.length > 0) throw invalid(...errors)
  if (user && (user.status !== "active" || !(await isMember(tx, inboxId, agentId))))
    throw problem("agent_not_in_inbox", { agentId, inboxId })
  return inbox
}
