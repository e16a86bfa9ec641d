import { sql } from "kysely"
import { newId } from "../../ids.ts"
import { insertDelivery } from "../../store/deliveries.ts"
import { insertMessages } from "../../store/messages.ts"
import type { Tx } from "../../store/write.ts"

export type HelpAsked = {
  entryPointId: string
  phoneNumberId: string
  customerAddress: string
  customerId: string
  conversationId: string
  contactId: string
  messageId: string
  test: boolean
}

/** Answers HELP with the number's text, where one is set and the customer did not opt out. It never counts as an answer. */
export async function answerHelp(tx: Tx, asked: HelpAsked): Promise<void> {
  const { rows } = await sql<{ e164: string; helpText: string }>`
    SELECT e164, help_text FROM phone_numbers n WHERE n.org_id = ${tx.orgId} AND n.id = ${asked.phoneNumberId} AND help_text IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM opt_outs o WHERE o.org_id = n.org_id AND o.phone_number_id = n.id
        AND o.customer_address = ${asked.customerAddress})`.execute(tx.db)
  if (!rows[0]) return
  const id = newId()
  const { e164, helpText: text } = rows[0]
  const { customerId, conversationId, contactId } = asked
  await insertMessages(tx, [
    {
      id,
      conversationId,
      customerId,
      contactId,
      channel: "sms",
      direction: "outbound",
      entryPointId: asked.entryPointId,
      authorType: "system",
      authorId: null,
      kind: "text",
      text,
      html: null,
      subject: null,
      fromAddress: e164,
      toAddresses: [asked.customerAddress],
      ccAddresses: [],
      bccAddresses: [],
      envelopeFrom: null,
      fromHeader: null,
      externalId: null,
      messageIdHeader: null,
      referenceIds: [],
      replyToken: null,
      inReplyToId: asked.messageId,
      inboundEventId: null,
      flags: { autoReply: true },
      fulfils: false,
      clientId: null,
      replyWindowEndsAt: null,
      sentAt: tx.now,
      receivedAt: tx.now,
      test: asked.test,
    },
  ])
  await insertDelivery(tx, { messageId: id, channel: "sms" })
  tx.event(
    "contact.message_sent",
    {
      contactId,
      conversationId,
      customerId,
      messageId: id,
      channel: "sms",
      text,
      author: { type: "system", id: null },
      automatic: true,
    },
    { timeline: { kind: "message", conversationId, customerId, contactId, thingId: id } },
  )
}
