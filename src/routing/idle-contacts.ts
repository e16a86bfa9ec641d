import { sql } from "kysely"
import { lockConversations } from "../store/conversations.ts"
import { lockAgents } from "../store/agents.ts"
import { reseat } from "../store/seats.ts"
import type { Store, Tx } from "../store/write.ts"
import type { BusinessTimer } from "../timers.ts"

const endedAtOnceMax = 100

/**
 * A messaging session in which nobody wrote for the same-agent limit ends by itself and frees capacity (spec 5, 6.6); the
 * conversation stays with its agent, `waiting`. What awaits an answer does not end by silence (long-waits.ts).
 */
export class IdleContacts implements BusinessTimer {
  readonly name = "idle_contacts"
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async nextAt(): Promise<Date | null> {
    const { rows } = await sql<{ at: Date | null }>`SELECT min(${idleAt}) AS at FROM ${idle}`.execute(this.#store.db)
    return rows[0]?.at ?? null
  }

  async fire(now: Date): Promise<number> {
    const { rows } = await sql<{ orgId: string; conversationId: string }>`
      SELECT k.org_id, k.conversation_id FROM ${idle} AND ${idleAt} <= ${now} ORDER BY k.last_message_at LIMIT ${endedAtOnceMax}`.execute(
      this.#store.db,
    )
    let ended = 0
    for (const { orgId, conversationId } of rows)
      ended += await this.#store.write({ orgId, kind: "act" }, (tx) => endIdle(tx, conversationId))
    return ended
  }
}

const idleAt = sql`(k.last_message_at + make_interval(secs => coalesce((w.settings->'messaging'->>'sameAgentSeconds')::int, 900)))`
const idle = sql`contacts k JOIN conversations c ON c.org_id = k.org_id AND c.id = k.conversation_id
  LEFT JOIN workflow_settings w ON w.org_id = k.org_id
  WHERE k.state = 'active' AND k.channel_group = 'messaging' AND k.awaiting_since IS NULL AND c.status = 'waiting' AND k.last_message_at IS NOT NULL`

async function endIdle(tx: Tx, conversationId: string): Promise<number> {
  const conversation = (await lockConversations(tx, [conversationId])).get(conversationId)
  if (conversation?.status !== "waiting") return 0
  await lockAgents(tx, [conversation.agentId])
  const { rows } = await sql<{ id: string; inboxId: string; endStatus: string }>`
    UPDATE contacts SET state = 'ended', ended_at = ${tx.now}, end_reason = 'customer_no_reply',
      end_status = CASE WHEN fulfilled_by = 'responded' THEN 'answered' ELSE 'unanswered' END
    WHERE org_id = ${tx.orgId} AND conversation_id = ${conversationId} AND state = 'active' AND channel_group = 'messaging' AND awaiting_since IS NULL
      AND last_message_at + make_interval(secs => coalesce((SELECT (settings->'messaging'->>'sameAgentSeconds')::int
        FROM workflow_settings WHERE org_id = ${tx.orgId}), 900)) <= ${tx.now}
    RETURNING id, inbox_id, end_status`.execute(tx.db)
  for (const { id, inboxId, endStatus } of rows) {
    tx.event("contact.ended", {
      contactId: id,
      conversationId,
      customerId: conversation.customerId,
      inboxId,
      endReason: "customer_no_reply",
      status: endStatus,
    })
  }
  if (rows.length > 0) await reseat(tx, [conversationId], "sticky")
  return rows.length
}
