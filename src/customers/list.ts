import { type Kysely, type RawBuilder, sql } from "kysely"
import type { DB } from "../store/tables.ts"

export type CustomerPage = { limit: number; after: readonly [string, string] | null }
export type ListedCustomer = { id: string; key: string }

/**
 * Ids of customers, those made last first, one more than `limit` where there are more. `matching` (ids of those that a
 * text finds) and `seen` (which rows `u` may be shown) are SQL of whoever knows.
 */
export async function listCustomerIds(
  db: Kysely<DB>,
  orgId: string,
  filter: { matching: RawBuilder<unknown> | null; address: string | null; seen: RawBuilder<boolean> },
  page: CustomerPage,
): Promise<ListedCustomer[]> {
  const where: RawBuilder<unknown>[] = [filter.seen]
  if (filter.matching) where.push(sql`u.id IN (${filter.matching})`)
  if (filter.address !== null) {
    where.push(
      sql`EXISTS (SELECT 1 FROM customer_addresses a WHERE a.org_id = u.org_id AND a.customer_id = u.id AND a.value = ${filter.address})`,
    )
  }
  if (page.after) where.push(sql`(u.created_at, u.id) < (${page.after[0]}::timestamptz, ${page.after[1]}::uuid)`)
  const { rows } = await sql<ListedCustomer>`
    SELECT u.id, u.created_at::text AS key FROM customers u
    WHERE u.org_id = ${orgId} AND u.deleted_at IS NULL AND u.merged_into_id IS NULL AND ${sql.join(where, sql` AND `)}
    ORDER BY u.created_at DESC, u.id DESC LIMIT ${page.limit + 1}`.execute(db)
  return rows
}
