import type { Kysely, Selectable } from "kysely"
import type { ConfirmationMail, Mailbox, Probe } from "../../core/mailboxes/mailbox.ts"
import type { Person } from "../../core/people/person.ts"
import { beginEntryPoint, endEntryPoint } from "../../entry-points/begin.ts"
import { newCode, newId } from "../../ids.ts"
import { problem } from "../../problem.ts"
import type { DB } from "../../store/tables.ts"
import type { Tx } from "../../store/write.ts"
import { probeJob, probeSecondsMax } from "./probe.ts"

export type MailboxFacts = { mailDomain: string; sends: boolean }

type MailboxRow = Selectable<DB["mailboxes"]>

const forwardingCodeLength = 12

/** An address can receive as soon as it is here (S14, S26); its entry point leads to the section's default Inbox (S23). */
export async function createMailbox(tx: Tx, input: { address: string; senderName: string }): Promise<string> {
  const id = newId()
  await claim(tx, "mailbox", input.address, id)
  const forwardingLocal = `in-${newCode(forwardingCodeLength)}`
  await claim(tx, "mail_forwarding", forwardingLocal, id)
  const entryPointId = await beginEntryPoint(tx, {
    channel: "email",
    kind: "email",
    address: input.address,
    displayName: input.address,
    mailboxId: id,
  })
  const row = { ...input, forwardingLocal, entryPointId }
  await tx.db
    .insertInto("mailboxes")
    .values({ orgId: tx.orgId, id, ...row, createdAt: tx.now, createdBy: JSON.stringify(tx.actor) })
    .execute()
  tx.event("mailbox.added", { mailboxId: id, before: null, after: input })
  tx.audit({ entityType: "mailbox", entityId: id, entityName: input.address, action: "added", after: input })
  return id
}

/** Unique on the server; whose the address is already is nobody's business. */
async function claim(tx: Tx, kind: string, value: string, id: string): Promise<void> {
  const row = await tx.db
    .insertInto("directory")
    .values({ kind, value, orgId: tx.orgId, id })
    .onConflict((conflict) => conflict.columns(["kind", "value"]).doNothing())
    .returning("id")
    .executeTakeFirst()
  if (!row) throw problem("address_taken", { pointer: "#/address" })
}

export async function lockMailbox(tx: Tx, id: string): Promise<MailboxRow> {
  const row = await tx.db
    .selectFrom("mailboxes")
    .selectAll()
    .where("orgId", "=", tx.orgId)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw problem("not_found")
  return row
}

export async function renameSender(tx: Tx, mailbox: MailboxRow, senderName: string): Promise<void> {
  if (senderName === mailbox.senderName) return
  await tx.db
    .updateTable("mailboxes")
    .set((eb) => ({
      senderName,
      version: eb("version", "+", 1),
      updatedAt: tx.now,
      updatedBy: JSON.stringify(tx.actor),
    }))
    .where("orgId", "=", tx.orgId)
    .where("id", "=", mailbox.id)
    .execute()
  const [before, after] = [{ senderName: mailbox.senderName }, { senderName }]
  tx.event("mailbox.updated", { mailboxId: mailbox.id, before, after })
  tx.audit({
    entityType: "mailbox",
    entityId: mailbox.id,
    entityName: mailbox.address,
    action: "updated",
    before,
    after,
  })
}

