import { type Kysely, sql } from "kysely"
import type { User } from "../core/people/user.ts"
import { type Role, scopeOf } from "../core/permissions.ts"
import { problem } from "../problem.ts"
import type { DB } from "../store/tables.ts"
import type { Tx } from "../store/write.ts"

/** What other parts do when a person becomes, changes or stops being an agent; all inside the same transaction. */
export interface Agents {
  /** The agent's state row, if there is none yet. */
  ensure(tx: Tx, userId: string): Promise<void>
  addMember(tx: Tx, inboxId: string, userId: string): Promise<void>
  removeMember(tx: Tx, inboxId: string, userId: string): Promise<void>
  /** `serves`: has a role with `agent.self` now. */
  roleChanged(tx: Tx, userId: string, serves: boolean): Promise<void>
  /** `null`: the organization's capacity holds. */
  capacityChanged(tx: Tx, userId: string, capacity: { standard: number; maximum: number } | null): Promise<void>
  /** Unassigns everything (`user_deactivation`). */
  deactivated(tx: Tx, userId: string): Promise<void>
}

/** Whether somebody with these roles serves customers, and so has a state, a capacity and inboxes. */
export function serves(roles: readonly Role[]): boolean {
  return scopeOf(roles, "agent.self") !== null
}

export type UserRow = User & { updatedAt: Date; updatedBy: unknown; sortName: string }

export type UserFilter = {
  id?: string
  q?: string
  roles?: readonly string[]
  inboxIds?: readonly string[]
  statuses?: readonly string[]
  after?: { sortName: string; id: string }
  limit?: number
}

/** People in the order in which they are shown: by name, then id. */
export async function readUsers(db: Kysely<DB>, orgId: string, filter: UserFilter = {}): Promise<UserRow[]> {
  const found = await sql<
    Omit<UserRow, "capacity"> & { standardCapacity: number | null; maximumCapacity: number | null }
  >`
    SELECT * FROM (
      SELECT u.id, u.name, u.email, u.roles, u.status, u.standard_capacity, u.maximum_capacity, u.last_seen_at, u.version,
        u.updated_at, u.updated_by, lower(u.name) AS sort_name,
        coalesce(
          (SELECT array_agg(m.inbox_id::text ORDER BY m.inbox_id) FROM inbox_members m WHERE m.org_id = u.org_id AND m.agent_id = u.id),
          (SELECT array(SELECT jsonb_array_elements_text(t.subject->'inboxIds')) FROM one_time_tokens t
            WHERE t.org_id = u.org_id AND t.user_id = u.id AND t.kind = 'invitation' AND u.status = 'invited' LIMIT 1),
          '{}') AS inbox_ids
      FROM users u WHERE u.org_id = ${orgId}
    ) u WHERE true
      ${filter.id === undefined ? sql`` : sql`AND id = ${filter.id}`}
      ${filter.q ? sql`AND (position(lower(${filter.q}) IN sort_name) > 0 OR position(lower(${filter.q}) IN email) > 0)` : sql``}
      ${filter.roles ? sql`AND roles && ${[...filter.roles]}::text[]` : sql``}
      ${filter.inboxIds ? sql`AND inbox_ids && ${[...filter.inboxIds]}::text[]` : sql``}
      ${filter.statuses ? sql`AND status = ANY(${[...filter.statuses]}::text[])` : sql``}
      ${filter.after ? sql`AND (sort_name, id) > (${filter.after.sortName}, ${filter.after.id}::uuid)` : sql``}
    ORDER BY sort_name, id ${filter.limit === undefined ? sql`` : sql`LIMIT ${filter.limit}`}`.execute(db)
  return found.rows.map(({ standardCapacity, maximumCapacity, ...row }) => ({
    ...row,
    teamIds: [],
    skillIds: [],
    capacity:
      standardCapacity === null || maximumCapacity === null
        ? null
        : { standard: standardCapacity, maximum: maximumCapacity },
    twoFactor: false,
  }))
}

export async function readUser(db: Kysely<DB>, orgId: string, id: string): Promise<UserRow> {
  const [user] = await readUsers(db, orgId, { id })
  if (!user) throw problem("not_found")
  return user
}

/** The contract's fields alone. */
export function showUser({ updatedAt: _at, updatedBy: _by, sortName: _name, ...user }: UserRow): User {
  return user
}

/** The row itself, held until the end of the transaction; 404 when it is not there. */
export async function lockUser(tx: Tx, id: string): Promise<UserRow> {
  await sql`SELECT 1 FROM users WHERE org_id = ${tx.orgId} AND id = ${id} FOR UPDATE`.execute(tx.db)
  return readUser(tx.db, tx.orgId, id)
}

/**
 * Makes a person; false where the address signs in somebody already, here or in another organization of this server
 * (never said whose).
 */
export async function insertUser(
  tx: Tx,
  user: {
    id: string
    name: string
    email: string
    roles: readonly Role[]
    status: "invited" | "active"
    passwordHash: string | null
  },
): Promise<boolean> {
  const free = await tx.db
    .insertInto("directory")
    .values({ kind: "sign_in", value: user.email, orgId: tx.orgId, id: user.id })
    .onConflict((conflict) => conflict.doNothing())
    .returning("id")
    .executeTakeFirst()
  if (!free) return false
  await tx.db
    .insertInto("users")
    .values({
      orgId: tx.orgId,
      id: user.id,
      name: user.name,
      email: user.email,
      roles: [...user.roles],
      status: user.status,
      passwordHash: user.passwordHash,
      createdAt: tx.now,
      updatedAt: tx.now,
      updatedBy: JSON.stringify(tx.actor),
    })
    .execute()
  return true
}

/**
 * The active Administrators, held until the end of the transaction: before any other row of `users`, so that two who
 * step down at once wait for each other instead of both going.
 */
export async function lockAdministrators(tx: Tx): Promise<string[]> {
  const found = await sql<{ id: string }>`
    SELECT id FROM users WHERE org_id = ${tx.orgId} AND status = 'active' AND 'administrator' = ANY(roles) ORDER BY id FOR UPDATE`.execute(
    tx.db,
  )
  return found.rows.map((row) => row.id)
}

/** Throws 409 unless another active Administrator stays. */
export function keepAnAdministrator(administratorIds: readonly string[], leavingId: string): void {
  if (administratorIds.includes(leavingId) && administratorIds.length === 1) throw problem("last_administrator")
}

/** One change of a person as event and audit entry. */
export function recordUser(
  tx: Tx,
  action: "added" | "updated" | "removed",
  before: User | null,
  after: User | null,
): void {
  const user = after ?? before
  if (!user) return
  tx.event(`user.${action}`, { userId: user.id, before, after })
  tx.audit({
    entityType: "user",
    entityId: user.id,
    entityName: user.name,
    action,
    before: before ?? undefined,
    after: after ?? undefined,
  })
}
