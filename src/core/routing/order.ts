import type { Instant } from "./facts.ts"
import type { QueueItemFact } from "./facts.ts"
import { tierOfGroup } from "../channels.ts"

/** The one order of work (spec 6.2, 6.3): every comparison ends with an id, so that a replay gives equal output. */

export type AgentRank = { id: string; load: number; idleSince: Instant }
export type Pair = { item: QueueItemFact; agent: AgentRank; score: number }

export function comparePairs(a: Pair, b: Pair): number {
  return (
    tierOfGroup[a.item.group] - tierOfGroup[b.item.group] ||
    b.score - a.score ||
    compareItemsOfTier(a.item, b.item) ||
    compareAgents(a.agent, b.agent, a.item.preferredAgentId)
  )
}

export function compareItems(a: QueueItemFact, b: QueueItemFact): number {
  return tierOfGroup[a.group] - tierOfGroup[b.group] || compareItemsOfTier(a, b)
}

/** Earliest due first puts overdue work first by itself. */
function compareItemsOfTier(a: QueueItemFact, b: QueueItemFact): number {
  return compareDue(a.dueAt, b.dueAt) || a.firstQueuedAt - b.firstQueuedAt || compareIds(a.id, b.id)
}

function compareDue(a: Instant | null, b: Instant | null): number {
  if (a === b) return 0
  if (a === null) return 1
  return b === null ? -1 : a - b
}

/** Fewest active messaging contacts, the preferred agent, longest idle. */
export function compareAgents(a: AgentRank, b: AgentRank, preferredAgentId: string | null): number {
  return (
    a.load - b.load ||
    Number(b.id === preferredAgentId) - Number(a.id === preferredAgentId) ||
    a.idleSince - b.idleSince ||
    compareIds(a.id, b.id)
  )
}

export function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
