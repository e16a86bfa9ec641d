import { type Kysely, sql } from "kysely"
import type { Role } from "../core/permissions.ts"
import { hashSecret, newCode, newSecret } from "../ids.ts"
import type { DB } from "../store/tables.ts"
import type { User } from "./principal.ts"

export type FoundKey = { key: Key; maker: User }
/** `bounds`: the roles of each key above it, where a key made it. */
export type Key = {
  orgId: string
  id: string
  name: string
  roles: readonly Role[]
  bounds: readonly (readonly Role[])[]
}

const usedEverySeconds = 60
const form = /^sb_live_[0-9A-Za-z]{8}_[0-9A-Za-z]{40}$/

/** `sb_live_<8>_<40>`: more than 200 random bits; the eight are shown in lists. */
export function newApiKey(): { key: string; prefix: string } {
  const prefix = `sb_live_${newCode(8)}`
  const secret = newSecret(60).replace(/[-_]/g, "").slice(0, 40)
  return { key: `${prefix}_${secret.padEnd(40, newCode(40))}`, prefix }
}

/** The key and its maker, unless it is revoked or over, or its maker gone. */
export async function findApiKey(
  db: Kysely<DB>,
  by: { presented: string } | { orgId: string; id: string },
): Promise<FoundKey | null> {
  if ("presented" in by && !form.test(by.presented)) return null
  type Row = {
    orgId: string
    id: string
    name: string
    roles: Role[]
    bounds: Role[][]
    makerId: string
    makerName: string
    makerEmail: string
    makerRoles: Role[]
    stale: boolean
  }
  const found = await sql<Row>`
    SELECT k.org_id, k.id, k.name, k.roles, k.bounds, u.id AS maker_id, u.name AS maker_name, u.email AS maker_email,
      CASE WHEN u.status = 'active' THEN u.roles ELSE '{}' END AS maker_roles,
      k.last_used_at IS NULL OR k.last_used_at < now() - make_interval(secs => ${usedEverySeconds}) AS stale
    FROM api_keys k JOIN users u ON u.org_id = k.org_id AND u.id = k.created_by
    WHERE ${"presented" in by ? sql`k.key_hash = ${hashSecret(by.presented)}` : sql`k.org_id = ${by.orgId} AND k.id = ${by.id}`} AND k.revoked_at IS NULL AND (k.ends_at IS NULL OR k.ends_at > now())`.execute(
    db,
  )
  const row = found.rows[0]
  if (!row) return null
  if (row.stale)
    await sql`UPDATE api_keys SET last_used_at = now() WHERE org_id = ${row.orgId} AND id = ${row.id}`.execute(db)
  return {
    key: { orgId: row.orgId, id: row.id, name: row.name, roles: row.roles, bounds: row.bounds },
    maker: { orgId: row.orgId, id: row.makerId, name: row.makerName, email: row.makerEmail, roles: row.makerRoles },
  }
}
