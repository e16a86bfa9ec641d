import type { ChannelGroup } from "../channels.ts"
import { channelGroups } from "../channels.ts"
import {
  becauseOfMatch,
  examplesMax,
  inCodeOrder,
  type OtherMembers,
  type QueueNumbers,
  triedBy,
  whyItWaits,
  whyWaiting,
} from "./because.ts"
import { answerNothing, decideAssigned, decideOffer, decideTwiceMissed, matchDecision } from "./decide.ts"
import { type AgentView, agentInstants, excludedInGroup } from "./eligibility.ts"
import type {
  AgentFact,
  Decision,
  Engine,
  Excluded,
  ExclusionCode,
  HotRefusal,
  Instant,
  MirroredKind,
  MirroredRows,
  QueueItemFact,
  RoutingConfig,
  RoutingEvent,
  WhyWaiting,
} from "./facts.ts"
import { IndexedHeap } from "./heap.ts"
import { type AgentRank, compareAgents, compareIds, compareItems, comparePairs, type Pair } from "./order.ts"
import { type Pull, pullSecondsMax, RoutingState, rowVersion, sortedIds } from "./state.ts"

/**
 * The engine in use. It gives the decisions of plain-engine.ts one by one (engine.oracle.test.ts), but looks only where
 * something changed: waiting items and free agents stand in heaps per Inbox and group, and what happens by time in one
 * heap of instants. An item that arrives while nobody is free costs O(log n), whatever the number of busy agents.
 */
export class FastEngine implements Engine {
  #state: RoutingState
  #buckets = new Map<string, Bucket>()
  /** Buckets that have both an item and a free agent: only there can a pair be. */
  #ready = new Set<Bucket>()
  #bucketOfItem = new Map<string, Bucket>()
  #standings = new Map<string, Standing>()
  #offersToLookAt = new Set<string>()
  #assignedToLookAt = new Set<string>()
  #timers = new IndexedHeap<Timer>((a, b) => a.at - b.at || compareIds(a.id, b.id))

  constructor(config: RoutingConfig) {
    this.#state = new RoutingState(config)
  }

  apply(event: RoutingEvent): void {
    this.#state.apply(event)
  }

  decide(now: Instant, max: number): Decision[] {
    this.#wake(now)
    const decisions: Decision[] = []
    while (decisions.length < max) {
      const next = this.#next(now)
      if (!next) break
      this.#hold(next, now)
      decisions.push(next)
    }
    return decisions
  }

  reserve(item: QueueItemFact, now: Instant): Decision | null {
    this.#wake(now)
    const known = this.#state.items.get(item.id)
    if (known && !this.#state.isWaiting(known)) return null
    const bucket = this.#bucket(item.inboxId, item.group)
    const mine = this.#pairOf(item, bucket, now)
    if (!mine) return null
    const best = this.#best(now)
    if (best && best.item.id !== item.id && comparePairs(best, mine) < 0) return null // that one is decided in its turn
    const decision = this.#match(mine, null, now)
    this.#hold(decision, now)
    return decision
  }

  nextWakeAt(): Instant | null {
    return this.#timers.peek()?.at ?? null
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

  /** In the order of the plain engine: ends of offers, absences, misses, who pressed Next, the best pair. */
  #next(now: Instant): Decision | null {
    return (
      this.#nextOfOffers(now) ??
      this.#nextOfAssigned(now) ??
      this.#nextOfMisses(now) ??
      this.#nextOfPulls(now) ??
      this.#nextPair(now)
    )
  }

  #nextOfOffers(now: Instant): Decision | null {
    for (const id of sortedIds(this.#offersToLookAt)) {
      const offer = this.#state.offers.get(id)
      const decision = offer ? decideOffer(this.#state, offer, now) : null
      this.#offersToLookAt.delete(id)
      if (decision) return decision
    }
    return null
  }

  #nextOfAssigned(now: Instant): Decision | null {
    for (const id of sortedIds(this.#assignedToLookAt)) {
      const conversation = this.#state.assigned.get(id)
      const decision = conversation ? decideAssigned(this.#state, conversation, now) : null
      this.#assignedToLookAt.delete(id)
      if (decision) return decision
    }
    return null
  }

  #nextOfMisses(now: Instant): Decision | null {
    while (this.#state.twiceMissed.length > 0) {
      const decision = decideTwiceMissed(this.#state, now)
      if (decision) return decision
    }
    return null
  }

  #nextOfPulls(now: Instant): Decision | null {
    const state = this.#state
    if (state.pulls.size === 0) return null
    for (const pull of state.pullsInOrder()) {
      const view = state.view(pull.agentId)
      const expiresAt = pull.at + pullSecondsMax * 1000
      if (view?.frozen && now < expiresAt) {
        this.#timers.set({ id: `pull:${pull.requestId}`, at: expiresAt })
        continue
      }
      state.pulls.delete(pull.requestId)
      const best = view && this.#bestForPull(view, now)
      return best ? this.#match(best, pull, now) : answerNothing(state, pull, now)
    }
    return null
  }

  #nextPair(now: Instant): Decision | null {
    const best = this.#best(now)
    return best ? this.#match(best, null, now) : null
  }

  #best(now: Instant): Pair | null {
    let best: Pair | null = null
    for (const bucket of this.#ready) {
      const head = bucket.items.peek()
      for (const item of head ? [head, ...bucket.specials.values()] : bucket.specials.values()) {
        const pair = this.#pairOf(item, bucket, now)
        if (pair && (!best || comparePairs(pair, best) < 0)) best = pair
      }
    }
    return best
  }

