import { type Kysely, sql } from "kysely"
import { hashSecret } from "../ids.ts"
import type { DB } from "../store/tables.ts"
import type { Store, Tx } from "../store/write.ts"
import { endSessions } from "./edit-user.ts"
import { type QueueMail, tokenInvalid } from "./invitations.ts"
import { hashPassword } from "./passwords.ts"
import type { Agents } from "./people.ts"
import type { Sessions } from "./sessions.ts"
import { dropTokens, makeToken, takeToken } from "./tokens.ts"

const resetHours = 1

/** Sends the link where the address has an account; answers nothing either way. */
export async function askForReset(
  deps: { store: Store; publicUrl: string; queueMail: QueueMail },
  email: string,
): Promise<void> {
  const found = await sql<{ orgId: string; id: string; name: string }>`
    SELECT u.org_id, u.id, u.name FROM directory d JOIN users u ON u.org_id = d.org_id AND u.id = d.id
    WHERE d.kind = 'sign_in' AND d.value = ${email} AND u.status = 'active'`.execute(deps.store.db)
  const user = found.rows[0]
  if (!user) return
  await deps.store.write({ orgId: user.orgId, kind: "act" }, async (tx) => {
    await dropTokens(tx.db, "password_reset", user.orgId, user.id)
    const { token } = await makeToken(tx.db, {
      kind: "password_reset",
      orgId: user.orgId,
      userId: user.id,
      hours: resetHours,
    })
    deps.queueMail(tx, {
      to: email,
      subject: "Choose a new password",
      text: `Hello ${user.name},\n\nopen this link within an hour to choose a new password:\n${deps.publicUrl}/password#token=${token}\n\nIf you did not ask for it, do nothing: your password stays as it is.`,
    })
  })
}

type Deps = { store: Store; sessions: Sessions; agents: Agents }

/** By the link of a reset; ends all sessions. */
export async function resetPassword(deps: Deps, given: { token: string; password: string }): Promise<void> {
  const pending = await peek(deps.store.db, given.token)
  if (!pending) throw tokenInvalid()
  const passwordHash = await hashPassword(given.password)
  await deps.store.write(
    { orgId: pending.orgId, kind: "act", actor: { type: "user", id: pending.id, name: pending.name } },
    async (tx) => {
      const taken = await takeToken(tx.db, "password_reset", given.token)
      if (!taken?.userId) throw tokenInvalid()
      await setPassword(deps, tx, { id: taken.userId, name: pending.name, passwordHash, exceptSession: null })
    },
  )
}

/** Stores it and ends the person's sessions but perhaps one. */
export async function setPassword(
  deps: { sessions: Sessions; agents: Agents },
  tx: Tx,
  given: { id: string; name: string; passwordHash: string; exceptSession: string | null },
): Promise<void> {
  await sql`UPDATE users SET password_hash = ${given.passwordHash} WHERE org_id = ${tx.orgId} AND id = ${given.id}`.execute(
    tx.db,
  )
  await dropTokens(tx.db, "password_reset", tx.orgId, given.id)
  await endSessions(deps, tx, given.id, given.exceptSession)
  tx.audit({ entityType: "password", entityId: given.id, entityName: given.name, action: "updated" })
}

async function peek(db: Kysely<DB>, token: string): Promise<{ orgId: string; id: string; name: string } | null> {
  const found = await sql<{ orgId: string; id: string; name: string }>`
    SELECT u.org_id, u.id, u.name FROM one_time_tokens t JOIN users u ON u.org_id = t.org_id AND u.id = t.user_id
    WHERE t.token_hash = ${hashSecret(token)} AND t.kind = 'password_reset' AND t.ends_at > now() AND u.status = 'active'`.execute(
    db,
  )
  return found.rows[0] ?? null
}
