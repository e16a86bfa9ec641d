import { type Kysely, sql } from "kysely"
import type { User } from "../core/people/user.ts"
import type { Role } from "../core/permissions.ts"
import { hashSecret, newId } from "../ids.ts"
import { invalid, Problem, problem } from "../problem.ts"
import type { DB } from "../store/tables.ts"
import type { Store, Tx } from "../store/write.ts"
import { refuseUnknownInboxes } from "./edit-user.ts"
import { type Agents, insertUser, lockUser, readUser, recordUser, serves, showUser } from "./people.ts"
import { hashPassword } from "./passwords.ts"
import { dropTokens, makeToken, takeToken } from "./tokens.ts"

export const invitationHours = 24

/** Queues a mail in the transaction that causes it. */
export type QueueMail = (tx: Tx, mail: { to: string; subject: string; text: string }) => void

export type Invitation = {
  id: string
  email: string
  roles: Role[]
  inboxIds: string[]
  invitedAt: Date
  endsAt: Date | null
  link: string | null
}

type Deps = { publicUrl: string; queueMail: QueueMail; agents: Agents }

/** People who were asked and have not come yet. The link itself is shown once. */
export async function readInvitations(db: Kysely<DB>, orgId: string, id?: string): Promise<Invitation[]> {
  const found = await sql<Omit<Invitation, "link">>`
    SELECT u.id, u.email, u.roles, u.created_at AS invited_at, t.ends_at,
      array(SELECT jsonb_array_elements_text(t.subject->'inboxIds')) AS inbox_ids
    FROM users u LEFT JOIN one_time_tokens t ON t.org_id = u.org_id AND t.user_id = u.id AND t.kind = 'invitation'
    WHERE u.org_id = ${orgId} AND u.status = 'invited' ${id === undefined ? sql`` : sql`AND u.id = ${id}`}
    ORDER BY u.created_at DESC, u.id DESC`.execute(db)
  return found.rows.map((row) => ({ ...row, link: null }))
}

/** All or nobody: who has an account or was invited already is named by a pointer (409 `already_user`). */
export async function invite(
  deps: Deps,
  tx: Tx,
  given: { emails: readonly string[]; roles: Role[]; inboxIds: string[] },
): Promise<Invitation[]> {
  if (given.inboxIds.length > 0 && !serves(given.roles)) {
    throw invalid({
      pointer: "#/inboxIds",
      code: "not_an_agent",
      detail: "Only who has an agent role can belong to an Inbox.",
    })
  }
  await refuseUnknownInboxes(tx, given.inboxIds)
  const taken: { pointer: string; code: string; detail: string }[] = []
  const made: Invitation[] = []
  for (const [index, email] of given.emails.entries()) {
    const id = newId()
    const name = email.split("@")[0] ?? email
    const isNew = await insertUser(tx, { id, name, email, roles: given.roles, status: "invited", passwordHash: null })
    if (!isNew) {
      taken.push({ pointer: `#/emails/${index}`, code: "already_user", detail: await whyTaken(tx, email) })
      continue
    }
    const sent = await send(deps, tx, { id, email, inboxIds: given.inboxIds })
    recordUser(tx, "added", null, showUser(await readUser(tx.db, tx.orgId, id)))
    made.push({ id, email, roles: given.roles, inboxIds: given.inboxIds, invitedAt: tx.now, ...sent })
  }
  if (taken.length > 0) throw new Problem("already_user", { errors: taken })
  return made
}

/** Whether one waits for an answer is told of one's own organization only. */
async function whyTaken(tx: Tx, email: string): Promise<string> {
  const { rows } = await sql`
    SELECT FROM users WHERE org_id = ${tx.orgId} AND email = ${email} AND status = 'invited'`.execute(tx.db)
  return rows.length > 0
    ? `${email} is invited already. Send the invitation again from the list of invited people.`
    : `${email} has an account already.`
}

/** A new link; the one before works no longer. */
export async function renewInvitation(deps: Deps, tx: Tx, id: string): Promise<Invitation> {
  const [before] = await readInvitations(tx.db, tx.orgId, id)
  if (!before) throw problem("not_found")
  await dropTokens(tx.db, "invitation", tx.orgId, id)
  return { ...before, ...(await send(deps, tx, before)) }
}

