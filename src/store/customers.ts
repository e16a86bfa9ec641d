import { sql } from "kysely"
import type { AddressKind } from "../core/customers/customer.ts"
import { newId } from "../ids.ts"
import { records } from "./records.ts"
import type { Tx } from "./write.ts"

export type Sender = {
  kind: AddressKind
  value: string
  name: string | null
  verifiedBy: "channel" | "identity" | "agent"
  test: boolean
}

type Found = { kind: AddressKind; value: string; customerId: string }

/**
 * The customer behind each address, made where there is none. Two transactions with the same new address meet at its
 * key: the second waits and gets the first one's customer. Answers by `addressKey`, and who is new.
 */
export async function upsertCustomers(
  tx: Tx,
  senders: readonly Sender[],
): Promise<{ idOf: Map<string, string>; created: Set<string> }> {
  const wanted = [...new Map(senders.map((sender) => [addressKey(sender), sender])).values()]
  const idOf = new Map((await findAddresses(tx, wanted)).map((found) => [addressKey(found), found.customerId]))
  const missing = wanted.filter((sender) => !idOf.has(addressKey(sender)))
  const created = new Set<string>()
  if (missing.length === 0) return { idOf, created }
  const candidates = missing.map((sender) => ({ ...sender, id: newId(), addressId: newId() }))
  const { rows } = await sql<Found>`
    WITH made AS (INSERT INTO customers (org_id, id, name, test, created_at)
      SELECT ${tx.orgId}, r.id, r.name, r.test, ${tx.now}::timestamptz FROM ${records(candidates, "id uuid, name text, test boolean")})
    INSERT INTO customer_addresses (org_id, kind, value, id, customer_id, proved_at, verified_by)
    SELECT ${tx.orgId}, r.kind, r.value, r.address_id, r.id, ${tx.now}::timestamptz, r.verified_by
    FROM ${records(candidates, "id uuid, address_id uuid, kind text, value text, verified_by text")}
    ORDER BY r.kind, r.value
    ON CONFLICT (org_id, kind, value) DO UPDATE SET value = excluded.value RETURNING kind, value, customer_id`.execute(
    tx.db,
  )
  for (const found of rows) idOf.set(addressKey(found), found.customerId)
  const lost: string[] = []
  for (const candidate of candidates) {
    if (idOf.get(addressKey(candidate)) === candidate.id) created.add(candidate.id)
    else lost.push(candidate.id)
  }
  if (lost.length > 0) await sql`DELETE FROM customers WHERE org_id = ${tx.orgId} AND id = ANY(${lost})`.execute(tx.db)
  return { idOf, created }
}

export function addressKey({ kind, value }: { kind: string; value: string }): string {
  return `${kind} ${value}`
}

async function findAddresses(tx: Tx, wanted: readonly Sender[]): Promise<Found[]> {
  const { rows } = await sql<Found>`
    SELECT a.kind, a.value, a.customer_id FROM customer_addresses a
    JOIN ${records(wanted, "kind text, value text")} ON a.kind = r.kind AND a.value = r.value
    WHERE a.org_id = ${tx.orgId} AND a.kind = ANY(${[...new Set(wanted.map(({ kind }) => kind))]}) AND a.value = ANY(${wanted.map(({ value }) => value)})`.execute(
    tx.db,
  )
  return rows
}

export type CustomerRow = { id: string; name: string | null; mergedIntoId: string | null; test: boolean }

/**
 * The lock that puts intake, close, merge and reopen of one customer in an order; by id. Merged customers lead to their
 * survivors, which are locked too. Answers by the id asked for.
 */
export async function lockCustomers(tx: Tx, ids: readonly string[]): Promise<Map<string, CustomerRow>> {
  if (ids.length === 0) return new Map()
  const byId = new Map<string, CustomerRow>()
  let wanted = [...new Set(ids)]
  for (let hop = 0; wanted.length > 0 && hop < mergeHopsMax; hop++) {
    const { rows } = await sql<CustomerRow>`
      SELECT id, name, merged_into_id, test FROM customers WHERE org_id = ${tx.orgId} AND id = ANY(${wanted})
      ORDER BY id FOR NO KEY UPDATE`.execute(tx.db)
    for (const row of rows) byId.set(row.id, row)
    wanted = rows.flatMap((row) => (row.mergedIntoId && !byId.has(row.mergedIntoId) ? [row.mergedIntoId] : []))
  }
  const answers = new Map<string, CustomerRow>()
  for (const id of ids) {
    let row = byId.get(id)
    for (let hop = 0; row?.mergedIntoId && hop < mergeHopsMax; hop++) row = byId.get(row.mergedIntoId)
    if (row) answers.set(id, row)
  }
  return answers
}

const mergeHopsMax = 10

/** A name where none was known. */
export async function nameCustomers(tx: Tx, rows: readonly { id: string; name: string }[]): Promise<void> {
  if (rows.length === 0) return
  await sql`
    UPDATE customers c SET name = r.name, version = c.version + 1 FROM ${records(rows, "id uuid, name text")}
    WHERE c.org_id = ${tx.orgId} AND c.id = r.id AND c.id = ANY(${rows.map((row) => row.id)}) AND c.name IS NULL`.execute(
    tx.db,
  )
}

/** What senders say of themselves: kept beside their customer, never matched. */
export async function insertClaims(
  tx: Tx,
  rows: readonly { customerId: string; kind: AddressKind; value: string }[],
): Promise<void> {
  const unique = [...new Map(rows.map((row) => [`${row.customerId} ${addressKey(row)}`, row])).values()]
  if (unique.length === 0) return
  await sql`
    INSERT INTO address_claims (org_id, customer_id, kind, value, claimed_at)
    SELECT ${tx.orgId}, r.customer_id, r.kind, r.value, ${tx.now}::timestamptz
    FROM ${records(unique, "customer_id uuid, kind text, value text")}
    ON CONFLICT (org_id, customer_id, kind, value) DO UPDATE SET claimed_at = excluded.claimed_at`.execute(tx.db)
}
