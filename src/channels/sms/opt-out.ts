import { sql } from "kysely"
import type { InboundEvent } from "../../intake/inbound-event.ts"
import type { Tx } from "../../store/write.ts"
import { answerHelp } from "./help.ts"

export type OptOutArrival = {
  arrival: { event: Pick<InboundEvent, "optOut" | "from" | "entryPointId" | "test"> }
  customerId: string
  conversationId: string
  contactId: string
  messageId: string
}

/**
 * What a keyword does (spec 10.2), inside the transaction of intake, for an event with `optOut` that is taken for the
 * first time. STOP is kept for the pair of customer and number; START takes it away; HELP is answered where a text is set.
 */
export async function applyOptOut(tx: Tx, { arrival, ...place }: OptOutArrival): Promise<void> {
  const { optOut, from, entryPointId, test } = arrival.event
  if (!optOut) return
  const { phoneNumberId, keyword, action } = optOut
  const pair = { phoneNumberId, customerAddress: from.value }
  if (action === "help") return answerHelp(tx, { ...pair, ...place, entryPointId, test })
  const changed = action === "opt_out" ? await add(tx, { ...pair, keyword }) : await remove(tx, pair)
  if (!changed) return
  const { customerId, conversationId, contactId } = place
  const thing = { change: action === "opt_out" ? "added" : "removed", keyword, ...pair }
  tx.event(
    `opt_out.${thing.change}`,
    { customerId, conversationId, contactId, ...thing },
    { timeline: { kind: "opt_out_change", conversationId, customerId, contactId, thing } },
  )
}

type Pair = { phoneNumberId: string; customerAddress: string }

async function add(tx: Tx, of: Pair & { keyword: string }): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO opt_outs (org_id, phone_number_id, customer_address, keyword, since)
    VALUES (${tx.orgId}, ${of.phoneNumberId}, ${of.customerAddress}, ${of.keyword}, ${tx.now})
    ON CONFLICT DO NOTHING RETURNING 1`.execute(tx.db)
  return rows.length > 0
}

/** YES from somebody who never opted out is an ordinary word. */
async function remove(tx: Tx, of: Pair): Promise<boolean> {
  const { rows } = await sql`
    DELETE FROM opt_outs WHERE org_id = ${tx.orgId} AND phone_number_id = ${of.phoneNumberId}
      AND customer_address = ${of.customerAddress} RETURNING 1`.execute(tx.db)
  return rows.length > 0
}
