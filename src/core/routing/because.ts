import { excludedBy } from "./eligibility.ts"
import type { Because, Excluded, ExclusionCode, Instant, QueueItemFact, WhyWaiting } from "./facts.ts"
import { compareIds, compareItems } from "./order.ts"
import { type RoutingState, sortedIds } from "./state.ts"

/** The reasons of a decision, as codes and numbers, taken at the moment of deciding (routing.md 4). */

/** Whoever asks why an item waits sees each member up to so many; above, examples and numbers. */
const membersListedMax = 50
export const examplesMax = 5

export type ChosenPair = { item: QueueItemFact; agentId: string; score: number }
export type QueueNumbers = { place: number; queueLength: number }
/** What is said of the members who were not chosen. */
export type OtherMembers = { alsoEligible: number; excluded: Excluded[] }

export function becauseOfMatch(
  state: RoutingState,
  { item, agentId, score }: ChosenPair,
  { numbers, others }: { numbers: QueueNumbers; others: OtherMembers },
  pull: boolean,
  now: Instant,
): Because {
  const view = state.view(agentId)
  return {
    rule: pull ? "pull" : "best_pair",
    configVersion: state.config.version,
    match: {
      score,
      decidedAt: now,
      ...numbers,
      chosen: {
        load: view ? view.fact.messagingLoad + view.held.messaging : 0,
        capacity: view && item.group === "messaging" ? capacityOf(view.fact, pull) : null,
        idleSince: view && view.idleSince > 0 ? view.idleSince : null,
      },
      alsoEligible: others.alsoEligible,
      members: state.members.get(item.inboxId)?.size ?? 0,
      excluded: others.excluded,
    },
  }
}

function capacityOf(agent: { standardCapacity: number; maximumCapacity: number }, pull: boolean): number {
  return pull ? agent.maximumCapacity : agent.standardCapacity
}

type Judged = { agentId: string; excludedBy: ExclusionCode | null }

/** Every member of the item's Inbox with the first clause that excludes him from being pushed to. */
export function judgeMembers(state: RoutingState, item: QueueItemFact, now: Instant): Judged[] {
  const asking = { now, config: state.config, pull: false }
  const judged = sortedIds(state.members.get(item.inboxId)).map((agentId): Judged => {
    const view = state.view(agentId)
    return { agentId, excludedBy: view ? excludedBy(view, item.inboxId, item.group, asking) : "not_member" }
  })
  if (!state.isSpecial(item.id)) return judged
  const eligible = judged.filter((each) => each.excludedBy === null).map((each) => each.agentId)
  return judged.map((each) =>
    each.excludedBy === null ? { ...each, excludedBy: triedBy(state, item, each.agentId, eligible, now) } : each,
  )
}

/** The clause of the pair. `eligible` are all who pass the other clauses. */
export function triedBy(
  state: RoutingState,
  item: QueueItemFact,
  agentId: string,
  eligible: readonly string[],
  now: Instant,
): ExclusionCode | null {
  if (state.isRefusedPair(item, agentId, now)) return "tried_before"
  const others = eligible.filter((id) => id !== agentId)
  return state.isTried(item.id, agentId, others, now) ? "tried_before" : null
}

/** By looking at every member: how it is meant. The engine in use keeps count instead (engine.ts). */
export function countOthers(state: RoutingState, { item, agentId }: ChosenPair, now: Instant): OtherMembers {
  const groups = new Map<ExclusionCode, string[]>()
  let alsoEligible = 0
  for (const each of judgeMembers(state, item, now)) {
    if (each.agentId === agentId) continue
    if (each.excludedBy === null) alsoEligible += 1
    else groups.set(each.excludedBy, [...(groups.get(each.excludedBy) ?? []), each.agentId])
  }
  const excluded = [...groups].map(([code, ids]): Excluded => [code, ids.length, ids.slice(0, examplesMax)])
  return { alsoEligible, excluded: inCodeOrder(excluded) }
}

export function inCodeOrder(excluded: Excluded[]): Excluded[] {
  return excluded.sort(([a], [b]) => compareIds(a, b))
}

/** Where an item stands among the waiting ones of its Inbox and group. */
export function queueNumbers(item: QueueItemFact, waiting: Iterable<QueueItemFact>): QueueNumbers {
  let place = 1
  let queueLength = 1
  for (const other of waiting) {
    if (other.id === item.id || other.inboxId !== item.inboxId || other.group !== item.group) continue
    queueLength += 1
    if (compareItems(other, item) < 0) place += 1
  }
  return { place, queueLength }
}

export function whyWaiting(state: RoutingState, itemId: string, now: Instant): WhyWaiting | null {
  const item = state.items.get(itemId)
  return item ? whyItWaits(state, item, now) : null
}

/** Also of an item that nobody has queued: where it would stand, and who could take it. */
export function whyItWaits(state: RoutingState, item: QueueItemFact, now: Instant): WhyWaiting {
  const judged = judgeMembers(state, item, now)
  const waiting = [...state.items.values()].filter((each) => each.id !== item.id && state.isWaiting(each))
  const { id, inboxId, group } = item
  return {
    itemId: id,
    inboxId,
    group,
    state: state.isHeld("item", id) ? "being_assigned" : item.state === "offered" ? "offered" : "waiting",
    ...queueNumbers(item, waiting),
    members: judged.length,
    candidates: judged.length > membersListedMax ? examples(judged) : judged,
    excludedCounts: counts(judged),
  }
}

function examples(judged: readonly Judged[]): Judged[] {
  const shown = new Map<ExclusionCode | null, number>()
  return judged.filter(({ excludedBy: code }) => {
    const before = shown.get(code) ?? 0
    shown.set(code, before + 1)
    return before < examplesMax
  })
}

function counts(judged: readonly Judged[]): WhyWaiting["excludedCounts"] {
  const result: WhyWaiting["excludedCounts"] = {}
  for (const { excludedBy: code } of judged) if (code) result[code] = (result[code] ?? 0) + 1
  return result
}
