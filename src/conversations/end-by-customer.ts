import { liveContacts } from "../store/contacts.ts"
import { changeConversations } from "../store/conversations.ts"
import { endAssignment } from "../store/assignments.ts"
import { endItems, requeue } from "../store/queue-items.ts"
import { reseat } from "../store/seats.ts"
import { lockWork } from "../store/work.ts"
import type { Tx } from "../store/write.ts"
import { lockCustomer } from "./acting.ts"
import { endContacts } from "./end-contacts.ts"

/**
 * The customer leaves the chat. Answered: the contact ends as if the customer had fallen silent, and the conversation
 * stays with its agent. Still waiting: abandoned, as by a caller who hangs up (routing.md 1.1): the place in the queue is
 * given back, and a conversation that nobody has and in which nothing else lives is closed. Other channels go on waiting.
 */
export async function endChatByCustomer(
  tx: Tx,
  conversationId: string,
  by: { id: string; name: string },
): Promise<void> {
  await lockCustomer(tx, by.id)
  const { conversations, items } = await lockWork(tx, [conversationId])
  const conversation = conversations.get(conversationId)
  if (!conversation || conversation.closedAt) return
  const live = await liveContacts(tx, [conversationId])
  const chat = live.find((contact) => contact.channel === "chat")
  if (!chat) return
  const rest = live.filter((contact) => contact !== chat)
  await endContacts(tx, [chat], chat.awaitingSince ? "customer_abandoned" : "customer_no_reply")
  const stillAwaits = rest.some((contact) => contact.awaitingSince !== null)
  const text = items.filter((item) => item.lane === "text")
  const ids = text.map((item) => item.id)
  if (stillAwaits && text.some((item) => item.contactId === chat.id)) {
    await endItems(tx, ids, { state: "canceled", reason: "customer_abandoned", withdrawn: "customer_abandoned" })
    await requeue(tx, conversation, { reason: "customer_abandoned", firstQueuedAt: text[0]?.firstQueuedAt ?? null })
  }
  if (chat.awaitingSince && !stillAwaits) {
    await endItems(tx, ids, { state: "canceled", reason: "customer_abandoned", withdrawn: "customer_abandoned" })
    const answered = { awaitingSince: null, dueAt: null, dueBecause: null }
    if (conversation.agentId || rest.length > 0) {
      await changeConversations(tx, [{ conversation, change: answered, reason: "customer_abandoned" }])
    } else {
      const closedBy = { type: "customer", id: by.id, name: by.name }
      await endAssignment(tx, {
        conversation,
        reason: "closed",
        change: { ...answered, closedAt: tx.now, closedBy, closeForced: false },
      })
      tx.event("conversation.closed", {
        conversationId,
        customerId: conversation.customerId,
        inboxId: conversation.inboxId,
        from: conversation.status,
        to: "closed",
        by: by.id,
        forced: false,
        agentId: null,
      })
    }
  }
  await reseat(tx, [conversationId], "manual")
}
