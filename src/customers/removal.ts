import { sql } from "kysely"
import { problem } from "../problem.ts"
import type { Tx } from "../store/write.ts"
import { lockCustomerRow } from "./customer.ts"

/** Ends a conversation that is still active; handed in, since conversations are another station. */
export type EndConversation = (tx: Tx, conversationId: string) => Promise<void>

/**
 * Forgets a customer: who it is, how to reach it, what was written, in both directions. What remains is that something
 * was there, for counts. 404 for one that is gone.
 */
export async function removeCustomer(tx: Tx, id: string, endConversation: EndConversation): Promise<void> {
  await lockCustomerRow(tx, id)
  const active = await tx.db
    .selectFrom("conversations")
    .select("id")
    .where("orgId", "=", tx.orgId)
    .where("customerId", "=", id)
    .where("status", "<>", "closed")
    .executeTakeFirst()
  if (active) await endConversation(tx, active.id)
  const { orgId } = tx
  const messages = sql`SELECT id FROM messages WHERE org_id = ${orgId} AND customer_id = ${id}`
  await sql`DELETE FROM attachments WHERE org_id = ${orgId} AND message_id IN (${messages})`.execute(tx.db)
  await sql`
    UPDATE inbound_events SET raw = NULL, raw_sha256 = NULL, typed = '{}' WHERE org_id = ${orgId}
      AND id IN (SELECT inbound_event_id FROM messages WHERE org_id = ${orgId} AND customer_id = ${id})`.execute(tx.db)
  await sql`
    UPDATE messages SET text = '', html = NULL, subject = NULL, from_address = NULL, to_addresses = '{}', cc_addresses = '{}',
      bcc_addresses = '{}', envelope_from = NULL, from_header = NULL, flags = '{"deleted": true}'
    WHERE org_id = ${orgId} AND customer_id = ${id}`.execute(tx.db)
  await sql`
    UPDATE notes SET text = '', deleted_at = coalesce(deleted_at, ${tx.now}) WHERE org_id = ${orgId}
      AND conversation_id IN (SELECT id FROM conversations WHERE org_id = ${orgId} AND customer_id = ${id})`.execute(
    tx.db,
  )
  await sql`UPDATE conversations SET last_message_preview = NULL WHERE org_id = ${orgId} AND customer_id = ${id}`.execute(
    tx.db,
  )
  await sql`
    UPDATE events SET data = (data::jsonb - ${["text", "name", "address", "value"]}::text[])::json
    WHERE org_id = ${orgId} AND data->>'customerId' = ${id}
      AND (type IN ('contact.message_received', 'contact.message_sent') OR type LIKE 'customer.%' OR type LIKE 'customer\\_address.%')`.execute(
    tx.db,
  )
  await tx.db.deleteFrom("customerAddresses").where("orgId", "=", orgId).where("customerId", "=", id).execute()
  await tx.db.deleteFrom("addressClaims").where("orgId", "=", orgId).where("customerId", "=", id).execute()
  const gone = await tx.db
    .updateTable("customers")
    .set((eb) => ({
      name: null,
      attributes: "{}",
      externalCustomerId: null,
      language: null,
      deletedAt: tx.now,
      version: eb("version", "+", 1),
    }))
    .where("orgId", "=", orgId)
    .where("id", "=", id)
    .returning("id")
    .executeTakeFirst()
  if (!gone) throw problem("not_found")
  tx.event("customer.deleted", { customerId: id, survivorId: null })
  tx.audit({ entityType: "customer", entityId: id, entityName: "Deleted customer", action: "removed" })
}
