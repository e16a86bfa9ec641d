import { type Kysely, sql } from "kysely"
import type { Clock } from "../clock.ts"
import { newId } from "../ids.ts"
import { problem } from "../problem.ts"
import type { AgentRow } from "../store/agents.ts"
import { agentColumns } from "../store/agents.ts"
import { answerPull, findPull, insertPull } from "../store/decisions.ts"
import type { DB } from "../store/tables.ts"
import type { Store, Tx, WriteInput } from "../store/write.ts"
import { pullEvent } from "./catch-up.ts"
import type { Routing } from "./runner.ts"

export type NextDeps = { store: Store; clock: Clock; routing: Pick<Routing, "settled" | "owns"> }
export type NextAnswer = { conversationId: string | null; fromQueue: boolean }

/** How long the owner of routing may take to answer; then it is "nothing yet". */
const answerSecondsMax = 2
const pollMs = 20

/**
 * "Next" (routing.md 1.6): first own conversations with an update that was not seen, the earliest due; else the best that
 * waits, up to the maximum capacity; else nothing, and the next mail is his. `before` runs in the same transaction as the
 * request (Close & Next). 409 `not_available`, `at_capacity`.
 */
export async function pullNext(
  { store, clock, routing }: NextDeps,
  input: Omit<WriteInput, "kind">,
  agentId: string,
  before: ((tx: Tx) => Promise<void>) | null,
): Promise<NextAnswer> {
  const asked = await store.write({ ...input, kind: "act" }, async (tx) => {
    await before?.(tx)
    const own = await findUnseen(tx, agentId)
    if (own) return { own, requestId: null }
    const agent = await readAgent(tx, agentId)
    if (agent.status !== "logged_in" || agent.availableFor.length === 0 || agent.focusedAt) {
      // What was closed stays closed: there is only nothing to pull.
      if (before) return { own: null, requestId: null }
      throw problem("not_available")
    }
    const requestId = await insertPull(tx, agentId, newId())
    tx.event(pullEvent, { requestId, agentId })
    return { own: null, requestId }
  })
  if (asked.own || !asked.requestId) return { conversationId: asked.own, fromQueue: false }
  const conversationId = await answerOf({ store, clock, routing }, input, asked.requestId)
  if (conversationId === null && !before && (await isFull(store.db, input.orgId, agentId))) throw problem("at_capacity")
  return { conversationId, fromQueue: true }
}

async function findUnseen(tx: Tx, agentId: string): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    SELECT c.id FROM conversations c LEFT JOIN read_marks r ON r.org_id = c.org_id AND r.conversation_id = c.id AND r.user_id = ${agentId}
    WHERE c.org_id = ${tx.orgId} AND c.agent_id = ${agentId} AND c.status = 'open' AND EXISTS (
      SELECT 1 FROM timeline_items t WHERE t.org_id = c.org_id AND t.conversation_id = c.id AND t.kind = 'message'
        AND t.actor->>'type' = 'customer' AND t.position > coalesce(r.up_to_position, 0))
    ORDER BY c.due_at, c.id LIMIT 1`.execute(tx.db)
  return rows[0]?.id ?? null
}

async function readAgent(tx: Tx, agentId: string): Promise<AgentRow> {
  const { rows } = await sql<AgentRow>`
    SELECT ${agentColumns} FROM agent_states WHERE org_id = ${tx.orgId} AND agent_id = ${agentId} AND deactivated_at IS NULL`.execute(
    tx.db,
  )
  if (!rows[0]) throw problem("not_available")
  return rows[0]
}

async function answerOf(
  { store, clock, routing }: NextDeps,
  input: Omit<WriteInput, "kind">,
  requestId: string,
): Promise<string | null> {
  const until = clock.monotonic() + answerSecondsMax * 1000
  for (;;) {
    if (routing.owns(input.orgId)) await routing.settled(input.orgId)
    const row = await findPull(store.db, input.orgId, requestId)
    if (row?.answeredAt) return row.answer?.conversationId ?? null
    if (clock.monotonic() >= until) break
    await clock.sleep(pollMs)
  }
  await store.write({ ...input, kind: "act" }, (tx) => answerPull(tx, requestId, { conversationId: null }))
  return null
}

/** Only messaging is on and its maximum is reached while something waits: the reason is the agent's own load. */
async function isFull(db: Kysely<DB>, orgId: string, agentId: string): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM agent_states a WHERE a.org_id = ${orgId} AND a.agent_id = ${agentId} AND a.available_for = ARRAY['messaging']
      AND a.messaging_load >= a.maximum_capacity AND EXISTS (
        SELECT 1 FROM queue_items q JOIN inbox_members m ON m.org_id = q.org_id AND m.inbox_id = q.inbox_id AND m.agent_id = a.agent_id
        WHERE q.org_id = a.org_id AND q.state = 'waiting' AND q.channel_group = 'messaging')`.execute(db)
  return rows.length > 0
}
