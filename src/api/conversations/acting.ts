import type { Kysely } from "kysely"
import type { Acting } from "../../conversations/acting.ts"
import type { Sight } from "../../conversations/sight.ts"
import type { Action } from "../../core/permissions.ts"
import { type Principal, visibleInboxIds } from "../../identity/principal.ts"
import type { DB } from "../../store/tables.ts"

/** Which conversations the caller may see, or act on, by this action. */
export async function sightOf(
  db: Kysely<DB>,
  principal: Principal,
  action: Action = "conversation.read",
): Promise<Sight> {
  return { inboxIds: await visibleInboxIds(db, principal, action), agentId: principal.ownerId }
}

export async function actingOf(
  db: Kysely<DB>,
  principal: Principal,
  action: Action = "conversation.work",
): Promise<Acting> {
  const { type, id, userId, name } = principal
  return { type, id, userId, name, sight: await sightOf(db, principal, action) }
}
