import { type RawBuilder, sql } from "kysely"
import type { ChannelGroup } from "../core/channels.ts"
import type { Tx } from "./write.ts"

/** An agent's state of work (routing.md 1.6). Loads are the counters of `seats`, written with them. */
export type AgentRow = {
  agentId: string
  status: "logged_in" | "away" | "logged_out"
  awayReasonId: string | null
  awayCause: string | null
  availableFor: ChannelGroup[]
  focusedAt: Date | null
  pausedAt: Date | null
  settingsUntil: Date | null
  heartbeatAt: Date | null
  connected: boolean
  statusSince: Date
  lastLoggedInAt: Date | null
  absentSince: Date | null
  blockedUntilVoice: Date | null
  blockedUntilMessaging: Date | null
  acwUntil: Date | null
  mailCredit: number
  missesInRow: number
  standardCapacity: number
  maximumCapacity: number
  voiceLoad: number
  messagingLoad: number
  mailLoad: number
  lastAssignedAt: Date | null
  deactivatedAt: Date | null
  version: number
}

/** For `sql` texts that read agents. */
export const agentColumns =
  sql.raw(`agent_id, status, away_reason_id, away_cause, available_for, focused_at, paused_at, settings_until,
  heartbeat_at, connected, status_since, last_logged_in_at, absent_since, blocked_until_voice, blocked_until_messaging,
  acw_until, mail_credit, misses_in_row, standard_capacity, maximum_capacity, voice_load, messaging_load, mail_load,
  last_assigned_at, deactivated_at, version`)

/** By id, in id order, locked until the commit. Last of the lock order before event positions. */
export function agentsToLock(tx: Tx, ids: readonly string[]): RawBuilder<AgentRow> {
  return sql<AgentRow>`
    SELECT ${agentColumns} FROM agent_states WHERE org_id = ${tx.orgId} AND agent_id = ANY(${[...ids]}::uuid[])
    ORDER BY agent_id FOR NO KEY UPDATE`
}

/** Locks them as `agentsToLock` says; answers them by id. */
export async function lockAgents(tx: Tx, ids: readonly (string | null | undefined)[]): Promise<Map<string, AgentRow>> {
  const wanted = [...new Set(ids.filter((id) => id !== null && id !== undefined))]
  if (wanted.length === 0) return new Map()
  const { rows } = await agentsToLock(tx, wanted).execute(tx.db)
  return new Map(rows.map((row) => [row.agentId, row]))
}

/** Logged in, not away, connected: somebody who sees what comes (routing.md 1.7). */
export function isPresent(agent: Pick<AgentRow, "status" | "connected" | "deactivatedAt">): boolean {
  return agent.status === "logged_in" && agent.connected && agent.deactivatedAt === null
}
