import { newId } from "../ids.ts"
import { insertDelivery } from "./deliveries.ts"
import { insertMessages, type NewMessage } from "./messages.ts"
import type { Tx } from "./write.ts"

export type AutomaticMessage = Pick<
  NewMessage,
  | "conversationId"
  | "customerId"
  | "contactId"
  | "channel"
  | "entryPointId"
  | "text"
  | "fromAddress"
  | "inReplyToId"
  | "test"
> & { to: string } & Partial<Pick<NewMessage, "subject" | "referenceIds">>

/** What the program itself writes to a customer, on its way with the commit. It never counts as an answer. */
export async function sendAutomatically(tx: Tx, { to, ...message }: AutomaticMessage): Promise<void> {
  const id = newId()
  const { conversationId, customerId, contactId, channel, text } = message
  await insertMessages(tx, [
    {
      subject: null,
      referenceIds: [],
      ...message,
      id,
      direction: "outbound",
      authorType: "system",
      authorId: null,
      kind: "text",
      html: null,
      toAddresses: [to],
      ccAddresses: [],
      bccAddresses: [],
      envelopeFrom: null,
      fromHeader: null,
      externalId: null,
      messageIdHeader: null,
      replyToken: null,
      inboundEventId: null,
      flags: { autoReply: true },
      fulfils: false,
      clientId: null,
      replyWindowEndsAt: null,
      sentAt: tx.now,
      receivedAt: tx.now,
    },
  ])
  await insertDelivery(tx, { messageId: id, channel })
  tx.event(
    "contact.message_sent",
    {
      contactId,
      conversationId,
      customerId,
      messageId: id,
      channel,
      text,
      author: { type: "system", id: null },
      automatic: true,
    },
    { timeline: { kind: "message", conversationId, customerId, contactId, thingId: id } },
  )
}
