import { sql } from "kysely"
import type { InboundEvent } from "../../intake/inbound-event.ts"
import type { Tx } from "../../store/write.ts"

/** Kind of the job that answers HELP. */
export const helpJob = "sms_help"

type OptOutPlace = { customerId: string; conversationId: string; contactId: string }

/**
 * What a keyword does (spec 10.2), inside the transaction of intake, for an event with `optOut` that is taken for the
 * first time. STOP is kept for the pair of customer and number; START takes it away; HELP is answered where a text is set.
 */
export async function applyOptOut(
  tx: Tx,
  { arrival, customerId, conversationId, contactId }: { arrival: { event: Pick<InboundEvent, "optOut" | "from" | "entryPointId"> } } & OptOutPlace,
): Promise<void> {
  const event = arrival.event
  const { optOut, from } = event
  if (!optOut) return
  const place = { customerId, conversationId, contactId }
  if (optOut.action === "help") return promiseHelp(tx, event.entryPointId, optOut.phoneNumberId, from.value, place)
  const changed = optOut.action === "opt_out" ? await add(tx, optOut, from.value) : await remove(tx, optOut.phoneNumberId, from.value)
  if (!changed) return
  const type = optOut.action === "opt_out" ? "opt_out.added" : "opt_out.removed"
  const thing = { change: optOut.action === "opt_out" ? "added" : "removed", keyword: optOut.keyword, customerAddress: from.value, phoneNumberId: optOut.phoneNumberId }
  tx.event(type, { customerId, conversationId, contactId, ...thing }, { timeline: { kind: "opt_out_change", conversationId, customerId, contactId, thing } })
}

async function add(tx: Tx, optOut: { keyword: string; phoneNumberId: string }, address: string): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO opt_outs (org_id, phone_number_id, customer_address, keyword, since)
    VALUES (${tx.orgId}, ${optOut.phoneNumberId}, ${address}, ${optOut.keyword}, ${tx.now})
    ON CONFLICT DO NOTHING RETURNING 1`.execute(tx.db)
  return rows.length > 0
}

async function remove(tx: Tx, phoneNumberId: string, address: string): Promise<boolean> {
  const { rows } = await sql`
    DELETE FROM opt_outs WHERE org_id = ${tx.orgId} AND phone_number_id = ${phoneNumberId} AND customer_address = ${address}
    RETURNING 1`.execute(tx.db)
  return rows.length > 0
}

async function promiseHelp(tx: Tx, entryPointId: string, phoneNumberId: string, to: string, place: OptOutPlace): Promise<void> {
  const { rows } = await sql<{ helpText: string | null }>`
    SELECT help_text FROM phone_numbers WHERE org_id = ${tx.orgId} AND id = ${phoneNumberId}`.execute(tx.db)
  const text = rows[0]?.helpText
  if (text) tx.job(helpJob, { text, to, entryPointId, ...place })
}
