import { type Kysely, sql } from "kysely"
import type { ChannelGroup } from "../core/channels.ts"
import type { Agent } from "../core/agents/agent.ts"
import type { AgentRow } from "../store/agents.ts"
import type { DB } from "../store/tables.ts"

export type AgentFilter = { ids?: readonly string[]; inboxId?: string; group?: ChannelGroup }

type Row = AgentRow & {
  name: string
  inSettings: boolean
  voiceWaiting: number
  messagingWaiting: number
  mailWaiting: number
}

/** Agents at work as the API shows them, by name. */
export async function readAgents(db: Kysely<DB>, orgId: string, filter: AgentFilter = {}): Promise<Agent[]> {
  const { rows } = await sql<Row>`
    SELECT a.*, u.name, (a.paused_at IS NOT NULL OR coalesce(a.settings_until > clock_timestamp(), false)) AS in_settings,
      coalesce(w.voice, 0)::int AS voice_waiting, coalesce(w.messaging, 0)::int AS messaging_waiting, coalesce(w.mail, 0)::int AS mail_waiting
    FROM agent_states a JOIN users u ON u.org_id = a.org_id AND u.id = a.agent_id
    LEFT JOIN (
      SELECT m.agent_id, count(*) FILTER (WHERE q.channel_group = 'voice') AS voice,
        count(*) FILTER (WHERE q.channel_group = 'messaging') AS messaging, count(*) FILTER (WHERE q.channel_group = 'mail') AS mail
      FROM queue_items q JOIN inbox_members m ON m.org_id = q.org_id AND m.inbox_id = q.inbox_id
      WHERE q.org_id = ${orgId} AND q.state IN ('waiting', 'offered') GROUP BY m.agent_id) w ON w.agent_id = a.agent_id
    WHERE a.org_id = ${orgId} AND a.deactivated_at IS NULL
      ${filter.ids ? sql`AND a.agent_id = ANY(${[...filter.ids]})` : sql``}
      ${filter.inboxId ? sql`AND EXISTS (SELECT 1 FROM inbox_members i WHERE i.org_id = a.org_id AND i.agent_id = a.agent_id AND i.inbox_id = ${filter.inboxId})` : sql``}
      ${filter.group ? sql`AND ${filter.group} = ANY(a.available_for)` : sql``}
    ORDER BY lower(u.name), a.agent_id`.execute(db)
  return rows.map(show)
}

function show(row: Row): Agent {
  return {
    id: row.agentId,
    name: row.name,
    status: row.status,
    awayReasonId: row.awayReasonId,
    availableFor: row.availableFor,
    focusedAt: row.focusedAt?.toISOString() ?? null,
    paused: row.inSettings,
    connected: row.connected,
    load: { voice: row.voiceLoad, messaging: row.messagingLoad, mail: row.mailLoad },
    capacity: { messaging: { standard: row.standardCapacity, maximum: row.maximumCapacity } },
    waiting: { voice: row.voiceWaiting, messaging: row.messagingWaiting, mail: row.mailWaiting },
    afterCallWorkEndsAt: row.acwUntil?.toISOString() ?? null,
    notBefore: {
      voice: row.blockedUntilVoice?.toISOString() ?? null,
      messaging: row.blockedUntilMessaging?.toISOString() ?? null,
    },
    statusSince: row.statusSince.toISOString(),
  }
}

export type GroupCount = { waiting: number; oldestSeconds: number | null; earliestDueAt: string | null }

export type Counts = Record<ChannelGroup, GroupCount>

type CountRow = { agentId: string; group: ChannelGroup; waiting: number; oldest: Date; earliestDueAt: Date }

/** What waits in the inboxes of each of these agents, by group (the bubbles beside the switches). The queue is counted once for all. */
export async function readCounts(
  db: Kysely<DB>,
  orgId: string,
  agentIds: readonly string[],
  now: Date,
): Promise<Map<string, Counts>> {
  const { rows } = await sql<CountRow>`
    SELECT m.agent_id, q.channel_group AS group, sum(q.waiting)::int AS waiting, min(q.oldest) AS oldest, min(q.earliest_due_at) AS earliest_due_at
    FROM (SELECT inbox_id, channel_group, count(*) AS waiting, min(queued_at) AS oldest, min(due_at) AS earliest_due_at
      FROM queue_items WHERE org_id = ${orgId} AND state IN ('waiting', 'offered') AND inbox_id = ANY(ARRAY(
        SELECT DISTINCT inbox_id FROM inbox_members WHERE org_id = ${orgId} AND agent_id = ANY(${[...agentIds]}::uuid[])))
      GROUP BY inbox_id, channel_group) q
    JOIN inbox_members m ON m.org_id = ${orgId} AND m.inbox_id = q.inbox_id AND m.agent_id = ANY(${[...agentIds]}::uuid[])
    GROUP BY m.agent_id, q.channel_group`.execute(db)
  const rowsOf = new Map(agentIds.map((agentId): [string, CountRow[]] => [agentId, []]))
  for (const row of rows) rowsOf.get(row.agentId)?.push(row)
  return new Map([...rowsOf].map(([agentId, ofAgent]) => [agentId, countsOf(ofAgent, now)]))
}

function countsOf(rows: readonly CountRow[], now: Date): Counts {
  const countOf = (group: ChannelGroup): GroupCount => {
    const row = rows.find((one) => one.group === group)
    if (!row) return { waiting: 0, oldestSeconds: null, earliestDueAt: null }
    const oldestSeconds = Math.max(0, Math.floor((now.getTime() - row.oldest.getTime()) / 1000))
    return { waiting: row.waiting, oldestSeconds, earliestDueAt: row.earliestDueAt.toISOString() }
  }
  return { voice: countOf("voice"), messaging: countOf("messaging"), mail: countOf("mail") }
}
