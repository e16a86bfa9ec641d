import { type Kysely, sql } from "kysely"
import type { Organization } from "../core/people/organization.ts"
import type { User } from "../core/people/user.ts"
import type { Role } from "../core/permissions.ts"
import { hashSecret, newId, newSecret } from "../ids.ts"
import { Problem, problem } from "../problem.ts"
import type { DB } from "../store/tables.ts"
import type { Store, Tx } from "../store/write.ts"
import {
  anyUser,
  createOrganization,
  type OnOrganizationCreated,
  readOrganization,
  showOrganization,
} from "./organizations.ts"
import { hashPassword } from "./passwords.ts"
import { type Agents, insertUser, readUser, recordUser, serves, showUser } from "./people.ts"
import { makeToken } from "./tokens.ts"

/** Who sets a company up serves its first customers too. */
export const firstRoles: readonly Role[] = ["administrator", "operator", "agent"]

const consoleCodeHours = 24 * 365
export const setupLinkHours = 24 * 7

export type SetupInput = {
  code: string
  organization: { name: string; timeZone: string; country: string }
  user: { name: string; email: string; password: string }
  requestId: string
}

type Deps = { store: Store; agents: Agents; onOrganizationCreated: readonly OnOrganizationCreated[] }

/**
 * The code of the link that the console shows while nobody has an account, so that a stranger who finds the port first
 * cannot take the server over. The newest one counts. `null` once a user exists.
 */
export async function openSetup(store: Store, setupCode?: string): Promise<string | null> {
  const open = !(await anyUser(store.db))
  if (open) await sql`DELETE FROM one_time_tokens WHERE kind = 'setup' AND org_id IS NULL`.execute(store.db)
  else if (setupCode === undefined) return null
  const { token } = await makeToken(store.db, {
    kind: "setup",
    orgId: null,
    hours: consoleCodeHours,
    token: setupCode ?? newSecret(24),
  })
  return open ? token : null
}

/** The organization of an operator's set-up link, which waits for its first user. */
export function makeSetupLink(
  tx: Tx,
  subject: { administratorEmail: string; roles: Role[] },
): Promise<{ token: string; endsAt: Date }> {
  return makeToken(tx.db, { kind: "setup", orgId: tx.orgId, subject, hours: setupLinkHours })
}

/** 403 `setup_code_wrong`, or 409 `setup_closed` for the console's code once somebody has an account. */
export async function completeSetup(
  deps: Deps,
  given: SetupInput,
): Promise<{ organization: Organization; user: User; orgId: string }> {
  const { db } = deps.store
  const known = await findCode(db, given.code)
  if (!known) throw problem("setup_code_wrong")
  if (known.orgId === null && (await anyUser(db))) throw problem("setup_closed")
  const orgId = known.orgId ?? newId()
  const userId = newId()
  const passwordHash = await hashPassword(given.user.password)
  const actor = { type: "user" as const, id: userId, name: given.user.name }
  return deps.store.write({ orgId, kind: "act", actor, requestId: given.requestId }, async (tx) => {
    await takeCode(tx, given.code, known.orgId)
    if (known.orgId === null) await createOrganization(tx, given.organization, deps.onOrganizationCreated)
    else await overwrite(tx, given.organization)
    const roles = known.roles ?? firstRoles
    const isNew = await insertUser(tx, {
      id: userId,
      name: given.user.name,
      email: given.user.email,
      roles,
      status: "active",
      passwordHash,
    })
    if (!isNew) {
      throw new Problem("already_user", {
        errors: [{ pointer: "#/user/email", code: "already_user", detail: "This address has an account already." }],
      })
    }
    if (serves(roles)) await deps.agents.ensure(tx, userId)
    const user = showUser(await readUser(tx.db, orgId, userId))
    recordUser(tx, "added", null, user)
    return { organization: showOrganization(await readOrganization(tx.db, orgId)), user, orgId }
  })
}

type Code = { orgId: string | null; roles: readonly Role[] | null }

async function findCode(db: Kysely<DB>, code: string): Promise<Code | null> {
  const found = await sql<{ orgId: string | null; roles: Role[] | null }>`
    SELECT org_id, subject->'roles' AS roles FROM one_time_tokens
    WHERE token_hash = ${hashSecret(code)} AND kind = 'setup' AND ends_at > now()`.execute(db)
  return found.rows[0] ?? null
}

/** A set-up link is used up; the console's code stays, and says that set-up is closed to whoever comes second. */
async function takeCode(tx: Tx, code: string, orgId: string | null): Promise<void> {
  if (orgId !== null) {
    const taken = await sql`
      DELETE FROM one_time_tokens WHERE token_hash = ${hashSecret(code)} AND kind = 'setup' AND org_id = ${orgId} RETURNING 1`.execute(
      tx.db,
    )
    if (taken.rows.length === 0) throw problem("setup_code_wrong")
    return
  }
  await sql`SELECT 1 FROM one_time_tokens WHERE token_hash = ${hashSecret(code)} FOR UPDATE`.execute(tx.db)
  if (await anyUser(tx.db)) throw problem("setup_closed")
}

async function overwrite(tx: Tx, given: { name: string; timeZone: string; country: string }): Promise<void> {
  await sql`
    UPDATE organizations SET name = ${given.name}, time_zone = ${given.timeZone}, country = ${given.country},
      version = version + 1, updated_at = ${tx.now}, updated_by = ${JSON.stringify(tx.actor)}::jsonb
    WHERE id = ${tx.orgId}`.execute(tx.db)
}
