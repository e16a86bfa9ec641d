import { sql } from "kysely"
import { type ChannelGroup, channelGroups, groupOf, type ChannelName } from "../core/channels.ts"
import { problem } from "../problem.ts"
import { type AgentChange, type AgentWork, changeAgent, lockAgentWork, withdrawOffers } from "../store/agent-changes.ts"
import type { AgentRow } from "../store/agents.ts"
import type { Tx } from "../store/write.ts"

/** What an agent does with his own switches (or a manager with another's). Setting what is set writes nothing. */

async function lock(tx: Tx, agentId: string): Promise<AgentWork> {
  const held = await lockAgentWork(tx, agentId)
  if (!held || held.agent.deactivatedAt) throw problem("not_found")
  return held
}

/**
 * The whole set of groups. Logs in who is logged out. Mail switched on grants one mail (api.md 9, row 14); offers of
 * groups switched off are taken back. 409 `channel_group_not_configured` `{group}`.
 */
export async function setAvailability(tx: Tx, agentId: string, groups: readonly ChannelGroup[]): Promise<void> {
  const configured = await configuredGroups(tx)
  const missing = groups.find((group) => !configured.has(group))
  if (missing) throw problem("channel_group_not_configured", { group: missing })
  const { agent, offers } = await lock(tx, agentId)
  const availableFor = channelGroups.filter((group) => groups.includes(group))
  const login = agent.status === "logged_out" && availableFor.length > 0 ? loginChange(tx) : {}
  const off = agent.availableFor.filter((group) => !availableFor.includes(group))
  const on = availableFor.filter((group) => !agent.availableFor.includes(group))
  if (off.length === 0 && on.length === 0 && Object.keys(login).length === 0) return
  await withdrawOffers(tx, offers, "switched_off", off)
  const mailCredit = on.includes("mail") ? 1 : off.includes("mail") ? 0 : agent.mailCredit
  const after = await changeAgent(tx, agent, { ...login, availableFor, mailCredit, missesInRow: 0 })
  tellStatus(tx, agent, after)
  tx.event("agent_availability.updated", { agentId, availableFor })
}

/** Groups in which an entry point is active (S7). */
export async function configuredGroups(tx: Pick<Tx, "db" | "orgId">): Promise<Set<ChannelGroup>> {
  const { rows } = await sql<{ channel: ChannelName }>`
    SELECT DISTINCT channel FROM entry_points WHERE org_id = ${tx.orgId} AND status = 'active'`.execute(tx.db)
  return new Set(rows.map((row) => groupOf(row.channel)))
}

/** A login: present, without what belonged to the last one. `heartbeatAt` null: it never had a socket and counts as connected. */
function loginChange(tx: Tx): AgentChange {
  return {
    status: "logged_in",
    connected: true,
    heartbeatAt: null,
    lastLoggedInAt: tx.now,
    pausedAt: null,
    focusedAt: null,
    awayReasonId: null,
    awayCause: null,
  }
}

export type StatusWish = { status: AgentRow["status"]; reasonId?: string | null }

/** 422 `unknown_reference` for a reason that is not there is the caller's. */
export async function setStatus(tx: Tx, agentId: string, wish: StatusWish, cause: string | null = null): Promise<void> {
  const { agent, offers } = await lock(tx, agentId)
  const reasonId = wish.reasonId ?? null
  if (agent.status === wish.status && agent.awayReasonId === reasonId && agent.awayCause === cause) return
  if (wish.status !== "logged_in") await withdrawOffers(tx, offers, wish.status)
  const after = await changeAgent(tx, agent, statusChange(tx, agent, { ...wish, reasonId }, cause))
  tellStatus(tx, agent, after)
  if (after.availableFor.length !== agent.availableFor.length) {
    tx.event("agent_availability.updated", { agentId, availableFor: after.availableFor })
  }
}

/** The person signed out: nothing is offered any more. Who serves nobody has nothing to end. */
export async function logOutAgent(tx: Tx, userId: string): Promise<void> {
  const served = await tx.db
    .selectFrom("agentStates")
    .select("agentId")
    .where("orgId", "=", tx.orgId)
    .where("agentId", "=", userId)
    .executeTakeFirst()
  if (served) await setStatus(tx, userId, { status: "logged_out" })
}

