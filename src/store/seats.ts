import { sql } from "kysely"
import type { ChannelGroup } from "../core/channels.ts"
import { records } from "./records.ts"
import type { Tx } from "./write.ts"

/**
 * The truth of load (routing.md 2): a seat is held by a pending offer, or by the conversation that an agent has while
 * it has an active messaging contact (else: an active mail contact). The counters of `agent_states` fall and rise by
 * what a DELETE returned and an INSERT made, so nobody can release a seat twice. The caller has locked the agents.
 */
export type SeatVia = "push" | "pull" | "manual" | "sticky"

type Moved = { agentId: string; channelGroup: ChannelGroup }

/** The seats of these holders (offers or conversations) are free again. */
export async function releaseSeats(tx: Tx, holderIds: readonly string[]): Promise<void> {
  if (holderIds.length === 0) return
  const { rows } = await sql<Moved>`
    DELETE FROM seats WHERE org_id = ${tx.orgId} AND holder_id = ANY(${[...holderIds]}) RETURNING agent_id, channel_group`.execute(
    tx.db,
  )
  await count(tx, rows, -1)
}

/** Offers that were accepted: the seat stays and goes over to the conversation, the counter does not move. */
export async function handOverSeats(tx: Tx, offerIds: readonly string[]): Promise<void> {
  if (offerIds.length === 0) return
  await sql`
    UPDATE seats SET holder_id = conversation_id WHERE org_id = ${tx.orgId} AND holder_id = ANY(${[...offerIds]})`.execute(
    tx.db,
  )
}

/**
 * Brings the seats of these conversations to what their agent and active contacts say now. Call it after any change of
 * either; what is right already is left alone. Never refused for load (routing.md 1.7).
 */
export async function reseat(tx: Tx, conversationIds: readonly string[], via: SeatVia): Promise<void> {
  if (conversationIds.length === 0) return
  const needed = sql`
    SELECT c.id AS conversation_id, c.agent_id,
      CASE WHEN bool_or(k.channel_group = 'messaging') THEN 'messaging' ELSE 'mail' END AS channel_group
    FROM conversations c JOIN contacts k ON k.org_id = c.org_id AND k.conversation_id = c.id
      AND k.state = 'active' AND k.channel_group <> 'voice'
    WHERE c.org_id = ${tx.orgId} AND c.id = ANY(${[...conversationIds]}) AND c.agent_id IS NOT NULL
    GROUP BY c.id, c.agent_id`
  const gone = await sql<Moved>`
    WITH needed AS (${needed})
    DELETE FROM seats s WHERE s.org_id = ${tx.orgId} AND s.holder_id = ANY(${[...conversationIds]})
      AND NOT EXISTS (SELECT 1 FROM needed n
        WHERE n.conversation_id = s.holder_id AND n.agent_id = s.agent_id AND n.channel_group = s.channel_group)
    RETURNING agent_id, channel_group`.execute(tx.db)
  const come = await sql<Moved>`
    WITH needed AS (${needed})
    INSERT INTO seats (org_id, channel_group, holder_id, agent_id, conversation_id, via, since)
    SELECT ${tx.orgId}, n.channel_group, n.conversation_id, n.agent_id, n.conversation_id, ${via}, ${tx.now}::timestamptz
    FROM needed n WHERE NOT EXISTS (SELECT 1 FROM seats s WHERE s.org_id = ${tx.orgId} AND s.holder_id = n.conversation_id)
    RETURNING agent_id, channel_group`.execute(tx.db)
  await count(tx, gone.rows, -1)
  await count(tx, come.rows, 1)
}

async function count(tx: Tx, moved: readonly Moved[], by: 1 | -1): Promise<void> {
  if (moved.length === 0) return
  const totals = new Map<string, { agentId: string; voice: number; messaging: number; mail: number }>()
  for (const { agentId, channelGroup } of moved) {
    const total = totals.get(agentId) ?? { agentId, voice: 0, messaging: 0, mail: 0 }
    total[channelGroup] += by
    totals.set(agentId, total)
  }
  await sql`
    UPDATE agent_states a SET voice_load = a.voice_load + r.voice, messaging_load = a.messaging_load + r.messaging,
      mail_load = a.mail_load + r.mail, version = a.version + 1
    FROM ${records([...totals.values()], "agent_id uuid, voice int, messaging int, mail int")}
    WHERE a.org_id = ${tx.orgId} AND a.agent_id = r.agent_id`.execute(tx.db)
  tx.touch({ agents: [...totals.keys()] })
}
