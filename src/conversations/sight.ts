import { type RawBuilder, sql } from "kysely"
import { isRole, scopeOf } from "../core/permissions.ts"
import type { Tx } from "../store/write.ts"

/** Whose eyes: conversations of these inboxes (null: all) and those that the agent has. Made by the door for one action. */
export type Sight = { inboxIds: readonly string[] | null; agentId: string }

export function sees(sight: Sight, conversation: { inboxId: string; agentId: string | null }): boolean {
  if (sight.inboxIds === null || conversation.agentId === sight.agentId) return true
  return sight.inboxIds.includes(conversation.inboxId)
}

/** The same as a condition on a conversation `c`. */
export function isSeen(sight: Sight): RawBuilder<boolean> {
  if (sight.inboxIds === null) return sql<boolean>`true`
  return sql<boolean>`(c.inbox_id = ANY(${[...sight.inboxIds]}::uuid[]) OR c.agent_id = ${sight.agentId})`
}

/** Of these people those who may read the conversation, by their roles and Inboxes of now. */
export async function thoseWhoSee(
  tx: Tx,
  conversation: { inboxId: string; agentId: string | null },
  userIds: readonly string[],
): Promise<string[]> {
  if (userIds.length === 0) return []
  const { rows } = await sql<{ id: string; roles: string[]; inboxIds: string[] }>`
    SELECT u.id, u.roles, ARRAY(SELECT m.inbox_id FROM inbox_members m WHERE m.org_id = u.org_id AND m.agent_id = u.id) AS inbox_ids
    FROM users u WHERE u.org_id = ${tx.orgId} AND u.id = ANY(${[...userIds]}::uuid[]) AND u.status = 'active' ORDER BY u.id`.execute(
    tx.db,
  )
  return rows.flatMap(({ id, roles, inboxIds }) => {
    const scope = scopeOf(roles.filter(isRole), "conversation.read")
    const sight = scope === null ? null : { inboxIds: scope === "all" ? null : inboxIds, agentId: id }
    return sight && sees(sight, conversation) ? [id] : []
  })
}
