import { type Kysely, sql } from "kysely"
import type { DB } from "../../store/tables.ts"

/** One of our addresses, as somebody wrote it at RCPT. */
export type Recipient = {
  orgId: string
  mailboxId: string
  entryPointId: string
  /** The public address. */
  address: string
  /** It came to the forwarding target: mail to the public address does reach us. */
  viaForwarding: boolean
  /** What stood behind the plus of the forwarding target. */
  token: string | null
}

/** Who receives at this address, or null. The directory is the only place where an address leads to an organization. */
export async function findRecipient(db: Kysely<DB>, mailDomain: string, given: string): Promise<Recipient | null> {
  const address = given.trim()
  const at = address.lastIndexOf("@")
  if (at < 1) return null
  const local = address.slice(0, at)
  const domain = address.slice(at + 1).toLowerCase()
  const plus = local.indexOf("+")
  const target = (plus < 0 ? local : local.slice(0, plus)).toLowerCase()
  const forwarded = domain === mailDomain && /^in-[a-z0-9]{12}$/.test(target)
  const kind = forwarded ? "mail_forwarding" : "mailbox"
  const value = forwarded ? target : address.toLowerCase()
  const { rows } = await sql<{ orgId: string; mailboxId: string; entryPointId: string; address: string }>`
    SELECT m.org_id, m.id AS mailbox_id, m.entry_point_id, m.address FROM directory d
    JOIN mailboxes m ON m.org_id = d.org_id AND m.id = d.id AND m.deleted_at IS NULL
    WHERE d.kind = ${kind} AND d.value = ${value}`.execute(db)
  const found = rows[0]
  return found
    ? { ...found, viaForwarding: forwarded, token: forwarded && plus >= 0 ? local.slice(plus + 1) : null }
    : null
}
