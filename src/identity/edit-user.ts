import { sql } from "kysely"
import type { Capacity, User } from "../core/people/user.ts"
import type { Role } from "../core/permissions.ts"
import { invalid } from "../problem.ts"
import type { Tx } from "../store/write.ts"
import {
  type Agents,
  keepAnAdministrator,
  lockAdministrators,
  lockUser,
  readUser,
  recordUser,
  serves,
  showUser,
  type UserRow,
} from "./people.ts"
import type { Sessions } from "./sessions.ts"
import { dropTokens } from "./tokens.ts"

export type UserChange = {
  name?: string | undefined
  roles?: Role[] | undefined
  inboxIds?: string[] | undefined
  /** A part of it leaves the other as it is. */
  capacity?: { [K in keyof Capacity]?: number | undefined } | null | undefined
}

type Deps = { agents: Agents; sessions: Sessions }

/** What an Administrator changes of a person, once `judge` let the version pass; a change of roles ends the sessions (reliability 46). */
export async function editUser(
  deps: Deps,
  tx: Tx,
  id: string,
  change: UserChange,
  judge: (before: UserRow) => void,
): Promise<User> {
  const administrators = change.roles === undefined ? [] : await lockAdministrators(tx)
  const before = await lockUser(tx, id)
  judge(before)
  const roles = change.roles ?? before.roles
  const rolesChange = change.roles !== undefined && !sameSet(change.roles, before.roles)
  if (before.status === "active" && !roles.includes("administrator")) keepAnAdministrator(administrators, before.id)
  const inboxIds = serves(roles) ? (change.inboxIds ?? before.inboxIds) : []
  if (change.inboxIds?.length && !serves(roles)) {
    throw invalid({
      pointer: "#/inboxIds",
      code: "not_an_agent",
      detail: "Only who has an agent role can belong to an Inbox.",
    })
  }
  if (change.inboxIds) await refuseUnknownInboxes(tx, change.inboxIds)
  const capacity = capacityAfter(before.capacity, change.capacity)
  await sql`
    UPDATE users SET name = ${change.name ?? before.name}, roles = ${roles}::text[],
      standard_capacity = ${capacity?.standard ?? null}, maximum_capacity = ${capacity?.maximum ?? null},
      version = version + 1, updated_at = ${tx.now}, updated_by = ${JSON.stringify(tx.actor)}::jsonb
    WHERE org_id = ${tx.orgId} AND id = ${before.id}`.execute(tx.db)
  if (before.status === "active") {
    if (serves(roles)) await deps.agents.ensure(tx, before.id)
    if (change.capacity !== undefined && serves(roles)) await deps.agents.capacityChanged(tx, before.id, capacity)
    await setInboxes(deps, tx, before, inboxIds)
    if (rolesChange) {
      if (serves(roles) !== serves(before.roles)) await deps.agents.roleChanged(tx, before.id, serves(roles))
      await endSessions(deps, tx, before.id)
    }
  } else {
    await sql`
      UPDATE one_time_tokens SET subject = subject || ${JSON.stringify({ inboxIds })}::jsonb
      WHERE org_id = ${tx.orgId} AND user_id = ${before.id} AND kind = 'invitation'`.execute(tx.db)
  }
  const after = showUser(await readUser(tx.db, tx.orgId, before.id))
  recordUser(tx, "updated", showUser(before), after)
  return after
}

function capacityAfter(before: Capacity | null, change: UserChange["capacity"]): Capacity | null {
  if (change === undefined) return before
  if (change === null) return null
  const [standard, maximum] = [change.standard ?? before?.standard, change.maximum ?? before?.maximum]
  if (standard === undefined || maximum === undefined) {
    const missing = standard === undefined ? "standard" : "maximum"
    throw invalid({ pointer: `#/capacity/${missing}`, code: "required", detail: "Enter a value." })
  }
  if (standard > maximum) {
    throw invalid({
      pointer: "#/capacity/standard",
      code: "capacity_order",
      detail: "The standard capacity may not exceed the maximum.",
    })
  }
  return { standard, maximum }
}

/** Nothing changes when it is so already. */
export async function deactivateUser(deps: Deps, tx: Tx, id: string): Promise<User> {
  const administrators = await lockAdministrators(tx)
  const before = await lockUser(tx, id)
  if (before.status === "deactivated") return showUser(before)
  keepAnAdministrator(administrators, id)
  await sql`
    UPDATE users SET status = 'deactivated', deactivated_at = ${tx.now}, deactivated_by = ${JSON.stringify(tx.actor)}::jsonb,
      version = version + 1, updated_at = ${tx.now}, updated_by = ${JSON.stringify(tx.actor)}::jsonb
    WHERE org_id = ${tx.orgId} AND id = ${id}`.execute(tx.db)
  await dropTokens(tx.db, "invitation", tx.orgId, id)
  await dropTokens(tx.db, "password_reset", tx.orgId, id)
  await endSessions(deps, tx, id)
  await deps.agents.deactivated(tx, id)
  const after = showUser(await readUser(tx.db, tx.orgId, id))
  recordUser(tx, "updated", showUser(before), after)
  return after
}

export async function reactivateUser(deps: Deps, tx: Tx, id: string): Promise<User> {
  const before = await lockUser(tx, id)
  if (before.status !== "deactivated") return showUser(before)
  await sql`
    UPDATE users SET status = CASE WHEN password_hash IS NULL THEN 'invited' ELSE 'active' END, deactivated_at = NULL,
      deactivated_by = NULL, version = version + 1, updated_at = ${tx.now}, updated_by = ${JSON.stringify(tx.actor)}::jsonb
    WHERE org_id = ${tx.orgId} AND id = ${id}`.execute(tx.db)
  const after = showUser(await readUser(tx.db, tx.orgId, id))
  if (after.status === "active" && serves(after.roles)) {
    await deps.agents.ensure(tx, id)
    await deps.agents.roleChanged(tx, id, true)
  }
  recordUser(tx, "updated", showUser(before), after)
  return after
}

/** Every session of the person, and after the commit every open socket. */
export async function endSessions(deps: Deps, tx: Tx, userId: string, except: string | null = null): Promise<void> {
  const ended = { orgId: tx.orgId, userId, except }
  await deps.sessions.end(ended, tx.db)
  tx.afterCommit(() => deps.sessions.announce(ended))
}

/** 422 with a pointer for each Inbox that is not there or not active. */
export async function refuseUnknownInboxes(tx: Tx, inboxIds: readonly string[]): Promise<void> {
  const found = await sql<{ id: string; active: boolean }>`
    SELECT id, deactivated_at IS NULL AS active FROM inboxes WHERE org_id = ${tx.orgId} AND id = ANY(${[...inboxIds]}::uuid[])`.execute(
    tx.db,
  )
  const active = new Map(found.rows.map((row) => [row.id, row.active]))
  const wrong = inboxIds.flatMap((id, index) => {
    if (active.get(id)) return []
    const known = active.has(id)
    return [
      {
        pointer: `#/inboxIds/${index}`,
        code: known ? "inbox_deactivated" : "unknown_reference",
        detail: known ? "This Inbox is deactivated. Choose an active one." : "This Inbox does not exist.",
      },
    ]
  })
  if (wrong.length > 0) throw invalid(...wrong)
}

async function setInboxes({ agents }: Deps, tx: Tx, before: UserRow, inboxIds: readonly string[]): Promise<void> {
  for (const id of inboxIds) if (!before.inboxIds.includes(id)) await agents.addMember(tx, id, before.id)
  for (const id of before.inboxIds) if (!inboxIds.includes(id)) await agents.removeMember(tx, id, before.id)
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one))
}
