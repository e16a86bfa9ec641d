import { type RawBuilder, sql } from "kysely"
import type { AgentFact, Decision, Match } from "../core/routing/facts.ts"
import { type AgentRow, agentsToLock } from "../store/agents.ts"
import { type AgentAtWork, agentFact } from "../store/facts.ts"
import type { Tx } from "../store/write.ts"

export type MatchDecision = Extract<Decision, { type: "offer" | "assign" }>

type Membership = { agentId: string; inSettings: boolean; inboxIds: string[]; delaySeconds: number }

/** Membership is read after the agents are locked: whoever changes it locks them too. */
export function agentsQueries(tx: Tx, agentIds: readonly string[]): [RawBuilder<AgentRow>, RawBuilder<Membership>] {
  const wanted = [...new Set(agentIds)]
  return [
    agentsToLock(tx, wanted),
    sql<Membership>`
    SELECT a.agent_id, (a.paused_at IS NOT NULL OR coalesce(a.settings_until > clock_timestamp(), false)) AS in_settings,
      ARRAY(SELECT m.inbox_id FROM inbox_members m WHERE m.org_id = a.org_id AND m.agent_id = a.agent_id ORDER BY m.inbox_id) AS inbox_ids,
      coalesce((SELECT (settings->'messaging'->>'routingDelaySeconds')::int FROM workflow_settings w WHERE w.org_id = a.org_id), 0) AS delay_seconds
    FROM agent_states a WHERE a.org_id = ${tx.orgId} AND a.agent_id = ANY(${wanted}::uuid[])`,
  ]
}

export function agentsOf([agents, memberships]: [AgentRow[], Membership[]]): {
  /** In Settings by the true time of the database, for what sockets say. */
  agents: ReadonlyMap<string, AgentAtWork>
  routingDelaySeconds: number
} {
  const of = new Map(memberships.map((row) => [row.agentId, row]))
  return {
    agents: new Map(
      agents.map((row) => {
        const { inboxIds = [], inSettings = false } = of.get(row.agentId) ?? {}
        return [row.agentId, { ...row, inboxIds, inSettings }]
      }),
    ),
    routingDelaySeconds: memberships[0]?.delaySeconds ?? 0,
  }
}

/** The same agents as the engine knows them. */
export function factsOf(agents: ReadonlyMap<string, AgentAtWork>): Map<string, AgentFact> {
  return new Map([...agents].map(([id, agent]) => [id, agentFact(agent)]))
}

/** Several matches of a batch for one agent count together, in their order (the `k` of routing.md 3.2). */
export class Room {
  readonly #tx: Tx
  readonly #agents: ReadonlyMap<string, AgentFact>
  readonly #taken = new Map<string, number>()

  constructor(tx: Tx, agents: ReadonlyMap<string, AgentFact>) {
    this.#tx = tx
    this.#agents = agents
  }

  /** Whether the agent, as locked, may be given this beside what he was given before; then it counts. */
  take(match: Match): boolean {
    const agent = this.#agents.get(match.agentId)
    if (!agent || !isRoutable(this.#tx, agent, match)) return false
    const key = `${agent.id} ${match.group}`
    const k = (this.#taken.get(key) ?? 0) + 1
    if (!hasRoom(agent, match, k)) return false
    this.#taken.set(key, k)
    return true
  }
}

function isRoutable(tx: Tx, agent: AgentFact, { inboxId, group, pull }: Match): boolean {
  if (agent.status !== "logged_in" || !agent.connected || agent.focused) return false
  if (agent.settingsUntil !== null || !agent.inboxIds.includes(inboxId)) return false
  if (!agent.availableFor.includes(group)) return false
  if (group === "voice") return !isAhead(tx, agent.afterCallWorkUntil) && !isAhead(tx, agent.blockedUntilVoice)
  return group !== "messaging" || pull || !isAhead(tx, agent.blockedUntilMessaging)
}

function isAhead(tx: Tx, until: number | null): boolean {
  return until !== null && until > tx.now.getTime()
}

/** `k`: this would be the agent's k-th of the batch in this group. */
function hasRoom(agent: AgentFact, { group, pull }: Match, k: number): boolean {
  if (group === "voice") return agent.voiceLoad + k <= 1
  if (group === "messaging") return agent.messagingLoad + k <= (pull ? agent.maximumCapacity : agent.standardCapacity)
  return pull || agent.mailCredit >= k
}
