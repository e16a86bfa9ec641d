import { sql } from "kysely"
import type { Clock } from "../clock.ts"
import { readWorkflowSettings } from "../store/routing-settings.ts"
import type { Store } from "../store/write.ts"
import { loseConnection, regainConnection, setInSettings, setStatus } from "./availability.ts"

/** What sockets say of agents; on the true clock, which no test moves (routing.md 3.3). */
export interface Presence {
  /** A socket of the agent has said hello. */
  connected(orgId: string, agentId: string): Promise<void>
  /** A pong: the agent's browser lives. */
  heartbeat(orgId: string, agentId: string): void
  /** The agent's last socket here is gone; `at` is when it was heard last (now for one that was closed). */
  lost(orgId: string, agentId: string, at?: Date): Promise<void>
  /** The focused tab shows Settings; repeat it within 30 s. */
  inSettings(orgId: string, agentId: string, on: boolean): Promise<void>
  start(): void
  stop(): Promise<void>
  /** One look around, for tests: who was lost, whose Settings or work time is over. */
  sweep(): Promise<void>
}

export const lostSeconds = 20
export const settingsSeconds = 30
/** Heartbeats are written together, and only those older than this. */
const heartbeatSeconds = 5
const sweepMs = 1_000
/** What the true time moves by beside the time that runs here: more than this is no drift, it was set. */
const leapMs = 5_000
/** Idle times are minutes long; they are looked at less often. */
const idleEvery = 15

