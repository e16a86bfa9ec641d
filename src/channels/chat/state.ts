import { type Kysely, sql } from "kysely"
import type { DB } from "../../store/tables.ts"

/** What a visitor is told of his chat: that it waits and where it stands, or who is there (api.md 3.3 `state`). */
export type ChatState = {
  status: "idle" | "waiting" | "connected" | "ended"
  estimatedWaitSeconds: number | null
  queuePosition: number | null
  agent: { name: string } | null
  /** False while it waits and nobody is there to take it: then a place for the answer is offered. */
  served: boolean
  conversationId: string | null
  /** A live chat contact: a chat that was begun may go on after hours. */
  begun: boolean
  agentReadAt: Date | null
  /** The newest number that was there when the agent read. */
  agentReadSeq: number
}

export const idleState: ChatState = {
  status: "idle",
  estimatedWaitSeconds: null,
  queuePosition: null,
  agent: null,
  served: true,
  conversationId: null,
  begun: false,
  agentReadAt: null,
  agentReadSeq: 0,
}

export async function readChatState(db: Kysely<DB>, orgId: string, visitorId: string): Promise<ChatState> {
  const { rows } = await sql<{
    conversationId: string
    conversationStatus: string
    contactState: string | null
    awaiting: boolean
    entryPointId: string | null
    agentName: string | null
    queuePosition: number | null
    served: boolean
    agentReadAt: Date | null
    agentReadSeq: number | null
  }>`
    SELECT c.id AS conversation_id, c.status AS conversation_status, k.state AS contact_state, k.awaiting_since IS NOT NULL AS awaiting, k.entry_point_id,
      split_part(u.name, ' ', 1) AS agent_name, v.agent_read_at,
      (SELECT max(i.seq) FROM visitor_items i WHERE i.org_id = v.org_id AND i.visitor_id = v.id AND i.at <= v.agent_read_at) AS agent_read_seq,
      (SELECT (SELECT count(*)::int + 1 FROM queue_items o WHERE o.org_id = q.org_id AND o.inbox_id = q.inbox_id AND o.state IN ('waiting', 'offered')
          AND (o.tier, o.due_at, o.first_queued_at, o.id) < (q.tier, q.due_at, q.first_queued_at, q.id))
        FROM queue_items q WHERE q.org_id = c.org_id AND q.conversation_id = c.id AND q.lane = 'text' AND q.state IN ('waiting', 'offered')) AS queue_position,
      EXISTS (SELECT 1 FROM inbox_members m JOIN agent_states a ON a.org_id = m.org_id AND a.agent_id = m.agent_id
        WHERE m.org_id = c.org_id AND m.inbox_id = c.inbox_id AND a.status = 'logged_in' AND a.connected AND a.deactivated_at IS NULL
          AND 'messaging' = ANY(a.available_for)) AS served
    FROM visitors v
    JOIN conversations c ON c.org_id = v.org_id AND c.customer_id = v.customer_id
    LEFT JOIN LATERAL (SELECT state, awaiting_since, entry_point_id FROM contacts k WHERE k.org_id = c.org_id AND k.conversation_id = c.id AND k.channel = 'chat'
      ORDER BY k.started_at DESC, k.id DESC LIMIT 1) k ON true
    LEFT JOIN users u ON u.org_id = c.org_id AND u.id = c.agent_id
    WHERE v.org_id = ${orgId} AND v.id = ${visitorId}
    ORDER BY (c.status <> 'closed') DESC, c.created_at DESC LIMIT 1`.execute(db)
  const row = rows[0]
  if (!row || row.contactState === null) return idleState
  const begun = row.contactState !== "ended" && row.conversationStatus !== "closed"
  const base = {
    ...idleState,
    conversationId: row.conversationId,
    begun,
    agentReadAt: row.agentReadAt,
    agentReadSeq: row.agentReadSeq ?? 0,
  }
  if (!begun) return { ...base, status: "ended" }
  if (row.agentName) return { ...base, status: "connected", agent: { name: row.agentName } }
  // Answered by a program: nobody has it, and nothing waits.
  if (!row.awaiting) return { ...base, status: "connected" }
  const estimatedWaitSeconds = row.entryPointId ? await estimateWait(db, orgId, row.entryPointId) : null
  return { ...base, status: "waiting", queuePosition: row.queuePosition, estimatedWaitSeconds, served: row.served }
}

/** The median of what the last ones waited who came in here; null where nobody did. */
export async function estimateWait(db: Kysely<DB>, orgId: string, entryPointId: string): Promise<number | null> {
  const { rows } = await sql<{ seconds: number | null }>`
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM done_at - queued_at))::int AS seconds
    FROM (SELECT q.done_at, q.queued_at FROM contacts k JOIN queue_items q ON q.org_id = k.org_id AND q.contact_id = k.id AND q.state = 'done'
      WHERE k.org_id = ${orgId} AND k.entry_point_id = ${entryPointId} AND k.channel = 'chat' ORDER BY k.started_at DESC LIMIT 20) last`.execute(
    db,
  )
  return rows[0]?.seconds ?? null
}
