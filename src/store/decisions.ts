import { type Kysely, sql } from "kysely"
import { copyTable } from "./copy.ts"
import type { DB } from "./tables.ts"
import type { Tx } from "./write.ts"

export type DecisionRow = {
  id: string
  epoch: number
  kind: string
  queueItemId: string | null
  conversationId: string | null
  agentId: string | null
  at: Date
  because: object
}

const decisionsTable = copyTable<DecisionRow & { partitionId: string }>("routing_decisions", {
  partitionId: "uuid",
  id: "uuid",
  epoch: "bigint",
  kind: "text",
  queueItemId: "uuid",
  conversationId: "uuid",
  agentId: "uuid",
  at: "timestamptz",
  because: "json",
})

export function putDecisions(tx: Tx, rows: readonly DecisionRow[]): void {
  tx.put(
    decisionsTable,
    rows.map((row) => ({ ...row, partitionId: tx.orgId })),
  )
}

/** Decisions about a conversation, oldest first. */
export async function decisionsOf(db: Kysely<DB>, orgId: string, conversationId: string): Promise<DecisionRow[]> {
  const { rows } = await sql<DecisionRow>`
    SELECT id, epoch, kind, queue_item_id, conversation_id, agent_id, at, because FROM routing_decisions
    WHERE org_id = ${orgId} AND conversation_id = ${conversationId} ORDER BY at, id`.execute(db)
  return rows
}

export type PullRow = {
  id: string
  agentId: string
  requestedAt: Date
  answeredAt: Date | null
  answer: PullAnswer | null
}
export type PullAnswer = { conversationId: string | null }

/** "Next": a row that the owner of routing answers. One open request for each agent; asking again finds it. */
export async function insertPull(tx: Tx, agentId: string, id: string): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    INSERT INTO pull_requests (org_id, id, agent_id, requested_at) VALUES (${tx.orgId}, ${id}, ${agentId}, ${tx.now})
    ON CONFLICT (org_id, agent_id) WHERE answered_at IS NULL DO UPDATE SET requested_at = pull_requests.requested_at RETURNING id`.execute(
    tx.db,
  )
  return rows[0]?.id ?? id
}

export async function answerPull(tx: Tx, id: string, answer: PullAnswer): Promise<void> {
  await sql`
    UPDATE pull_requests SET answered_at = ${tx.now}, answer = ${JSON.stringify(answer)}::jsonb
    WHERE org_id = ${tx.orgId} AND id = ${id} AND answered_at IS NULL`.execute(tx.db)
}

export async function findPull(db: Kysely<DB>, orgId: string, id: string): Promise<PullRow | null> {
  const { rows } = await sql<PullRow>`
    SELECT id, agent_id, requested_at, answered_at, answer FROM pull_requests WHERE org_id = ${orgId} AND id = ${id}`.execute(
    db,
  )
  return rows[0] ?? null
}

export async function openPulls(db: Kysely<DB>, orgId: string): Promise<PullRow[]> {
  const { rows } = await sql<PullRow>`
    SELECT id, agent_id, requested_at, answered_at, answer FROM pull_requests WHERE org_id = ${orgId} AND answered_at IS NULL
    ORDER BY requested_at, id`.execute(db)
  return rows
}
