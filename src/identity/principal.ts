import type { Kysely } from "kysely"
import { type Action, actions, type Role, type Scope, scopeOf } from "../core/permissions.ts"
import type { DB } from "../store/tables.ts"
import type { Actor } from "../store/write.ts"

/** Who calls: a person with a session, or an API key. The organization comes from here and from nowhere else. */
export interface Principal {
  readonly type: "user" | "api_key"
  readonly orgId: string
  /** The person's id, or the key's. */
  readonly id: string
  /** The person; `null` for a key, which is nobody's hands. */
  readonly userId: string | null
  /** Whose inboxes and rights bound it: the person, or the maker of the key. */
  readonly ownerId: string
  readonly name: string
  readonly email: string | null
  readonly roles: readonly Role[]
  /** The session, where there is one. */
  readonly sessionId: string | null
  scope(action: Action): Scope | null
  can(action: Action): boolean
}

export type User = { orgId: string; id: string; name: string; email: string; roles: readonly Role[] }

export function personPrincipal(user: User, sessionId: string | null): Principal {
  return {
    type: "user",
    orgId: user.orgId,
    id: user.id,
    userId: user.id,
    ownerId: user.id,
    name: user.name,
    email: user.email,
    roles: user.roles,
    sessionId,
    scope: (action) => scopeOf(user.roles, action),
    can: (action) => scopeOf(user.roles, action) !== null,
  }
}

/**
 * A key never does what its maker may not do now, action by action, nor what a key above it could not; `agent.self` needs
 * a person.
 */
export function keyPrincipal(
  key: { orgId: string; id: string; name: string; roles: readonly Role[]; bounds: readonly (readonly Role[])[] },
  maker: User,
): Principal {
  const scope = (action: Action): Scope | null => {
    if (action === "agent.self") return null
    const scopes = [key.roles, maker.roles, ...key.bounds].map((roles) => scopeOf(roles, action))
    if (scopes.includes(null)) return null
    return scopes.includes("own") ? "own" : "all"
  }
  return {
    type: "api_key",
    orgId: key.orgId,
    id: key.id,
    userId: null,
    ownerId: maker.id,
    name: key.name,
    email: null,
    roles: key.roles,
    sessionId: null,
    scope,
    can: (action) => scope(action) !== null,
  }
}

export function actorOf(principal: Principal): Actor {
  return { type: principal.type, id: principal.id, name: principal.name }
}

export function actionsOf(principal: Principal): Action[] {
  return actions.filter((action) => principal.can(action))
}

/**
 * The inboxes whose conversations the caller may see or work on by `action`: `null` is all of them, an empty list none.
 * For roles that stand with ◐ in the table these are the inboxes that the person (or the maker of the key) is a member of.
 */
export async function visibleInboxIds(
  db: Kysely<DB>,
  principal: Principal,
  action: Action = "conversation.read",
): Promise<string[] | null> {
  const scope = principal.scope(action)
  if (scope === "all") return null
  if (scope === null) return []
  const rows = await db
    .selectFrom("inboxMembers")
    .select("inboxId")
    .where("orgId", "=", principal.orgId)
    .where("agentId", "=", principal.ownerId)
    .execute()
  return rows.map((row) => row.inboxId)
}
