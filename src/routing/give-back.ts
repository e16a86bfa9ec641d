import { sql } from "kysely"
import { isPresent } from "../store/agents.ts"
import { moveContacts } from "../store/contacts.ts"
import { endItems } from "../store/queue-items.ts"
import { reseat } from "../store/seats.ts"
import { lockWork } from "../store/work.ts"
import type { Store, Tx } from "../store/write.ts"

const givenAtOnceMax = 100

/**
 * Agents are back. What their customers wrote meanwhile queued, and they kept the conversation until another agent takes
 * it (routing.md 1.7): nobody has, so it leaves the queue and they go on, as if they had been there. Never refused for
 * load. `null`: whoever is there, for a rebuild. Answers how many conversations that were.
 */
export async function giveBack(store: Store, orgId: string, agentIds: readonly string[] | null): Promise<number> {
  if (agentIds?.length === 0) return 0
  const { rows } = await sql<{ conversationId: string }>`
    SELECT q.conversation_id FROM queue_items q JOIN conversations c ON c.org_id = q.org_id AND c.id = q.conversation_id
    WHERE q.org_id = ${orgId} AND q.lane = 'text' AND q.state IN ('waiting', 'offered') AND c.org_id = ${orgId}
      AND ${agentIds ? sql`c.agent_id = ANY(${[...agentIds]})` : sql`c.agent_id IS NOT NULL`} ORDER BY q.conversation_id`.execute(
    store.db,
  )
  let given = 0
  for (let at = 0; at < rows.length; at += givenAtOnceMax) {
    const ids = rows.slice(at, at + givenAtOnceMax).map((row) => row.conversationId)
    given += await store.write({ orgId, kind: "decision" }, (tx) => giveBackSome(tx, ids))
  }
  return given
}

async function giveBackSome(tx: Tx, conversationIds: readonly string[]): Promise<number> {
  const { conversations, items, agents } = await lockWork(tx, conversationIds)
  const theirs = [...conversations.values()].filter(({ agentId }) => {
    const agent = agentId === null ? undefined : agents.get(agentId)
    return agent !== undefined && isPresent(agent)
  })
  const ids = new Set(theirs.map(({ id }) => id))
  const queued = items.filter((item) => item.lane === "text" && ids.has(item.conversationId))
  await endItems(
    tx,
    queued.map(({ id }) => id),
    { state: "done", reason: "assigned", withdrawn: "taken" },
  )
  const kept = theirs.filter(({ id }) => queued.some(({ conversationId }) => conversationId === id))
  const keptIds = kept.map(({ id }) => id)
  await moveContacts(tx, keptIds, "active")
  await reseat(tx, keptIds, "sticky")
  for (const { id: conversationId, customerId, agentId, inboxId } of kept) {
    const assigned = { conversationId, customerId, agentId, fromAgentId: agentId, inboxId }
    // For queues that are being looked at: it has left them.
    tx.event("conversation_assignee.updated", { ...assigned, reason: "contact_inbound", decisionId: null })
  }
  return kept.length
}
