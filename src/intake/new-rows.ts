import type { Plan } from "../core/conversations/place.ts"
import { putContacts, type ContactRow } from "../store/contacts.ts"
import { type ConversationRow, putConversations } from "../store/conversations.ts"
import { putQueueItems } from "../store/queue-items.ts"
import { type QueueItemRow, waiting } from "../store/queue-item.ts"
import type { Tx } from "../store/write.ts"
import type { Arrived, Placed } from "./placed.ts"
import { contactRow, conversationRow } from "./rows.ts"

/** The rows that a plan of `place` makes: conversation, contacts, place in the queue. */

/** What is new of one customer: of a conversation that is there `conversation` is null. */
export type NewRows = {
  placed: Placed
  conversation: ConversationRow | null
  contacts: ContactRow[]
  item: QueueItemRow | null
}

export function newRows(tx: Tx, placed: Placed): NewRows {
  const { plan } = placed
  const contacts = plan.contacts.filter(({ type }) => type === "create")
  return {
    placed,
    conversation: plan.conversation.type === "create" ? conversationRow(tx, placed) : null,
    contacts: contacts.map((contact) => contactRow(placed, contact)),
    item: newItem(plan),
  }
}

function newItem({ item, conversation }: Plan): QueueItemRow | null {
  if (item.type !== "create") return null
  const { type: _type, ...rest } = item
  return waiting({ ...rest, conversationId: conversation.id })
}

export function putNew(tx: Tx, made: readonly NewRows[]): void {
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

/** For `announceQueued`. */
export function queuedBy(made: readonly NewRows[]) {
  return made.flatMap(({ item, placed: { customerId, about } }) =>
    item ? [{ item, reason: "contact_inbound", fromInboxId: null, customerId, about }] : [],
  )
}

export function arrivedOf(made: readonly NewRows[]): Arrived[] {
  return made.flatMap(({ conversation, contacts, item }) =>
    conversation && item ? [{ conversation, contacts, item }] : [],
  )
}
