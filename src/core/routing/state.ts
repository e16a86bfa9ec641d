import type { ChannelGroup } from "../channels.ts"
import type { AgentView } from "./eligibility.ts"
import type {
  AgentFact,
  AssignedFact,
  CommitOutcome,
  Decision,
  DecisionId,
  HotRefusal,
  Instant,
  MirroredKind,
  MirroredRows,
  OfferFact,
  QueueItemFact,
  RoutingConfig,
  RoutingEvent,
} from "./facts.ts"
import { compareIds } from "./order.ts"
import { Sampler } from "./sampler.ts"
import { Tombstones } from "./tombstones.ts"
import { Tries } from "./tries.ts"

/**
 * What an engine knows: the rows that the database has confirmed, newest version of each, and on top the holds of
 * decisions whose commit has not been answered (routing.md 3.5). How the next decision is found is the engines' matter.
 */

export type Hold = {
  decision: Decision
  /** Versions that the decision was made from; 0 for a row that did not exist yet. */
  rowVersion: number
  agentVersion: number
  /** Committed; goes when the rows have arrived. */
  accepted: boolean
  unknown: boolean
  /** Newer versions than those have arrived. */
  rowSeen: boolean
  agentSeen: boolean
}

/** `times`: in a row, at these versions. */
type Refused = { rowVersion: number; agentVersion: number; until: Instant; times: number }

export type Pull = { requestId: string; agentId: string; at: Instant }

const missesMax = 2
/** A refused pair is proposed again at equal versions only after so long: the guard may know what no row says, a clock. */
const refusedSeconds = 1
/** Three refusals at equal versions, a second apart, are no race any more (routing.md 3.5). */
const refusalsMax = 3
/** The audit sees all rows in so many calls, small numbers sooner. */
const sampleParts = 100
const sampleMin = 20
/** A pull that could not be tried because its agent is frozen is answered "nothing yet". */
export const pullSecondsMax = 2

export class RoutingState {
  config: RoutingConfig
  readonly items = new Map<string, QueueItemFact>()
  readonly agents = new Map<string, AgentFact>()
  /** Pending ones only. */
  readonly offers = new Map<string, OfferFact>()
  readonly offersOfAgent = new Map<string, Set<string>>()
  readonly offersOfItem = new Map<string, Set<string>>()
  readonly members = new Map<string, Set<string>>()
  /** Conversations that wait for an answer of the agent who has them. */
  readonly assigned = new Map<string, AssignedFact>()
  readonly assignedOfAgent = new Map<string, Set<string>>()
  readonly pulls = new Map<string, Pull>()
  /** Agents who missed twice in a row, to be switched off. */
  readonly twiceMissed: { agentId: string; group: ChannelGroup }[] = []
  /** What changed since an engine last looked. */
  readonly dirty = {
    items: new Set<string>(),
    agents: new Set<string>(),
    offers: new Set<string>(),
    assigned: new Set<string>(),
  }