/** The address is free again and mail to it is refused; its entry point, exception and use as a default From end; history stays. */
export async function deleteMailbox(tx: Tx, mailbox: MailboxRow): Promise<void> {
  if (mailbox.deletedAt) return
  await tx.db
    .deleteFrom("directory")
    .where("orgId", "=", tx.orgId)
    .where("id", "=", mailbox.id)
    .where("kind", "in", ["mailbox", "mail_forwarding"])
    .execute()
  await tx.db
    .updateTable("mailboxes")
    .set((eb) => ({
      deletedAt: tx.now,
      version: eb("version", "+", 1),
      updatedAt: tx.now,
      updatedBy: JSON.stringify(tx.actor),
    }))
    .where("orgId", "=", tx.orgId)
    .where("id", "=", mailbox.id)
    .execute()
  await tx.db
    .updateTable("inboxes")
    .set((eb) => ({ defaultMailboxId: null, version: eb("version", "+", 1) }))
    .where("orgId", "=", tx.orgId)
    .where("defaultMailboxId", "=", mailbox.id)
    .execute()
  await endEntryPoint(tx, mailbox.entryPointId)
  const before = { address: mailbox.address, senderName: mailbox.senderName }
  tx.event("mailbox.removed", { mailboxId: mailbox.id, before, after: null })
  tx.audit({
    entityType: "mailbox",
    entityId: mailbox.id,
    entityName: mailbox.address,
    action: "removed",
    before,
  })
}

export async function createProbe(tx: Tx, mailbox: MailboxRow): Promise<Probe> {
  if (mailbox.deletedAt) throw problem("not_found")
  const id = newId()
  await tx.db
    .insertInto("mailboxProbes")
    .values({ orgId: tx.orgId, id, mailboxId: mailbox.id, sentAt: tx.now })
    .execute()
  tx.job(probeJob, { mailboxId: mailbox.id, probeId: id }, { key: id })
  return showProbe({ id, mailboxId: mailbox.id, sentAt: tx.now, receivedAt: null }, mailbox.confirmationMail, tx.now)
}

export async function readProbe(
  db: Kysely<DB>,
  orgId: string,
  mailboxId: string,
  probeId: string,
  now: Date,
): Promise<Probe> {
  const row = await db
    .selectFrom("mailboxProbes as p")
    .innerJoin("mailboxes as m", (join) => join.onRef("m.orgId", "=", "p.orgId").onRef("m.id", "=", "p.mailboxId"))
    .select(["p.id", "p.mailboxId", "p.sentAt", "p.receivedAt", "m.confirmationMail"])
    .where("p.orgId", "=", orgId)
    .where("p.mailboxId", "=", mailboxId)
    .where("p.id", "=", probeId)
    .executeTakeFirst()
  if (!row) throw problem("not_found")
  return showProbe(row, row.confirmationMail, now)
}

function showProbe(
  probe: { id: string; mailboxId: string; sentAt: Date; receivedAt: Date | null },
  confirmation: unknown,
  now: Date,
): Probe {
  const late = now.getTime() - probe.sentAt.getTime() > probeSecondsMax * 1_000
  return {
    id: probe.id,
    mailboxId: probe.mailboxId,
    status: probe.receivedAt ? "received" : late ? "timed_out" : "sent",
    sentAt: probe.sentAt.toISOString(),
    receivedAt: probe.receivedAt?.toISOString() ?? null,
    confirmationMail: confirmation as ConfirmationMail | null,
  }
}

export async function readMailbox(db: Kysely<DB>, orgId: string, id: string, facts: MailboxFacts): Promise<Mailbox> {
  const row = await db
    .selectFrom("mailboxes")
    .selectAll()
    .where("orgId", "=", orgId)
    .where("id", "=", id)
    .executeTakeFirst()
  if (!row) throw problem("not_found")
  return showMailbox(row, facts)
}

export function showMailbox(row: MailboxRow, { mailDomain, sends }: MailboxFacts): Mailbox {
  return {
    id: row.id,
    address: row.address,
    senderName: row.senderName,
    inbound: "forwarding",
    entryPointId: row.entryPointId,
    forwardingAddress: `${row.forwardingLocal}@${mailDomain}`,
    forwarding: row.forwardingSeenAt ? "active" : "waiting",
    forwardingSeenAt: row.forwardingSeenAt?.toISOString() ?? null,
    confirmationMail: row.confirmationMail as ConfirmationMail | null,
    sends,
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy as Person,
    updatedAt: row.updatedAt?.toISOString() ?? null,
    updatedBy: row.updatedBy as Person | null,
    deletedAt: row.deletedAt?.toISOString() ?? null,
    version: row.version,
  }
}