function statusChange(
  tx: Tx,
  agent: AgentRow,
  { status, reasonId = null }: StatusWish,
  cause: string | null,
): AgentChange {
  if (status === "away") return { status, awayReasonId: reasonId, awayCause: cause }
  if (status === "logged_in") {
    return agent.status === "logged_out"
      ? { ...loginChange(tx), awayReasonId: reasonId }
      : { status, awayReasonId: reasonId, awayCause: null, connected: true }
  }
  return {
    status,
    awayReasonId: null,
    awayCause: cause,
    availableFor: [],
    mailCredit: 0,
    focusedAt: null,
    pausedAt: null,
    settingsUntil: null,
  }
}

function tellStatus(tx: Tx, before: AgentRow, after: AgentRow): void {
  const data = { agentId: after.agentId, reasonId: after.awayReasonId, cause: after.awayCause }
  if (before.status === after.status) {
    if (before.awayReasonId !== after.awayReasonId) tx.event("agent_status.changed_active_reason", data)
    return
  }
  if (after.status === "away") tx.event("agent_status.went_away", data)
  else if (after.status === "logged_out") tx.event("agent_status.logged_out", data)
  else tx.event(before.status === "away" ? "agent_status.returned_from_away" : "agent_status.logged_in", data)
}

export async function setFocus(tx: Tx, agentId: string, on: boolean): Promise<void> {
  const { agent, offers } = await lock(tx, agentId)
  if ((agent.focusedAt !== null) === on) return
  if (on) await withdrawOffers(tx, offers, "focus")
  await changeAgent(tx, agent, { focusedAt: on ? tx.now : null })
  tx.event(on ? "agent_focus.entered" : "agent_focus.exited", { agentId })
}

/** The pause while in Settings, set over HTTP: lasts until it is ended or the next login. */
export async function setPause(tx: Tx, agentId: string, on: boolean): Promise<void> {
  const { agent, offers } = await lock(tx, agentId)
  if ((agent.pausedAt !== null) === on) return
  if (on) await withdrawOffers(tx, offers, "settings")
  await changeAgent(tx, agent, { pausedAt: on ? tx.now : null })
  tx.event("agent_availability.updated", { agentId, availableFor: agent.availableFor, paused: on })
}

/** 20 s without a heartbeat (routing.md 1.6): offers go back, the agent is away until the same login is heard again. */
export async function loseConnection(tx: Tx, agentId: string, isLost: (agent: AgentRow) => boolean): Promise<boolean> {
  const held = await lockAgentWork(tx, agentId)
  if (!held || !isLost(held.agent)) return false
  const { agent, offers } = held
  await withdrawOffers(tx, offers, "disconnected")
  const away: AgentChange =
    agent.status === "logged_in" ? { status: "away", awayReasonId: null, awayCause: connectionLost } : {}
  const after = await changeAgent(tx, agent, { ...away, connected: false, settingsUntil: null })
  tellStatus(tx, agent, after)
  return true
}

const connectionLost = "connection_lost"

/** A socket of this agent is open (again). Ends an absence that its loss began. */
export async function regainConnection(tx: Tx, agentId: string, at: Date): Promise<void> {
  const held = await lockAgentWork(tx, agentId)
  if (!held || held.agent.deactivatedAt) return
  const { agent } = held
  const back: AgentChange =
    agent.status === "away" && agent.awayCause === connectionLost ? { status: "logged_in", awayCause: null } : {}
  const after = await changeAgent(tx, agent, { ...back, connected: true, heartbeatAt: at })
  tellStatus(tx, agent, after)
}

/** A tab of the agent shows Settings until then (true time), or no longer does. */
export async function setInSettings(tx: Tx, agentId: string, until: Date | null): Promise<void> {
  const held = await lockAgentWork(tx, agentId)
  if (!held) return
  if (until) await withdrawOffers(tx, held.offers, "settings")
  await changeAgent(tx, held.agent, { settingsUntil: until })
}