  #holds = new Map<DecisionId, Hold>()
  #holdsOfAgent = new Map<string, Set<DecisionId>>()
  /** Keyed by what is held: `item:`, `offer:`, `assigned:` + id. */
  #holdOf = new Map<string, DecisionId>()
  #refused = new Map<string, Map<string, Refused>>()
  #hotRefusals: HotRefusal[] = []
  #samplers: { [kind in keyof MirroredRows]: Sampler<MirroredRows[kind][number]> } = {
    items: new Sampler(this.items),
    agents: new Sampler(this.agents),
    offers: new Sampler(this.offers),
    assigned: new Sampler(this.assigned),
  }
  #tries = new Tries()
  #misses = new Map<string, number>()
  #textItems = new Map<string, Set<string>>()
  #gone = new Tombstones()
  /** The latest instant heard of: events themselves may come late. */
  #latest: Instant = 0
  #lastDecisionId = 0

  constructor(config: RoutingConfig) {
    this.config = config
  }

  apply(event: RoutingEvent): void {
    this.#latest = Math.max(this.#latest, event.at)
    if (event.type === "item_changed") this.#applyItem(event.item)
    else if (event.type === "agent_changed") this.#applyAgent(event.agent)
    else if (event.type === "offer_changed") this.#applyOffer(event.offer, event.at)
    else if (event.type === "assigned_changed") this.#applyAssigned(event.conversation)
    else if (event.type === "commit_answered") this.#answer(event.decisionId, event.outcome, event.at)
    else if (event.type === "configured") this.#configure(event.config)
    else if (event.type === "pull_requested") {
      this.#applyPull({ requestId: event.requestId, agentId: event.agentId, at: event.at })
    }
  }

  nextDecisionId(): DecisionId {
    this.#lastDecisionId += 1
    return this.#lastDecisionId
  }

  // Questions

  view(agentId: string): AgentView | null {
    const fact = this.agents.get(agentId)
    if (!fact) return null
    const view: AgentView = {
      fact,
      held: { voice: 0, messaging: 0, mail: 0 },
      switchedOff: [],
      delayed: this.config.routingDelaySeconds > 0 && this.#isOffered(agentId, "messaging"),
      frozen: false,
      idleSince: fact.lastAssignedAt ?? 0,
    }
    for (const id of this.#holdsOfAgent.get(agentId) ?? []) {
      const hold = this.#holds.get(id)
      if (hold) this.#addHold(view, hold)
    }
    return view
  }

  #isOffered(agentId: string, group: ChannelGroup): boolean {
    for (const id of this.offersOfAgent.get(agentId) ?? []) if (this.offers.get(id)?.group === group) return true
    return false
  }

  isWaiting(item: QueueItemFact): boolean {
    return item.state === "waiting" && !this.#holdOf.has(`item:${item.id}`)
  }

  isHeld(kind: "item" | "offer" | "assigned", id: string): boolean {
    return this.#holdOf.has(`${kind}:${id}`)
  }

  /** Refused at these versions just now, so that nothing is proposed and refused in a hot loop. */
  isRefusedPair(item: QueueItemFact, agentId: string, now: Instant): boolean {
    const refused = this.#refused.get(`item:${item.id}`)?.get(agentId)
    if (!refused || refused.until <= now) return false
    return refused.rowVersion === item.version && refused.agentVersion === this.agents.get(agentId)?.version
  }

  isRefusedRow(kind: "offer" | "assigned", id: string, version: number, now: Instant): boolean {
    const refused = this.#refused.get(`${kind}:${id}`)?.get("")
    return refused?.rowVersion === version && refused.until > now
  }

  /** When what was refused may be proposed again. */
  refusedInstants(kind: "item" | "offer" | "assigned", id: string): Instant[] {
    return [...(this.#refused.get(`${kind}:${id}`)?.values() ?? [])].map(({ until }) => until)
  }

  /** Has somebody declined, missed or been refused this item? Only then its pairs must be looked at one by one. */
  isSpecial(itemId: string): boolean {
    return this.#tries.has(itemId) || this.#refused.has(`item:${itemId}`)
  }

  /** `others`: who could have it, this agent not counted. */
  isTried(itemId: string, agentId: string, others: readonly string[], now: Instant): boolean {
    return this.#tries.isSkipped(itemId, agentId, others, this.config.declineDelaySeconds, now)
  }

  triedInstants(itemId: string): Instant[] {
    return this.#tries.instants(itemId, this.config.declineDelaySeconds)
  }

  pullsInOrder(): Pull[] {
    return [...this.pulls.values()].sort((a, b) => a.at - b.at || compareIds(a.requestId, b.requestId))
  }

  hasLiveTextItem(conversationId: string): boolean {
    return this.#textItems.has(conversationId)
  }

  /** When the work of an absent agent is taken back; null: he is there, or it is queued already. */
  graceEndsAt(conversation: AssignedFact): Instant | null {
    const { agentId, awaitingSince, group } = conversation
    if (agentId === null || awaitingSince === null || this.hasLiveTextItem(conversation.id)) return null
    const agent = this.agents.get(agentId)
    if (agent && agent.status === "logged_in" && agent.connected) return null
    const since = Math.max(agent?.absentSince ?? awaitingSince, awaitingSince)
    return since + this.config.absentGraceSeconds[group] * 1000
  }

  versionOf(kind: MirroredKind, id: string): number {
    const held = { item: this.items, agent: this.agents, offer: this.offers, assigned: this.assigned }[kind].get(id)
    return held?.version ?? this.#gone.versionOf(`${kind}:${id}`) ?? 0
  }

  agentOf(id: string): { fact: AgentFact; holds: number } | null {
    const fact = this.agents.get(id)
    return fact ? { fact, holds: this.#holdsOfAgent.get(id)?.size ?? 0 } : null
  }

  sample(): MirroredRows {
    return {
      items: this.#samplers.items.next(sampleParts, sampleMin),
      agents: this.#samplers.agents.next(sampleParts, sampleMin),
      offers: this.#samplers.offers.next(sampleParts, sampleMin),
      assigned: this.#samplers.assigned.next(sampleParts, sampleMin),
    }
  }

  takeHotRefusals(): HotRefusal[] {
    return this.#hotRefusals.splice(0)
  }

  /** The voice seat is a call, not an offer that still rings. */
  isOnCall(agent: AgentFact): boolean {
    if (agent.voiceLoad === 0) return false
    const offers = [...(this.offersOfAgent.get(agent.id) ?? [])]
    return !offers.some((id) => this.offers.get(id)?.group === "voice")
  }

  // Holds

  hold(decision: Decision, rowVersion: number): void {
    const agentVersion = this.agents.get(decision.agentId)?.version ?? 0
    const open = { accepted: false, unknown: false, rowSeen: false, agentSeen: false }
    this.#holds.set(decision.id, { decision, rowVersion, agentVersion, ...open })
    add(this.#holdsOfAgent, decision.agentId, decision.id)
    const key = keyOf(decision)
    if (key) this.#holdOf.set(key, decision.id)
    this.#markHeld(decision)
  }

  #addHold(view: AgentView, { decision, unknown }: Hold): void {
    if (unknown) view.frozen = true
    if (decision.type === "unavailable") view.switchedOff.push(decision.group)
    if (decision.type !== "offer" && decision.type !== "assign") return
    if (decision.group !== "mail" || !decision.pull) view.held[decision.group] += 1
    const pushed = decision.group === "messaging" && !(decision.type === "assign" && decision.pull)
    if (pushed && this.config.routingDelaySeconds > 0) view.delayed = true
    view.idleSince = Math.max(view.idleSince, decision.at)
  }

  #answer(decisionId: DecisionId, outcome: CommitOutcome, at: Instant): void {
    const hold = this.#holds.get(decisionId)
    if (!hold) return
    hold.accepted = outcome === "accepted"
    hold.unknown = outcome === "unknown"
    this.#markHeld(hold.decision)
    if (hold.unknown) return
    if (hold.accepted) this.#releaseWhenSeen(decisionId, hold)
    else {
      this.#release(hold.decision)
      if (outcome === "refused") this.#noteRefusal(hold, at)
      this.#restorePull(hold.decision)
      // Nothing was written: the agent is still switched on.
      const { decision } = hold
      if (outcome === "dropped" && decision.type === "unavailable")
        this.twiceMissed.push({ agentId: decision.agentId, group: decision.group })
    }
  }

  /** An accepted decision holds until the rows that it changed are here: until then the older rows would mislead. */
  #releaseWhenSeen(id: DecisionId, hold: Hold): void {
    if (!this.#holds.has(id)) return
    const { decision, rowVersion, agentVersion } = hold
    const changesAgent = decision.type === "offer" || decision.type === "assign" || decision.type === "unavailable"
    hold.rowSeen ||= !keyOf(decision) || this.#versionHeld(decision) > rowVersion
    hold.agentSeen ||= !changesAgent || (this.agents.get(decision.agentId)?.version ?? 0) > agentVersion
    if (hold.accepted && hold.rowSeen && hold.agentSeen) this.#release(decision)
  }

  #versionHeld(decision: Decision): number {
    switch (decision.type) {
      case "offer":
      case "assign":
        return this.items.get(decision.itemId)?.version ?? this.#gone.versionOf(`item:${decision.itemId}`) ?? 0
      case "miss":
      case "withdraw":
        return this.offers.get(decision.offerId)?.version ?? this.#gone.versionOf(`offer:${decision.offerId}`) ?? 0
      case "requeue_absent": {
        const { conversationId: id } = decision
        return this.assigned.get(id)?.version ?? this.#gone.versionOf(`assigned:${id}`) ?? 0
      }
      default:
        return 0
    }
  }

  #release(decision: Decision): void {
    this.#holds.delete(decision.id)
    remove(this.#holdsOfAgent, decision.agentId, decision.id)
    const key = keyOf(decision)
    if (key && this.#holdOf.get(key) === decision.id) this.#holdOf.delete(key)
    this.#markHeld(decision)
  }

  #markHeld(decision: Decision): void {
    this.dirty.agents.add(decision.agentId)
    if ("itemId" in decision) this.dirty.items.add(decision.itemId)
    if ("offerId" in decision) this.dirty.offers.add(decision.offerId)
    if ("conversationId" in decision) this.dirty.assigned.add(decision.conversationId)
  }

  #noteRefusal({ decision, rowVersion, agentVersion }: Hold, at: Instant): void {
    const key = keyOf(decision)
    if (!key) return
    const isMatch = decision.type === "offer" || decision.type === "assign"
    if (isMatch && !this.items.has(decision.itemId)) return // a reservation whose item never came to be
    const refused = this.#refused.get(key) ?? new Map<string, Refused>()
    const who = isMatch ? decision.agentId : ""
    const former = refused.get(who)
    const again = former?.rowVersion === rowVersion && former.agentVersion === agentVersion
    const times = again ? former.times + 1 : 1
    refused.set(who, { rowVersion, agentVersion, until: at + refusedSeconds * 1000, times })
    this.#refused.set(key, refused)
    const { type, agentId } = decision
    if (times === refusalsMax) this.#hotRefusals.push({ decision: type, id: key.slice(key.indexOf(":") + 1), agentId })
  }

  #restorePull(decision: Decision): void {
    if (!("requestId" in decision) || decision.requestId === null) return
    const { requestId, agentId, at } = decision
    this.pulls.set(requestId, { requestId, agentId, at })
  }

  // Facts

  #applyItem(item: QueueItemFact): void {
    if (!this.#isNewer(`item:${item.id}`, item.version, this.items.get(item.id)?.version)) return
    const live = item.state === "waiting" || item.state === "offered"
    if (live) this.items.set(item.id, item)
    else this.#forgetItem(item)
    if (item.lane === "text") {
      if (live) add(this.#textItems, item.conversationId, item.id)
      else remove(this.#textItems, item.conversationId, item.id)
      this.dirty.assigned.add(item.conversationId)
    }
    this.dirty.items.add(item.id)
    for (const offerId of this.offersOfItem.get(item.id) ?? []) this.dirty.offers.add(offerId)
    this.#releaseHoldOf(`item:${item.id}`)
  }

  #forgetItem(item: QueueItemFact): void {
    this.items.delete(item.id)
    this.#tries.forget(item.id)
    this.#refused.delete(`item:${item.id}`)
    this.#gone.bury(`item:${item.id}`, item.version, this.#latest)
  }

  #applyAgent(agent: AgentFact): void {
    const former = this.agents.get(agent.id)
    if (former && agent.version <= former.version) return
    for (const inboxId of former?.inboxIds ?? []) remove(this.members, inboxId, agent.id)
    for (const inboxId of agent.inboxIds) add(this.members, inboxId, agent.id)
    this.agents.set(agent.id, agent)
    this.#markAgent(agent.id)
    if (!former || !isAsPresent(former, agent))
      for (const id of this.assignedOfAgent.get(agent.id) ?? []) this.dirty.assigned.add(id)
    for (const id of [...(this.#holdsOfAgent.get(agent.id) ?? [])]) {
      const hold = this.#holds.get(id)
      if (hold) this.#releaseWhenSeen(id, hold)
    }
  }

  /** An agent's change concerns his pending offers too; his assigned work only where he comes or goes. */
  #markAgent(agentId: string): void {
    this.dirty.agents.add(agentId)
    for (const offerId of this.offersOfAgent.get(agentId) ?? []) this.dirty.offers.add(offerId)
  }

  #applyOffer(offer: OfferFact, at: Instant): void {
    const former = this.offers.get(offer.id)
    if (!this.#isNewer(`offer:${offer.id}`, offer.version, former?.version)) return
    if (offer.state === "pending") {
      this.offers.set(offer.id, offer)
      add(this.offersOfAgent, offer.agentId, offer.id)
      add(this.offersOfItem, offer.itemId, offer.id)
    } else {
      this.offers.delete(offer.id)
      remove(this.offersOfAgent, offer.agentId, offer.id)
      remove(this.offersOfItem, offer.itemId, offer.id)
      this.#refused.delete(`offer:${offer.id}`)
      this.#gone.bury(`offer:${offer.id}`, offer.version, this.#latest)
      this.#noteEnd(offer, at, former !== undefined)
    }
    this.dirty.offers.add(offer.id)
    this.dirty.items.add(offer.itemId)
    this.#markAgent(offer.agentId)
    this.#releaseHoldOf(`offer:${offer.id}`)
  }

  /** `wasPending`: the end was seen happening. Ends read at a rebuild are tries, but no misses in a row. */
  #noteEnd(offer: OfferFact, at: Instant, wasPending: boolean): void {
    const { state, itemId, agentId, group } = offer
    const key = `${agentId}:${group}`
    if (state === "accepted" || state === "declined") this.#misses.delete(key)
    if (state === "accepted" || state === "withdrawn") return
    const itemIsGone = this.#gone.versionOf(`item:${itemId}`) !== undefined
    if (!itemIsGone) this.#tries.note(itemId, agentId, offer.decidedAt ?? at)
    if (state === "missed" && wasPending) this.#noteMiss(key, agentId, group)
  }

  #noteMiss(key: string, agentId: string, group: ChannelGroup): void {
    const misses = (this.#misses.get(key) ?? 0) + 1
    if (misses < missesMax) this.#misses.set(key, misses)
    else {
      this.#misses.delete(key)
      this.twiceMissed.push({ agentId, group })
    }
  }

  #applyAssigned(conversation: AssignedFact): void {
    const { id, version, agentId, awaitingSince } = conversation
    const former = this.assigned.get(id)
    if (!this.#isNewer(`assigned:${id}`, version, former?.version)) return
    if (former?.agentId) remove(this.assignedOfAgent, former.agentId, id)
    if (agentId !== null && awaitingSince !== null) {
      this.assigned.set(id, conversation)
      add(this.assignedOfAgent, agentId, id)
    } else {
      this.assigned.delete(id)
      this.#refused.delete(`assigned:${id}`)
      this.#gone.bury(`assigned:${id}`, version, this.#latest)
    }
    this.dirty.assigned.add(id)
    this.#releaseHoldOf(`assigned:${id}`)
  }

  #applyPull(pull: Pull): void {
    if (this.#gone.versionOf(`pull:${pull.requestId}`)) return // told twice
    this.#gone.bury(`pull:${pull.requestId}`, 1, this.#latest)
    this.pulls.set(pull.requestId, pull)
  }

  #configure(config: RoutingConfig): void {
    if (config.version <= this.config.version) return
    this.config = config
    for (const id of this.agents.keys()) this.#markAgent(id)
    for (const id of this.items.keys()) this.dirty.items.add(id)
    for (const id of this.offers.keys()) this.dirty.offers.add(id)
    for (const id of this.assigned.keys()) this.dirty.assigned.add(id)
  }

  #releaseHoldOf(key: string): void {
    const id = this.#holdOf.get(key)
    const hold = id === undefined ? undefined : this.#holds.get(id)
    if (id !== undefined && hold) this.#releaseWhenSeen(id, hold)
  }

  /** D2. */
  #isNewer(key: string, version: number, held: number | undefined): boolean {
    if (version <= (held ?? this.#gone.versionOf(key) ?? 0)) return false
    this.#gone.raise(key)
    return true
  }
}

