import { type Kysely, sql } from "kysely"
import type { Organization } from "../core/people/organization.ts"
import { problem } from "../problem.ts"
import type { DB } from "../store/tables.ts"
import type { Tx } from "../store/write.ts"

/** What belongs to an organization from its first day and is made elsewhere: sections, workflow, the sandbox account. */
export type OnOrganizationCreated = (tx: Tx, orgId: string) => Promise<void>

export async function createOrganization(
  tx: Tx,
  given: { name: string; timeZone: string; country: string },
  hooks: readonly OnOrganizationCreated[],
): Promise<void> {
  await tx.db
    .insertInto("organizations")
    .values({ id: tx.orgId, ...given, createdAt: tx.now, updatedAt: tx.now })
    .execute()
  for (const hook of hooks) await hook(tx, tx.orgId)
  tx.audit({ entityType: "organization", entityId: tx.orgId, entityName: given.name, action: "added", after: given })
}

export async function readOrganization(
  db: Kysely<DB>,
  orgId: string,
): Promise<Organization & { updatedAt: Date; updatedBy: unknown }> {
  const row = await db.selectFrom("organizations").selectAll().where("id", "=", orgId).executeTakeFirst()
  if (!row) throw problem("not_found")
  return {
    id: row.id,
    name: row.name,
    timeZone: row.timeZone,
    country: row.country,
    fallbackInboxId: row.fallbackInboxId,
    sandboxEnabled: row.sandboxEnabled,
    retentionDays: row.retention as Organization["retentionDays"],
    version: row.version,
    updatedAt: row.updatedAt,
    updatedBy: row.updatedBy,
  }
}

/** The contract's fields alone. */
export function showOrganization({
  updatedAt: _at,
  updatedBy: _by,
  ...organization
}: Awaited<ReturnType<typeof readOrganization>>): Organization {
  return organization
}

/** Whether anybody has an account on this server: the console's code is good until then. */
export async function anyUser(db: Kysely<DB>): Promise<boolean> {
  const found = await sql`SELECT 1 FROM users LIMIT 1`.execute(db)
  return found.rows.length > 0
}
