import type { Tx } from "../store/write.ts"
import type { Placed } from "./placed.ts"

/** The domain events of intake (api.md 5), each with what the timeline shows. */

export function tellCustomers(tx: Tx, placed: readonly Placed[]): void {
  for (const { customerId, taken, about } of placed) {
    const first = taken[0]
    if (!first?.customerIsNew) continue
    const { kind, value, name } = first.event.from
    const data = { customerId, name: name ?? null, address: { kind, value }, survivorId: null }
    tx.event("customer.created", data, { about })
  }
}

export function tellConversations(tx: Tx, placed: readonly Placed[]): void {
  for (const { plan, customerId, test, about } of placed) {
    const { type, id: conversationId, status, inboxId, agentId, dueAt } = plan.conversation
    if (type === "join") continue
    const moved = { from: type === "create" ? null : "closed", to: status, by: customerId }
    const data = { conversationId, customerId, inboxId, agentId, status, dueAt, ...moved, because: plan.because, test }
    tx.event(type === "create" ? "conversation.created" : "conversation.reopened", data, { about })
  }
}

export function tellContacts(tx: Tx, placed: readonly Placed[]): void {
  for (const { plan, customerId, taken, test, about } of placed) {
    for (const contact of plan.contacts) {
      if (contact.type !== "create") continue
      const entryPoint = taken.find((one) => one.entryPoint.id === contact.entryPointId)?.entryPoint
      const data = {
        contactId: contact.id,
        conversationId: plan.conversation.id,
        customerId,
        channel: contact.channel,
        entryPoint: entryPoint ? { id: entryPoint.id, kind: entryPoint.kind, address: entryPoint.address } : null,
        inboxId: contact.inboxId,
        slaSeconds: contact.slaSeconds,
        slaSource: contact.slaSource,
        dueAt: contact.dueAt,
        finalIvrSelection: null,
        agentId: plan.conversation.agentId,
        test,
      }
      tx.event("contact.started", data, { about })
    }
  }
}

/** Events carry the beginning of the text; the whole stands in the message. */
const textLengthMax = 1_000

export function tellMessages(tx: Tx, placed: readonly Placed[]): void {
  for (const { plan, customerId, taken, about } of placed) {
    for (const { event, placed: message, at } of taken) {
      const contactId = plan.messages.find(({ id }) => id === message.id)?.contactId ?? null
      const conversationId = plan.conversation.id
      tx.event(
        "contact.message_received",
        {
          contactId,
          conversationId,
          customerId,
          messageId: message.id,
          channel: event.channel,
          text: event.content.text.slice(0, textLengthMax).toWellFormed(),
          author: { type: "customer", id: customerId },
          agentId: plan.conversation.agentId,
          inboxId: plan.conversation.inboxId,
          test: event.test,
        },
        { about, timeline: { kind: "message", conversationId, customerId, contactId, thingId: message.id, at } },
      )
    }
  }
}