/** What a decision holds besides its agent. */
function keyOf(decision: Decision): string | null {
  switch (decision.type) {
    case "offer":
    case "assign":
      return `item:${decision.itemId}`
    case "miss":
    case "withdraw":
      return `offer:${decision.offerId}`
    case "requeue_absent":
      return `assigned:${decision.conversationId}`
    default:
      return null
  }
}

/** The version of the row that a decision is about; 0 when it does not exist yet. */
export function rowVersion(state: RoutingState, decision: Decision): number {
  switch (decision.type) {
    case "offer":
    case "assign":
      return state.items.get(decision.itemId)?.version ?? 0
    case "miss":
    case "withdraw":
      return state.offers.get(decision.offerId)?.version ?? 0
    case "requeue_absent":
      return state.assigned.get(decision.conversationId)?.version ?? 0
    default:
      return 0
  }
}

function add<Key, Value>(sets: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const set = sets.get(key)
  if (set) set.add(value)
  else sets.set(key, new Set([value]))
}

function remove<Key, Value>(sets: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const set = sets.get(key)
  set?.delete(value)
  if (set?.size === 0) sets.delete(key)
}

/** Sets and maps are walked in this order wherever the walk decides something. */
export function sortedIds(ids: Iterable<string> | undefined): string[] {
  return ids ? [...ids].sort(compareIds) : []
}

/** What the grace of assigned work counts by. */
function isAsPresent(a: AgentFact, b: AgentFact): boolean {
  return a.status === b.status && a.connected === b.connected && a.absentSince === b.absentSince
}
