import { sql } from "kysely"
import { sendAutomatically } from "../../store/automatic-messages.ts"
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

/** Answers HELP with the number's text, where one is set and the customer did not opt out. */
export async function answerHelp(tx: Tx, asked: HelpAsked): Promise<void> {
  const { rows } = await sql<{ e164: string; helpText: string }>`
    SELECT e164, help_text FROM phone_numbers n WHERE n.org_id = ${tx.orgId} AND n.id = ${asked.phoneNumberId} AND help_text IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM opt_outs o WHERE o.org_id = n.org_id AND o.phone_number_id = n.id
        AND o.customer_address = ${asked.customerAddress})`.execute(tx.db)
  if (!rows[0]) return
  const { e164, helpText: text } = rows[0]
  const { customerId, conversationId, contactId, entryPointId, messageId, customerAddress, test } = asked
  await sendAutomatically(tx, {
    conversationId,
    customerId,
    contactId,
    channel: "sms",
    entryPointId,
    text,
    fromAddress: e164,
    to: customerAddress,
    inReplyToId: messageId,
    test,
  })
}
