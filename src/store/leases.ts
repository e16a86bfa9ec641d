import { type Kysely, type RawBuilder, sql } from "kysely"
import type { DB } from "./tables.ts"
import type { Tx } from "./write.ts"

/** Who plans for an organization (routing.md 3.2, 3.3). True time; a test clock never moves it. */

/** Held by `owner` until somebody takes it over, which raises the epoch. */
export type Lease = { orgId: string; owner: string; epoch: number }

/** Takes the lease where it is free, over, or ours from before a crash; a takeover raises the epoch. Null: somebody else has it. */
export async function takeLease(db: Kysely<DB>, orgId: string, owner: string, seconds: number): Promise<number | null> {
  const { rows } = await sql<{ epoch: number }>`
    INSERT INTO leases (org_id, partition_id, owner, epoch, expires_at)
    SELECT id, id, ${owner}, 1, clock_timestamp() + make_interval(secs => ${seconds}) FROM organizations WHERE id = ${orgId}
    ON CONFLICT (org_id, partition_id) DO UPDATE SET owner = excluded.owner, epoch = leases.epoch + 1, expires_at = excluded.expires_at
      WHERE leases.expires_at < clock_timestamp() OR leases.owner = excluded.owner
    RETURNING epoch`.execute(db)
  return rows[0]?.epoch ?? null
}

/** Only `expires_at` changes, which is no key column: it passes commits in flight. False: the lease is lost. */
export async function renewLease(db: Kysely<DB>, lease: Lease, seconds: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    UPDATE leases SET expires_at = clock_timestamp() + make_interval(secs => ${seconds})
    WHERE org_id = ${lease.orgId} AND partition_id = ${lease.orgId} AND owner = ${lease.owner} AND epoch = ${lease.epoch}`.execute(
    db,
  )
  return (numAffectedRows ?? 0n) > 0n
}

/** A graceful stop: another process may take over at once. */
export async function freeLease(db: Kysely<DB>, lease: Lease): Promise<void> {
  await sql`
    UPDATE leases SET expires_at = clock_timestamp()
    WHERE org_id = ${lease.orgId} AND partition_id = ${lease.orgId} AND owner = ${lease.owner} AND epoch = ${lease.epoch}`.execute(
    db,
  )
}

/** Thrown in a transaction of decisions whose epoch is no longer the current one: nothing of it is written. */
export class LeaseLost extends Error {
  constructor(orgId: string) {
    super(`the routing of organization ${orgId} has another owner now`)
    this.name = "LeaseLost"
  }
}

/**
 * First statement of every commit of decisions: locks the row against a takeover (not against a renewal) until the
 * commit. No row: the lease is lost, see `LeaseLost`.
 */
export function leaseToHold(tx: Tx, lease: { owner: string; epoch: number }): RawBuilder<{ epoch: number }> {
  return sql<{ epoch: number }>`
    SELECT epoch FROM leases WHERE org_id = ${tx.orgId} AND partition_id = ${tx.orgId} AND owner = ${lease.owner}
      AND epoch = ${lease.epoch} AND expires_at > clock_timestamp() FOR KEY SHARE`
}

/** Organizations whose routing nobody owns now, or whose lease is ours from before. */
export async function freePartitions(db: Kysely<DB>, owner: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT o.id FROM organizations o LEFT JOIN leases l ON l.org_id = o.id AND l.partition_id = o.id
    WHERE l.org_id IS NULL OR l.owner = ${owner} OR l.expires_at < clock_timestamp()`.execute(db)
  return rows.map((row) => row.id)
}
