import { sql } from "kysely"
import { newId } from "../ids.ts"
import { problem } from "../problem.ts"
import type { Tx } from "../store/write.ts"
import { addAddress, type NewAddress, normalAddresses } from "./address.ts"

export type CustomerFields = {
  name?: string | null | undefined
  attributes?: Record<string, unknown> | undefined
  language?: string | null | undefined
  externalCustomerId?: string | null | undefined
}
export type CustomerRow = {
  id: string
  name: string | null
  attributes: Record<string, unknown>
  version: number
  mergedIntoId: string | null
  deletedAt: Date | null
}

/** Somebody whom we shall write to, or who wrote elsewhere. Answers the id. */
export async function createCustomer(
  tx: Tx,
  fields: CustomerFields,
  addresses: readonly NewAddress[],
  country: string,
): Promise<string> {
  const id = newId()
  const normal = normalAddresses(addresses, country)
  await tx.db
    .insertInto("customers")
    .values({
      orgId: tx.orgId,
      id,
      name: fields.name ?? null,
      attributes: JSON.stringify(fields.attributes ?? {}),
      language: fields.language ?? null,
      externalCustomerId: fields.externalCustomerId ?? null,
      createdAt: tx.now,
    })
    .execute()
  tx.event("customer.created", { customerId: id, name: fields.name ?? null, survivorId: null })
  for (const [index, address] of normal.entries()) await addAddress(tx, id, address, `#/addresses/${index}/value`)
  return id
}

/** Absent fields stay; attributes are merged, `null` takes one away (RFC 7396). `judge` refuses an outdated version. */
export async function editCustomer(
  tx: Tx,
  id: string,
  fields: CustomerFields,
  judge: (customer: CustomerRow) => void,
): Promise<void> {
  const before = await lockCustomerRow(tx, id)
  judge(before)
  const attributes = Object.entries({ ...before.attributes, ...fields.attributes }).filter(
    ([, value]) => value !== null,
  )
  const { name, language, externalCustomerId } = fields
  await tx.db
    .updateTable("customers")
    .set({
      ...(name !== undefined && { name }),
      ...(language !== undefined && { language }),
      ...(externalCustomerId !== undefined && { externalCustomerId }),
      attributes: JSON.stringify(Object.fromEntries(attributes)),
      version: before.version + 1,
    })
    .where("orgId", "=", tx.orgId)
    .where("id", "=", id)
    .execute()
  tx.event("customer.updated", { customerId: id, survivorId: null, name: name === undefined ? before.name : name })
}

/** 404 where it is missing, deleted, or merged into another (spec 12). */
export async function lockCustomerRow(tx: Tx, id: string): Promise<CustomerRow> {
  const { rows } = await sql<CustomerRow>`
    SELECT id, name, attributes, version, merged_into_id, deleted_at FROM customers
    WHERE org_id = ${tx.orgId} AND id = ${id} FOR NO KEY UPDATE`.execute(tx.db)
  const row = rows[0]
  if (!row || row.deletedAt || row.mergedIntoId) throw problem("not_found")
  return row
}

export async function removeAddress(tx: Tx, customerId: string, addressId: string): Promise<void> {
  await lockCustomerRow(tx, customerId)
  const gone = await tx.db
    .deleteFrom("customerAddresses")
    .where("orgId", "=", tx.orgId)
    .where("customerId", "=", customerId)
    .where("id", "=", addressId)
    .returning(["kind", "value"])
    .executeTakeFirst()
  if (!gone) throw problem("not_found")
  tx.event("customer_address.removed", { customerId, addressId, ...gone, survivorId: null })
}