  /** The item with the best free agent of its bucket. */
  #pairOf(item: QueueItemFact, bucket: Bucket, now: Instant): Pair | null {
    const agent = this.#state.isSpecial(item.id) ? this.#bestUntried(item, bucket, now) : bestFree(item, bucket)
    return agent ? { item, agent, score: 0 } : null
  }

  #bestUntried(item: QueueItemFact, { free }: Bucket, now: Instant): AgentRank | undefined {
    const eligible = free.rows().map(({ id }) => id)
    return free
      .rows()
      .filter(({ id }) => !triedBy(this.#state, item, id, eligible, now))
      .sort((a, b) => compareAgents(a, b, item.preferredAgentId))[0]
  }

  #bestForPull(view: AgentView, now: Instant): Pair | null {
    const state = this.#state
    const { fact } = view
    const agent = { id: fact.id, load: fact.messagingLoad + view.held.messaging, idleSince: view.idleSince }
    let best: Pair | null = null
    for (const group of channelGroups) {
      if (excludedInGroup(view, group, { now, config: state.config, pull: true })) continue
      for (const inboxId of fact.inboxIds) {
        const bucket = this.#buckets.get(bucketKey(inboxId, group))
        const item = bucket && this.#headForPull(bucket, fact.id, now)
        if (item && (!best || compareItems(item, best.item) < 0)) best = { item, agent, score: 0 }
      }
    }
    return best
  }

  #headForPull({ items, specials, free }: Bucket, agentId: string, now: Instant): QueueItemFact | undefined {
    const eligible = specials.size > 0 ? free.rows().map(({ id }) => id) : []
    const open = [...specials.values()].filter((item) => !triedBy(this.#state, item, agentId, eligible, now))
    const head = items.peek()
    return (head ? [head, ...open] : open).sort(compareItems)[0]
  }

  #match({ item, agent, score }: Pair, pull: Pull | null, now: Instant): Decision {
    const known = { numbers: this.#numbers(item), others: this.#others(item, agent.id, now) }
    const why = becauseOfMatch(this.#state, { item, agentId: agent.id, score }, known, pull !== null, now)
    return matchDecision(this.#state, item, agent.id, pull, why, now)
  }

  /** By the counts that the bucket keeps; only an item that was tried is asked about each free agent. */
  #others(item: QueueItemFact, chosenId: string, now: Instant): OtherMembers {
    const { free, excluded } = this.#bucket(item.inboxId, item.group)
    const counted = [...excluded].flatMap(([code, agents]): Excluded[] => {
      const count = agents.size - (agents.get(chosenId) ? 1 : 0)
      const ids = agents.first(examplesMax + 1).map(({ id }) => id)
      return count > 0 ? [[code, count, ids.filter((id) => id !== chosenId).slice(0, examplesMax)]] : []
    })
    const tried = this.#triedFree(item, free, now).filter((id) => id !== chosenId)
    if (tried.length > 0) counted.push(["tried_before", tried.length, tried.slice(0, examplesMax)])
    const alsoEligible = free.size - (free.get(chosenId) ? 1 : 0) - tried.length
    return { alsoEligible, excluded: inCodeOrder(counted) }
  }

  #triedFree(item: QueueItemFact, free: Bucket["free"], now: Instant): string[] {
    if (!this.#state.isSpecial(item.id)) return []
    const eligible = free.rows().map(({ id }) => id)
    return sortedIds(eligible.filter((id) => triedBy(this.#state, item, id, eligible, now)))
  }

  /** Only items that somebody declined can stand before one that is taken. */
  #numbers(item: QueueItemFact): QueueNumbers {
    const { items, specials } = this.#bucket(item.inboxId, item.group)
    const others = [...specials.values()].filter(({ id }) => id !== item.id)
    const before = others.filter((other) => compareItems(other, item) < 0).length
    const ordinary = items.size - (items.get(item.id) ? 1 : 0)
    return { place: before + 1, queueLength: ordinary + others.length + 1 }
  }

  #hold(decision: Decision, now: Instant): void {
    this.#state.hold(decision, rowVersion(this.#state, decision))
    this.#refresh(now)
  }

  // Keeping the heaps

  #wake(now: Instant): void {
    for (let timer = this.#timers.peek(); timer && timer.at <= now; timer = this.#timers.peek()) {
      this.#timers.delete(timer.id)
      this.#ring(timer.id)
    }
    this.#refresh(now)
  }

  #ring(timerId: string): void {
    const colon = timerId.indexOf(":")
    const id = timerId.slice(colon + 1)
    const { dirty } = this.#state
    switch (timerId.slice(0, colon)) {
      case "agent":
        dirty.agents.add(id)
        break
      case "offer":
        dirty.offers.add(id)
        break
      case "assigned":
        dirty.assigned.add(id)
        break
      case "tried":
        dirty.items.add(id)
        break
    }
  }

  #refresh(now: Instant): void {
    const { dirty } = this.#state
    for (const id of dirty.items) this.#refreshItem(id, now)
    for (const id of dirty.agents) this.#refreshAgent(id, now)
    for (const id of dirty.offers) this.#refreshOffer(id, now)
    for (const id of dirty.assigned) this.#refreshAssigned(id, now)
    for (const set of Object.values(dirty)) set.clear()
  }

  #refreshItem(id: string, now: Instant): void {
    const former = this.#bucketOfItem.get(id)
    if (former) {
      former.items.delete(id)
      former.specials.delete(id)
      this.#bucketOfItem.delete(id)
      this.#note(former)
    }
    this.#timers.delete(`tried:${id}`)
    const item = this.#state.items.get(id)
    if (!item || !this.#state.isWaiting(item)) return
    const bucket = this.#bucket(item.inboxId, item.group)
    this.#bucketOfItem.set(id, bucket)
    if (this.#state.isSpecial(id)) {
      bucket.specials.set(id, item)
      const instants = [...this.#state.triedInstants(id), ...this.#state.refusedInstants("item", id)]
      this.#setTimer(`tried:${id}`, instants, now)
    } else {
      bucket.items.set(item)
    }
    this.#note(bucket)
  }

  #refreshAgent(id: string, now: Instant): void {
    const view = this.#state.view(id)
    if (!view) return
    const asking = { now, config: this.#state.config, pull: false }
    const { inboxIds } = view.fact
    const codes = channelGroups.map((group) => excludedInGroup(view, group, asking))
    const rank = { id, load: view.fact.messagingLoad + view.held.messaging, idleSince: view.idleSince }
    const former = this.#standings.get(id)
    const stays = former !== undefined && isSameList(former.inboxIds, inboxIds)
    const sameRank = former?.rank.load === rank.load && former.rank.idleSince === rank.idleSince
    for (const [n, group] of channelGroups.entries()) {
      const code = codes[n] ?? null
      const was = former?.codes[n] ?? null
      if (stays && code === was && (code !== null || sameRank)) continue
      if (former && !(stays && code === was)) this.#leave(former.inboxIds, group, was, id)
      this.#enter(inboxIds, group, code, rank)
    }
    this.#standings.set(id, { inboxIds, codes, rank })
    this.#setTimer(`agent:${id}`, agentInstants(view.fact), now)
  }

  #leave(inboxIds: readonly string[], group: ChannelGroup, code: ExclusionCode | null, agentId: string): void {
    for (const inboxId of inboxIds) {
      const bucket = this.#bucket(inboxId, group)
      if (code !== null) excludedBy(bucket, code).delete(agentId)
      else {
        bucket.free.delete(agentId)
        this.#note(bucket)
      }
    }
  }

  #enter(inboxIds: readonly string[], group: ChannelGroup, code: ExclusionCode | null, rank: AgentRank): void {
    for (const inboxId of inboxIds) {
      const bucket = this.#bucket(inboxId, group)
      if (code !== null) excludedBy(bucket, code).set({ id: rank.id })
      else {
        bucket.free.set(rank)
        this.#note(bucket)
      }
    }
  }

  #refreshOffer(id: string, now: Instant): void {
    const offer = this.#state.offers.get(id)
    if (!offer) {
      this.#timers.delete(`offer:${id}`)
      this.#offersToLookAt.delete(id)
      return
    }
    this.#setTimer(`offer:${id}`, [offer.deadlineAt, ...this.#state.refusedInstants("offer", id)], now)
    this.#offersToLookAt.add(id)
  }

  #refreshAssigned(id: string, now: Instant): void {
    const conversation = this.#state.assigned.get(id)
    const ends = conversation ? this.#state.graceEndsAt(conversation) : null
    const instants = ends === null ? [] : [ends, ...this.#state.refusedInstants("assigned", id)]
    this.#setTimer(`assigned:${id}`, instants, now)
    if (ends !== null && ends <= now) this.#assignedToLookAt.add(id)
    else this.#assignedToLookAt.delete(id)
  }

  #setTimer(id: string, instants: readonly Instant[], now: Instant): void {
    const ahead = instants.filter((instant) => instant > now)
    if (ahead.length === 0) this.#timers.delete(id)
    else this.#timers.set({ id, at: Math.min(...ahead) })
  }

  #bucket(inboxId: string, group: ChannelGroup): Bucket {
    const key = bucketKey(inboxId, group)
    const known = this.#buckets.get(key)
    if (known) return known
    const bucket: Bucket = {
      items: new IndexedHeap(compareItems),
      specials: new Map(),
      free: new IndexedHeap((a, b) => compareAgents(a, b, null)),
      excluded: new Map(),
    }
    this.#buckets.set(key, bucket)
    return bucket
  }

  #note(bucket: Bucket): void {
    const isReady = bucket.free.size > 0 && bucket.items.size + bucket.specials.size > 0
    if (isReady) this.#ready.add(bucket)
    else this.#ready.delete(bucket)
  }
}

