import { type RawBuilder, sql } from "kysely"
import type { AddressKind } from "../core/customers/customer.ts"
import { copyTable } from "./copy.ts"
import { records } from "./records.ts"
import type { Tx } from "./write.ts"

export type Sender = {
  kind: AddressKind
  value: string
  name: string | null
  verifiedBy: "channel" | "identity" | "agent"
  test: boolean
}

export type FoundAddress = { kind: AddressKind; value: string; customerId: string }

/** The customers behind these addresses, where there are some. */
export function addressesOf(
  tx: Tx,
  senders: readonly { kind: AddressKind; value: string }[],
): RawBuilder<FoundAddress> {
  return sql<FoundAddress>`
    SELECT kind, value, customer_id FROM customer_addresses
    WHERE org_id = ${tx.orgId} AND kind = ANY(${[...new Set(senders.map(({ kind }) => kind))]}::text[])
      AND value = ANY(${[...new Set(senders.map(({ value }) => value))]}::text[])`
}

export type NewCustomer = Sender & { id: string; addressId: string }

/**
 * New customers with the address by which they came. Where another transaction makes one of the same address, the later
 * one fails on `customer_addresses_pkey`, which runs `write` again: then `addressesOf` finds the first one's.
 */
export function putCustomers(tx: Tx, made: readonly NewCustomer[]): void {
  tx.put(
    customersTable,
    made.map(({ id, name, test }) => ({ id, name, test, createdAt: tx.now })),
  )
  tx.put(
    addressesTable,
    made
      .map(({ kind, value, addressId, id, verifiedBy }) => ({
        kind,
        value,
        id: addressId,
        customerId: id,
        provedAt: tx.now,
        verifiedBy,
      }))
      .sort((a, b) => (addressKey(a) < addressKey(b) ? -1 : 1)),
  )
}

const customersTable = copyTable<{ id: string; name: string | null; test: boolean; createdAt: Date }>("customers", {
  id: "uuid",
  name: "text",
  test: "boolean",
  createdAt: "timestamptz",
})

type AddressRow = FoundAddress & { id: string; provedAt: Date; verifiedBy: Sender["verifiedBy"] }
const addressesTable = copyTable<AddressRow>("customer_addresses", {
  kind: "text",
  value: "text",
  id: "uuid",
  customerId: "uuid",
  provedAt: "timestamptz",
  verifiedBy: "text",
})

export function addressKey({ kind, value }: { kind: string; value: string }): string {
  return `${kind} ${value}`
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
