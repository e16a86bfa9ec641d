import { type Kysely, sql } from "kysely"
import { networkOf } from "../core/addresses/network.ts"
import type { Role } from "../core/permissions.ts"
import { problem } from "../problem.ts"
import type { DB } from "../store/tables.ts"
import { passwordFits } from "./passwords.ts"
import type { User } from "./principal.ts"
import { perAccount, perAddress, type Tries } from "./tries.ts"

type Deps = { db: Kysely<DB>; tries: Tries }
type Account = User & { passwordHash: string | null; active: boolean; knownHere: boolean }

/**
 * Who has this address and password. The same words and the same time for an unknown address, a wrong password and
 * somebody deactivated. A place from which the person is signed in counts its tries apart, so that a stranger who tries
 * an account cannot lock its owner out.
 */
export async function signIn(deps: Deps, given: { email: string; password: string; ip: string }): Promise<User> {
  const account = await findAccount(deps.db, given.email, given.ip)
  const subject = account?.knownHere ? `${given.email} ${given.ip}` : given.email
  const network = networkOf(given.ip)
  await deps.tries.count(perAddress, network)
  await deps.tries.count(perAccount, subject)
  const fits = await passwordFits(account?.passwordHash ?? null, given.password)
  if (!account?.active || !fits) throw problem("credentials_wrong")
  await deps.tries.forget(perAccount, subject)
  // A whole office comes from one address, at the same hour.
  await deps.tries.giveBack(perAddress, network)
  await sql`UPDATE users SET last_seen_at = now() WHERE org_id = ${account.orgId} AND id = ${account.id}`.execute(
    deps.db,
  )
  return { orgId: account.orgId, id: account.id, name: account.name, email: account.email, roles: account.roles }
}

/** Whether this is the person's password; counted like a sign-in. */
export async function confirmPassword(
  deps: Deps,
  user: { orgId: string; id: string; email: string },
  password: string,
): Promise<boolean> {
  await deps.tries.count(perAccount, user.email)
  const row = await deps.db
    .selectFrom("users")
    .select("passwordHash")
    .where("orgId", "=", user.orgId)
    .where("id", "=", user.id)
    .executeTakeFirst()
  const fits = await passwordFits(row?.passwordHash ?? null, password)
  if (fits) await deps.tries.forget(perAccount, user.email)
  return fits
}

async function findAccount(db: Kysely<DB>, email: string, ip: string): Promise<Account | undefined> {
  const found = await sql<Omit<Account, "roles"> & { roles: Role[] }>`
    SELECT u.org_id, u.id, u.name, u.email, u.roles, u.password_hash, u.status = 'active' AS active,
      EXISTS (SELECT 1 FROM sessions s WHERE s.org_id = u.org_id AND s.user_id = u.id AND s.ip = ${ip}) AS known_here
    FROM directory d JOIN users u ON u.org_id = d.org_id AND u.id = d.id
    WHERE d.kind = 'sign_in' AND d.value = ${email}`.execute(db)
  return found.rows[0]
}
