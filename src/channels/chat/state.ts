import { type Kysely, sql } from "kysely"
import type { DB } from "../../store/tables.ts"

/** What a visitor is told of his chat: that it waits and where it stands, or who is there (api.md 3.3 `state`). */
export type ChatState = {
  status: "idle" | "waiting" | "connected" | "ended"
  estimatedWaitSeconds: number | null
  queuePosition: number | null
  agent: { name: string } | null
  conversationId: string | null
  /** A live chat contact: a chat that was begun may go on after hours. */
  begun: boolean
  agentReadAt: Date | null
}

export const idleState: ChatState = { status: "idle", estimatedWaitSeconds: null, queuePosition: null, agent: null, conversationId: null, begun: false, agentReadAt: null }

export async function readChatState(db: Kysely<DB>, orgId: string, visitorId: string): Promise<ChatState> {
  const { rows } = await sql<{
    conversationId: string
    conversationStatus: string
    contactState: string | null
    agentName: string | null
    queuePosition: number | null
    inboxId: string
    agentReadAt: Date | null
  }>`
    SELECT c.id AS conversation_id, c.status AS conversation_status, k.state AS contact_state, split_part(u.name, ' ', 1) AS agent_name, c.inbox_id, v.agent_read_at,
      (SELECT (SELECT count(*)::int + 1 FROM queue_items o WHERE o.org_id = q.org_id AND o.inbox_id = q.inbox_id AND o.state IN ('waiting', 'offered')
          AND (o.tier, o.due_at, o.first_queued_at, o.id) < (q.tier, q.due_at, q.first_queued_at, q.id))
        FROM queue_items q WHERE q.org_id = c.org_id AND q.conversation_id = c.id AND q.lane = 'text' AND q.state IN ('waiting', 'offered')) AS queue_position
    FROM visitors v
    JOIN conversations c ON c.org_id = v.org_id AND c.customer_id = v.customer_id
    LEFT JOIN LATERAL (SELECT state FROM contacts k WHERE k.org_id = c.org_id AND k.conversation_id = c.id AND k.channel = 'chat' ORDER BY k.started_at DESC LIMIT 1) k ON true
    LEFT JOIN users u ON u.org_id = c.org_id AND u.id = c.agent_id
    WHERE v.org_id = ${orgId} AND v.id = ${visitorId}
    ORDER BY (c.status <> 'closed') DESC, c.created_at DESC LIMIT 1`.execute(db)
  const row = rows[0]
  if (!row || row.contactState === null) return idleState
  const begun = row.contactState !== "ended" && row.conversationStatus !== "closed"
  const base = { conversationId: row.conversationId, begun, agentReadAt: row.agentReadAt }
  if (!begun) return { ...idleState, ...base, status: "ended" }
  if (row.agentName) return { ...idleState, ...base, status: "connected", agent: { name: row.agentName } }
  return { ...idleState, ...base, status: "waiting", queuePosition: row.queuePosition, estimatedWaitSeconds: await estimateWait(db, orgId, row.inboxId) }
}

/** The median of what the last ones waited in this Inbox; null where nobody did. */
async function estimateWait(db: Kysely<DB>, orgId: string, inboxId: string): Promise<number | null> {
  const { rows } = await sql<{ seconds: number | null }>`
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM done_at - queued_at))::int AS seconds
    FROM (SELECT done_at, queued_at FROM queue_items WHERE org_id = ${orgId} AND inbox_id = ${inboxId} AND channel_group = 'messaging'
      AND state = 'done' ORDER BY done_at DESC LIMIT 20) last`.execute(db)
  return rows[0]?.seconds ?? null
}
