import { becauseOfMatch, countOthers, queueNumbers, triedBy, whyItWaits, whyWaiting } from "./because.ts"
import { answerNothing, decideAssigned, decideOffer, decideTwiceMissed, matchDecision } from "./decide.ts"
import { agentInstants, excludedBy } from "./eligibility.ts"
import type {
  AgentFact,
  Decision,
  Engine,
  HotRefusal,
  Instant,
  MirroredKind,
  MirroredRows,
  QueueItemFact,
  RoutingConfig,
  RoutingEvent,
  WhyWaiting,
} from "./facts.ts"
import { compareIds, comparePairs, type Pair } from "./order.ts"
import { type Pull, pullSecondsMax, RoutingState, rowVersion } from "./state.ts"

/**
 * The slow and obvious engine: each decision looks at everything anew and sorts all pairs. It is the model against
 * which the fast one is tested, and it is right for a handful of agents.
 */
export class PlainEngine implements Engine {
  #state: RoutingState
  #now: Instant = 0

  constructor(config: RoutingConfig) {
    this.#state = new RoutingState(config)
  }

  apply(event: RoutingEvent): void {
    this.#state.apply(event)
  }

  decide(now: Instant, max: number): Decision[] {
    this.#now = now
    const decisions: Decision[] = []
    while (decisions.length < max) {
      const next = this.#next(now)
      if (!next) break
      this.#hold(next)
      decisions.push(next)
    }
    return decisions
  }

  reserve(item: QueueItemFact, now: Instant): Decision | null {
    this.#now = now
    const known = this.#state.items.get(item.id)
    if (known && !this.#state.isWaiting(known)) return null
    const best = this.#pairs(now, [item]).sort(comparePairs)[0]
    if (!best || best.item.id !== item.id) return null // something else comes first: it is decided in its turn
    const decision = this.#match(best, null, now)
    this.#hold(decision)
    return decision
  }

  nextWakeAt(): Instant | null {
    const ahead = this.#instants().filter((instant) => instant > this.#now)
    return ahead.length === 0 ? null : Math.min(...ahead)
  }

  explain(itemId: string, now: Instant): WhyWaiting | null {
    return whyWaiting(this.#state, itemId, now)
  }

  foresee(item: QueueItemFact, now: Instant): WhyWaiting {
    return whyItWaits(this.#state, item, now)
  }

  sample(): MirroredRows {
    return this.#state.sample()
  }

  versionOf(kind: MirroredKind, id: string): number {
    return this.#state.versionOf(kind, id)
  }

  agentOf(id: string): { fact: AgentFact; holds: number } | null {
    return this.#state.agentOf(id)
  }

  takeHotRefusals(): HotRefusal[] {
    return this.#state.takeHotRefusals()
  }

  /** Ends of offers, then absences and misses, then who pressed Next, then the best pair. */
  #next(now: Instant): Decision | null {
    const state = this.#state
    for (const offer of byId(state.offers.values())) {
      const decision = decideOffer(state, offer, now)
      if (decision) return decision
    }
    for (const conversation of byId(state.assigned.values())) {
      const decision = decideAssigned(state, conversation, now)
      if (decision) return decision
    }
    while (state.twiceMissed.length > 0) {
      const decision = decideTwiceMissed(state, now)
      if (decision) return decision
    }
    for (const pull of state.pullsInOrder()) {
      const decision = this.#pull(pull, now)
      if (decision) return decision
    }
    const best = this.#pairs(now).sort(comparePairs)[0]
    return best ? this.#match(best, null, now) : null
  }

  #pull(pull: Pull, now: Instant): Decision | null {
    const state = this.#state
    const frozen = state.view(pull.agentId)?.frozen ?? false
    if (frozen && now < pull.at + pullSecondsMax * 1000) return null
    state.pulls.delete(pull.requestId)
    const best = this.#pullPairs(pull.agentId, now).sort(comparePairs)[0]
    return best ? this.#match(best, pull, now) : answerNothing(state, pull, now)
  }

  /** All pairs of a waiting item (and the given ones) and an agent who may have it now. */
  #pairs(now: Instant, more: readonly QueueItemFact[] = []): Pair[] {
    const waiting = this.#waiting().filter((item) => !more.some(({ id }) => id === item.id))
    return [...waiting, ...more].flatMap((item) => {
      const eligible = this.#eligible(item, now)
      const passed = eligible.filter((id) => !triedBy(this.#state, item, id, eligible, now))
      return passed.map((agentId) => this.#pair(item, agentId))
    })
  }

  #pullPairs(agentId: string, now: Instant): Pair[] {
    const view = this.#state.view(agentId)
    if (!view) return []
    const asking = { now, config: this.#state.config, pull: true }
    return this.#waiting()
      .filter((item) => !excludedBy(view, item.inboxId, item.group, asking))
      .filter((item) => !triedBy(this.#state, item, agentId, this.#eligible(item, now), now))
      .map((item) => this.#pair(item, agentId))
  }

  #pair(item: QueueItemFact, agentId: string): Pair {
    const view = this.#state.view(agentId)
    if (!view) throw new Error(`No facts of agent ${agentId}`)
    const load = view.fact.messagingLoad + view.held.messaging
    return { item, agent: { id: agentId, load, idleSince: view.idleSince }, score: 0 }
  }

  #waiting(): QueueItemFact[] {
    return [...this.#state.items.values()].filter((item) => this.#state.isWaiting(item))
  }

  #eligible(item: QueueItemFact, now: Instant): string[] {
    const asking = { now, config: this.#state.config, pull: false }
    return [...this.#state.agents.keys()].filter((agentId) => {
      const view = this.#state.view(agentId)
      return view && !excludedBy(view, item.inboxId, item.group, asking)
    })
  }

  #match({ item, agent, score }: Pair, pull: Pull | null, now: Instant): Decision {
    const pair = { item, agentId: agent.id, score }
    const known = { numbers: queueNumbers(item, this.#waiting()), others: countOthers(this.#state, pair, now) }
    const why = becauseOfMatch(this.#state, pair, known, pull !== null, now)
    return matchDecision(this.#state, item, agent.id, pull, why, now)
  }

  #hold(decision: Decision): void {
    this.#state.hold(decision, rowVersion(this.#state, decision))
  }

  #instants(): Instant[] {
    const state = this.#state
    return [
      ...[...state.offers.values()].map(({ deadlineAt }) => deadlineAt),
      ...[...state.agents.values()].flatMap(agentInstants),
      ...[...state.assigned.values()].flatMap((conversation) => state.graceEndsAt(conversation) ?? []),
      ...this.#waiting().flatMap(({ id }) => [...state.triedInstants(id), ...state.refusedInstants("item", id)]),
      ...[...state.offers.keys()].flatMap((id) => state.refusedInstants("offer", id)),
      ...[...state.assigned.keys()].flatMap((id) => state.refusedInstants("assigned", id)),
      ...[...state.pulls.values()].map(({ at }) => at + pullSecondsMax * 1000),
    ]
  }
}

function byId<Row extends { id: string }>(rows: Iterable<Row>): Row[] {
  return [...rows].sort((a, b) => compareIds(a.id, b.id))
}
