import { type RawBuilder, sql } from "kysely"

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
