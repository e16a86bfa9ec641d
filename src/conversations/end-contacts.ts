import { sql } from "kysely"
import { contactEndStatus } from "../core/conversations/status.ts"
import type { ContactRow } from "../store/contacts.ts"
import { records } from "../store/records.ts"
import type { Tx } from "../store/write.ts"

export type ContactEndReason =
  | "agent_ended"
  | "customer_abandoned"
  | "customer_no_reply"
  | "conversation_closed"
  | "customer_deleted"
  | "no_reply_needed"
  | "started_new"
  | "merged"

/** A person answered: these contacts await nothing more (routing.md 1.1). Answers them as they are now. */
export async function answerContacts(tx: Tx, contacts: readonly ContactRow[]): Promise<ContactRow[]> {
  const answered = contacts.map(
    (contact): ContactRow => ({
      ...contact,
      state: "active",
      awaitingSince: null,
      lastMessageAt: tx.now,
      fulfilledAt: contact.fulfilledAt ?? tx.now,
      fulfilledBy: contact.fulfilledBy ?? "responded",
    }),
  )
  await save(tx, answered)
  for (const [index, contact] of contacts.entries()) {
    if (contact.fulfilledAt === null && contact.direction === "inbound") {
      tx.event("contact.fulfilled", {
        contactId: contact.id,
        conversationId: contact.conversationId,
        customerId: contact.customerId,
        inboxId: contact.inboxId,
        fulfilledBy: answered[index]?.fulfilledBy ?? "responded",
        beforeDue: contact.dueAt === null || tx.now <= contact.dueAt,
      })
    }
  }
  return answered
}

/** These contacts are over. `canceled`: nobody needs to answer them any more. */
export async function endContacts(
  tx: Tx,
  contacts: readonly ContactRow[],
  endReason: ContactEndReason,
  canceled = false,
): Promise<void> {
  const ended = contacts.map(
    (contact): ContactRow => ({
      ...contact,
      state: "ended",
      awaitingSince: null,
      ...(canceled && contact.fulfilledAt === null && { fulfilledAt: tx.now, fulfilledBy: "canceled" as const }),
      endedAt: tx.now,
      endReason,
      endStatus: contactEndStatus({
        answeredByHuman: contact.fulfilledBy === "responded",
        endedByCustomer: endReason === "customer_abandoned",
      }),
    }),
  )
  await save(tx, ended)
  for (const [index, contact] of ended.entries()) {
    const data = {
      contactId: contact.id,
      conversationId: contact.conversationId,
      customerId: contact.customerId,
      inboxId: contact.inboxId,
    }
    if (contacts[index]?.fulfilledAt === null && contact.fulfilledBy === "canceled") {
      tx.event("contact.fulfilled", {
        ...data,
        fulfilledBy: "canceled",
        beforeDue: contact.dueAt === null || tx.now <= contact.dueAt,
      })
    }
    tx.event("contact.ended", { ...data, endReason, status: contact.endStatus })
  }
}

/** Writes what may change in a contact, as it stands in these rows. */
export async function save(tx: Tx, rows: readonly ContactRow[]): Promise<void> {
  if (rows.length === 0) return
  await sql`
    UPDATE contacts c SET state = r.state, inbox_id = r.inbox_id, awaiting_since = r.awaiting_since, fulfilled_at = r.fulfilled_at,
      fulfilled_by = r.fulfilled_by, last_message_at = r.last_message_at, ended_at = r.ended_at, end_reason = r.end_reason,
      end_status = r.end_status
    FROM ${records(
      rows.map(
        ({
          id,
          state,
          inboxId,
          awaitingSince,
          fulfilledAt,
          fulfilledBy,
          lastMessageAt,
          endedAt,
          endReason,
          endStatus,
        }) => ({
          id,
          state,
          inboxId,
          awaitingSince,
          fulfilledAt,
          fulfilledBy,
          lastMessageAt,
          endedAt,
          endReason,
          endStatus,
        }),
      ),
      `id uuid, state text, inbox_id uuid, awaiting_since timestamptz, fulfilled_at timestamptz, fulfilled_by text,
       last_message_at timestamptz, ended_at timestamptz, end_reason text, end_status text`,
    )} WHERE c.org_id = ${tx.orgId} AND c.id = r.id`.execute(tx.db)
}