export async function withdrawInvitation(tx: Tx, id: string): Promise<void> {
  const [found] = await readInvitations(tx.db, tx.orgId, id)
  if (!found) throw problem("not_found")
  const user = showUser(await lockUser(tx, id))
  await dropTokens(tx.db, "invitation", tx.orgId, id)
  await sql`DELETE FROM directory WHERE kind = 'sign_in' AND value = ${user.email} AND org_id = ${tx.orgId}`.execute(
    tx.db,
  )
  await sql`DELETE FROM users WHERE org_id = ${tx.orgId} AND id = ${id} AND status = 'invited'`.execute(tx.db)
  recordUser(tx, "removed", user, null)
}

/** Of several who present the same link, one becomes the user. */
export async function acceptInvitation(
  deps: { store: Store; agents: Agents },
  given: { token: string; name: string; password: string; requestId: string },
): Promise<User & { orgId: string }> {
  const pending = await peek(deps.store.db, given.token)
  if (!pending) throw tokenInvalid()
  // Costs much: only for who has a link.
  const passwordHash = await hashPassword(given.password)
  const actor = { type: "user" as const, id: pending.userId, name: given.name }
  return deps.store.write({ orgId: pending.orgId, kind: "act", actor, requestId: given.requestId }, async (tx) => {
    const taken = await takeToken(tx.db, "invitation", given.token)
    if (!taken?.userId) throw tokenInvalid()
    const before = await lockUser(tx, taken.userId)
    if (before.status !== "invited") throw tokenInvalid()
    await sql`
      UPDATE users SET name = ${given.name}, password_hash = ${passwordHash}, status = 'active', version = version + 1,
        updated_at = ${tx.now}, updated_by = ${JSON.stringify(actor)}::jsonb
      WHERE org_id = ${tx.orgId} AND id = ${before.id}`.execute(tx.db)
    if (serves(before.roles)) {
      await deps.agents.ensure(tx, before.id)
      const wanted = Array.isArray(taken.subject.inboxIds) ? taken.subject.inboxIds.map(String) : []
      const there = await sql<{ id: string }>`
        SELECT id FROM inboxes WHERE org_id = ${tx.orgId} AND id = ANY(${wanted}::uuid[]) AND deactivated_at IS NULL`.execute(
        tx.db,
      )
      for (const inbox of there.rows) await deps.agents.addMember(tx, inbox.id, before.id)
    }
    const after = showUser(await readUser(tx.db, tx.orgId, before.id))
    recordUser(tx, "updated", showUser(before), after)
    return { ...after, orgId: tx.orgId }
  })
}

export function tokenInvalid(): Problem {
  return invalid({
    pointer: "#/token",
    code: "token_invalid",
    detail: "The link was used already, or is too old. Ask for a new one.",
  })
}

async function peek(db: Kysely<DB>, token: string): Promise<{ orgId: string; userId: string } | null> {
  const found = await sql<{ orgId: string; userId: string }>`
    SELECT org_id, user_id FROM one_time_tokens WHERE token_hash = ${hashSecret(token)} AND kind = 'invitation' AND ends_at > now()`.execute(
    db,
  )
  return found.rows[0] ?? null
}

async function send(
  deps: Deps,
  tx: Tx,
  to: { id: string; email: string; inboxIds: string[] },
): Promise<{ link: string; endsAt: Date }> {
  const { token, endsAt } = await makeToken(tx.db, {
    kind: "invitation",
    orgId: tx.orgId,
    userId: to.id,
    subject: { inboxIds: to.inboxIds },
    hours: invitationHours,
  })
  const link = `${deps.publicUrl}/invitation#token=${token}`
  deps.queueMail(tx, {
    to: to.email,
    subject: "You are invited to Switchboard",
    text: `${tx.actor.name} invites you to Switchboard.\n\nOpen this link within ${invitationHours} hours to choose your password:\n${link}\n\nIf you did not expect this, do nothing.`,
  })
  return { link, endsAt }
}