export function createPresence(deps: { store: Store; clock: Clock; onError: (error: unknown) => void }): Presence {
  const { store, clock } = deps
  const beats = new Map<string, { orgId: string; agentId: string; at: Date; written: number }>()
  let handle: NodeJS.Timeout | null = null
  let sweeping: Promise<void> | null = null
  let turns = 0
  let ahead = aheadOf(clock)
  /** Monotonic time until which nobody is lost. */
  let patientUntil = 0

  /** When the time was set, what was heard before tells nothing any more: everybody has as long again to be heard. */
  function noticeLeap(): void {
    const aheadNow = aheadOf(clock)
    if (Math.abs(aheadNow - ahead) < leapMs) return
    ahead = aheadNow
    patientUntil = clock.monotonic() + lostSeconds * 1000
    for (const beat of beats.values()) beat.written = 0
  }

  async function writeBeats(): Promise<void> {
    const due = [...beats.values()].filter((beat) => beat.at.getTime() - beat.written >= heartbeatSeconds * 1000)
    if (due.length === 0) return
    const written = new Map(due.map((beat) => [beat.agentId, beat.at.getTime()]))
    // Whoever is just being given something is written at the next look: nobody waits for a heartbeat, or it for him.
    const { rows } = await sql<{ agentId: string }>`
      WITH beats AS (
        SELECT s.org_id, s.agent_id, b.at FROM unnest(${due.map((beat) => beat.orgId)}::uuid[],
          ${due.map((beat) => beat.agentId)}::uuid[], ${due.map((beat) => beat.at)}::timestamptz[]) AS b(org_id, agent_id, at)
        JOIN agent_states s ON s.org_id = b.org_id AND s.agent_id = b.agent_id
        ORDER BY s.org_id, s.agent_id FOR NO KEY UPDATE OF s SKIP LOCKED), told AS (
        UPDATE agent_states a SET heartbeat_at = least(greatest(a.heartbeat_at, b.at), clock_timestamp()) FROM beats b
        WHERE a.org_id = b.org_id AND a.agent_id = b.agent_id AND a.connected)
      SELECT agent_id FROM beats`.execute(store.db)
    for (const { agentId } of rows) {
      const beat = beats.get(agentId)
      if (beat) beat.written = Math.max(beat.written, written.get(agentId) ?? 0)
    }
  }

  /** A login that had a socket and was not heard for 20 s. */
  async function loseStale(): Promise<void> {
    if (clock.monotonic() < patientUntil) return
    const now = clock.real().getTime()
    const { rows } = await sql<{ orgId: string; agentId: string }>`
      SELECT org_id, agent_id FROM agent_states WHERE connected AND status <> 'logged_out' AND heartbeat_at IS NOT NULL
        AND heartbeat_at < clock_timestamp() - make_interval(secs => ${lostSeconds})`.execute(store.db)
    for (const { orgId, agentId } of rows) {
      await store.write({ orgId, kind: "act" }, (tx) =>
        loseConnection(tx, agentId, (agent) => {
          // What was heard here may not be written yet: the row was held by somebody at each look.
          const heardAt =
            agent.heartbeatAt && Math.max(agent.heartbeatAt.getTime(), beats.get(agentId)?.at.getTime() ?? 0)
          return agent.connected && heardAt !== null && now - heardAt > lostSeconds * 1000
        }),
      )
    }
  }

  async function endSettings(): Promise<void> {
    const { rows } = await sql<{ orgId: string; agentId: string }>`
      SELECT org_id, agent_id FROM agent_states WHERE settings_until < clock_timestamp()`.execute(store.db)
    for (const { orgId, agentId } of rows)
      await store.write({ orgId, kind: "act" }, (tx) => setInSettings(tx, agentId, null))
  }

  /** Auto-away and auto-logout: nothing was asked of the server in any session of the agent for so long. */
  async function endIdle(): Promise<void> {
    const { rows: orgs } = await sql<{ orgId: string }>`
      SELECT org_id FROM workflow_settings
      WHERE settings->>'autoAwaySeconds' IS NOT NULL OR settings->>'autoLogoutSeconds' IS NOT NULL`.execute(store.db)
    for (const { orgId } of orgs) {
      const { settings } = await readWorkflowSettings(store.db, orgId)
      await endIdleOf(orgId, settings.autoAwaySeconds, settings.autoLogoutSeconds)
    }
  }

  async function endIdleOf(orgId: string, awaySeconds: number | null, logoutSeconds: number | null): Promise<void> {
    const { rows } = await sql<{ agentId: string; status: string; idleSeconds: number }>`
      SELECT a.agent_id, a.status, extract(epoch FROM clock_timestamp() - greatest(max(s.seen_at), a.last_logged_in_at))::float8 AS idle_seconds
      FROM agent_states a LEFT JOIN sessions s ON s.org_id = a.org_id AND s.user_id = a.agent_id
      WHERE a.org_id = ${orgId} AND a.status <> 'logged_out' AND a.voice_load = 0
      GROUP BY a.org_id, a.agent_id, a.status, a.last_logged_in_at`.execute(store.db)
    for (const { agentId, status, idleSeconds } of rows) {
      const logout = logoutSeconds !== null && idleSeconds >= (awaySeconds ?? 0) + logoutSeconds
      const away = awaySeconds !== null && status === "logged_in" && idleSeconds >= awaySeconds
      if (!logout && !away) continue
      await store.write({ orgId, kind: "act" }, (tx) =>
        setStatus(tx, agentId, { status: logout ? "logged_out" : "away" }, "idle"),
      )
    }
  }

  async function sweep(): Promise<void> {
    noticeLeap()
    await writeBeats()
    await loseStale()
    await endSettings()
    if (turns++ % idleEvery === 0) await endIdle()
  }

  return {
    async connected(orgId, agentId) {
      const at = clock.real()
      beats.set(agentId, { orgId, agentId, at, written: at.getTime() })
      await store.write({ orgId, kind: "act" }, (tx) => regainConnection(tx, agentId, at))
    },
    heartbeat(orgId, agentId) {
      const beat = beats.get(agentId)
      if (beat) beat.at = clock.real()
      else beats.set(agentId, { orgId, agentId, at: clock.real(), written: 0 })
    },
    async lost(orgId, agentId, at = clock.real()) {
      beats.delete(agentId)
      await sql`
        UPDATE agent_states SET heartbeat_at = least(greatest(heartbeat_at, ${at}), clock_timestamp()) WHERE org_id = ${orgId} AND agent_id = ${agentId}
          AND connected`.execute(store.db)
    },
    async inSettings(orgId, agentId, on) {
      const { rows } = await sql<{ left: number | null }>`
        SELECT extract(epoch FROM settings_until - clock_timestamp())::float8 AS left FROM agent_states
        WHERE org_id = ${orgId} AND agent_id = ${agentId}`.execute(store.db)
      const left = rows[0]?.left ?? null
      const is = left !== null && left > 0
      if (!on && !is) return
      const until = on ? new Date(clock.real().getTime() + settingsSeconds * 1000) : null
      if (on && is) {
        // Still there: only the end moves, which concerns nobody else.
        await sql`
          UPDATE agent_states SET settings_until = ${until} WHERE org_id = ${orgId} AND agent_id = ${agentId}`.execute(
          store.db,
        )
        return
      }
      await store.write({ orgId, kind: "act" }, (tx) => setInSettings(tx, agentId, until))
    },
    start() {
      handle = setInterval(() => {
        if (sweeping) return
        sweeping = sweep()
          .catch(deps.onError)
          .finally(() => {
            sweeping = null
          })
      }, sweepMs)
    },
    async stop() {
      if (handle) clearInterval(handle)
      await sweeping
    },
    sweep,
  }
}

/** By how much the true time is ahead of the one that nothing sets. */
function aheadOf(clock: Clock): number {
  return clock.real().getTime() - clock.monotonic()
}