/** Of one Inbox and group. `specials` were declined, missed or refused by somebody: few, and judged pair by pair. */
type Bucket = {
  items: IndexedHeap<QueueItemFact>
  specials: Map<string, QueueItemFact>
  free: IndexedHeap<AgentRank>
  /** The members who are not free, by the clause that excludes them. */
  excluded: Map<ExclusionCode, IndexedHeap<{ id: string }>>
}

/** How an agent stands in the buckets of his inboxes: for each group free (null), or excluded by a clause. */
type Standing = { inboxIds: readonly string[]; codes: readonly (ExclusionCode | null)[]; rank: AgentRank }

function excludedBy({ excluded }: Bucket, code: ExclusionCode): IndexedHeap<{ id: string }> {
  const known = excluded.get(code) ?? new IndexedHeap<{ id: string }>((a, b) => compareIds(a.id, b.id))
  excluded.set(code, known)
  return known
}

/** id: `agent:`, `offer:`, `assigned:`, `tried:` (an item) or `pull:` and the id of whom it concerns. */
type Timer = { id: string; at: Instant }

function bucketKey(inboxId: string, group: ChannelGroup): string {
  return `${group}:${inboxId}`
}

/** The preferred agent comes first among the least loaded (routing.md 1.7). */
function bestFree(item: QueueItemFact, { free }: Bucket): AgentRank | undefined {
  const head = free.peek()
  const preferred = item.preferredAgentId === null ? undefined : free.get(item.preferredAgentId)
  return head && preferred && preferred.load === head.load ? preferred : head
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((value, n) => value === b[n]))
}
