import { putContacts, type ContactRow } from "../store/contacts.ts"
import { type ConversationRow, putConversations } from "../store/conversations.ts"
import { type NewQueueItem, putQueueItems, type QueueItemRow, waiting } from "../store/queue-items.ts"
import type { Tx } from "../store/write.ts"
import type { Arrived, Placed } from "./placed.ts"
import { contactRow, conversationRow } from "./rows.ts"

/** The rows that a plan of `place` makes: conversation, contacts, place in the queue. */

/** What is new of one customer: of a conversation that is there `conversation` is null. */
export type NewRows = { conversation: ConversationRow | null; contacts: ContactRow[]; item: QueueItemRow | null }

export function newRows(tx: Tx, placed: Placed): NewRows {
  const { plan } = placed
  const contacts = plan.contacts.filter(({ type }) => type === "create")
  const item = newItem(placed)
  return {
    conversation: plan.conversation.type === "create" ? conversationRow(tx, placed) : null,
    contacts: contacts.map((contact) => contactRow(placed, contact)),
    item: item && waiting(item),
  }
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
export function queuedBy(placed: Placed) {
  const item = newItem(placed)
  if (!item) return []
  const { customerId, about } = placed
  return [{ item, reason: "contact_inbound", fromInboxId: null, customerId, about }]
}

export function arrivedOf(made: readonly NewRows[]): Arrived[] {
  return made.flatMap(({ conversation, contacts, item }) =>
    conversation && item ? [{ conversation, contacts, item }] : [],
  )
}

function newItem({ plan }: Placed): NewQueueItem | null {
  if (plan.item.type !== "create") return null
  const { type: _type, ...item } = plan.item
  return { ...item, conversationId: plan.conversation.id }
}
