import { describe, expect, test } from "vitest"
import { amount } from "../../../test/trials.ts"
import { channelGroups } from "../channels.ts"
import { createEngine } from "./create-engine.ts"
import type { AgentFact, Decision, Engine, QueueItemFact, RoutingConfig, RoutingEvent } from "./facts.ts"
import { FakeDatabase } from "./fake-database.ts"
import { compareItems } from "./order.ts"

/**
 * The fast engine against the slow and obvious one: the same random events, late, twice and out of order, with commits
 * that succeed, are refused or stay unknown; every decision must be equal. Beside it, in calm moments, the promises that
 * hold whatever the engine is made of. `npm run trials` plays 100,000 events, `npm test` 20,000.
 */
const eventsMin = amount(20_000, 100_000)
const eventsPerEpisode = 1000
const inboxIds = ["billing", "returns", "support"]
const fewAgents = ["ana", "ben", "cy", "di", "eli", "fay"]
/** Every seventh walk: more than examples are kept of, so that counts and examples part. */
const manyAgents = [...fewAgents, ..."ghijklmnopqr"].map((id) => id.padEnd(3, "."))

test(`both engines decide alike over ${eventsMin} random events, and keep their promises`, {
  timeout: 600_000,
}, () => {
  const seen = { events: 0, decisions: 0, kinds: new Map<string, number>(), calm: 0, manyExcluded: 0 }
  for (let seed = 1; seen.events < eventsMin; seed += 1) {
    const episode = new Episode(seed)
    episode.run(eventsPerEpisode)
    seen.events += episode.events
    seen.decisions += episode.decisions.length
    seen.calm += episode.calmMoments
    seen.manyExcluded += episode.manyExcluded
    for (const { type } of episode.decisions) seen.kinds.set(type, (seen.kinds.get(type) ?? 0) + 1)
  }
  // The walk is only worth something if it goes everywhere.
  const kinds = ["answer_pull", "assign", "miss", "offer", "requeue_absent", "unavailable", "withdraw"]
  expect([...seen.kinds.keys()].sort()).toEqual(kinds)
  for (const kind of kinds) expect(seen.kinds.get(kind)).toBeGreaterThan(eventsMin / 2000)
  expect(seen.calm).toBeGreaterThan(eventsMin / 100)
  expect(seen.manyExcluded).toBeGreaterThan(eventsMin / 1000)
})

describe("with a guard taken out of both engines, the walk finds it", () => {
  let versions = 0
  const anyVersion = () => {
    versions += 1
    return versions
  }
  /** What is told instead of the truth: as if the engine did not look at this part of it. */
  const bends: { [guard: string]: (event: RoutingEvent) => RoutingEvent } = {
    "older rows are ignored": (event) => {
      if (event.type === "item_changed") return { ...event, item: { ...event.item, version: anyVersion() } }
      if (event.type === "agent_changed") return { ...event, agent: { ...event.agent, version: anyVersion() } }
      return event
    },
    "capacity limits push": (event) =>
      event.type === "agent_changed" ? { ...event, agent: { ...event.agent, standardCapacity: 99 } } : event,
    "one call at a time": (event) =>
      event.type === "agent_changed" ? { ...event, agent: { ...event.agent, voiceLoad: 0 } } : event,
    "one mail at a time": (event) =>
      event.type === "agent_changed" ? { ...event, agent: { ...event.agent, mailCredit: 9 } } : event,
    "only members": (event) =>
      event.type === "agent_changed" ? { ...event, agent: { ...event.agent, inboxIds } } : event,
    "earliest due first": (event) =>
      event.type === "item_changed" ? { ...event, item: { ...event.item, dueAt: -(event.item.dueAt ?? 0) } } : event,
    "Settings pauses": (event) =>
      event.type === "agent_changed" ? { ...event, agent: { ...event.agent, settingsUntil: null } } : event,
  }

  test.each(Object.entries(bends))("%s", (_guard, bend) => {
    expect(() => walkBent((engine) => ({ ...bound(engine), apply: (event) => engine.apply(bend(event)) }))).toThrow(
      "seed",
    )
  })

  test("what is being committed is not decided again", () => {
    const forgetful = (engine: Engine): Engine => ({
      ...bound(engine),
      decide(now, max) {
        const decisions = engine.decide(now, max)
        for (const { id } of decisions)
          engine.apply({ at: now, type: "commit_answered", decisionId: id, outcome: "dropped" })
        return decisions
      },
    })
    expect(() => walkBent(forgetful)).toThrow("seed")
  })

  test("the same walk with every guard in place passes", () => {
    walkBent(bound)
  })

  function bound(engine: Engine): Engine {
    return {
      apply: (event) => engine.apply(event),
      decide: (now, max) => engine.decide(now, max),
      reserve: (item, now) => engine.reserve(item, now),
      nextWakeAt: () => engine.nextWakeAt(),
      explain: (itemId, now) => engine.explain(itemId, now),
      foresee: (item, now) => engine.foresee(item, now),
      sample: () => engine.sample(),
      versionOf: (kind, id) => engine.versionOf(kind, id),
      agentOf: (id) => engine.agentOf(id),
      takeHotRefusals: () => engine.takeHotRefusals(),
    }
  }

  function walkBent(bend: (engine: Engine) => Engine): void {
    for (let seed = 1; seed <= 5; seed += 1) new Episode(seed, bend).run(500)
  }
})

/** One organization from its first event on. A failure prints the seed and the step. */
class Episode {
  events = 0
  calmMoments = 0
  manyExcluded = 0
  readonly decisions: Decision[] = []
  #seed: number
  #agentIds: readonly string[]
  #random: () => number
  #now = 1_000_000_000
  #db = new FakeDatabase()
  #config: RoutingConfig
  #plain: Engine
  #fast: Engine
  #undelivered: RoutingEvent[] = []
  #unanswered: Decision[] = []
  #unknown: Decision[] = []
  #conversations: string[] = []
  #items = 0

  constructor(seed: number, bend: (engine: Engine) => Engine = (engine) => engine) {
    this.#seed = seed
    this.#agentIds = seed % 7 === 0 ? manyAgents : fewAgents
    this.#random = randomOf(seed)
    this.#config = this.#newConfig(1)
    this.#plain = bend(createEngine("plain", this.#config))
    this.#fast = bend(createEngine("fast", this.#config))
    this.#db.at(this.#now)
  }

  run(eventsMax: number): void {
    for (const id of this.#agentIds)
      this.#undelivered.push(...this.#db.addAgent(id, { inboxIds: this.#some(inboxIds) }))
    for (let step = 0; this.events < eventsMax; step += 1) {
      const where = `seed ${this.#seed} step ${step}`
      this.#act()
      this.#deliverSome()
      if (this.#chance(0.3)) this.#settleUnknown()
      const before = this.#isCalm()
      const decided = this.#decide(where)
      if (before) this.#promises(decided, where)
      if (this.#chance(0.6)) this.#commitSome(where, before)
      if (step % 20 === 0) this.#calmDown(where)
    }
  }

  // Both engines

  #tell(event: RoutingEvent): void {
    this.events += 1
    this.#plain.apply(event)
    this.#fast.apply(event)
  }

  #decide(where: string): Decision[] {
    const max = this.#chance(0.1) ? 1 : 100
    const plain = this.#plain.decide(this.#now, max)
    const fast = this.#fast.decide(this.#now, max)
    for (const { because } of plain) this.#countsAddUp(because, where)
    if (JSON.stringify(fast) !== JSON.stringify(plain)) expect(fast, where).toEqual(plain)
    if (plain.length < max) this.#wakesInTime(where)
    this.#decidesOnce(plain, where)
    this.#unanswered.push(...plain)
    this.decisions.push(...plain)
    return plain
  }

  /** Chosen, eligible and excluded are all members. */
  #countsAddUp({ match }: Decision["because"], where: string): void {
    if (!match) return
    const excluded = match.excluded.reduce((sum, [, count]) => sum + count, 0)
    expect(1 + match.alsoEligible + excluded, where).toBe(match.members)
    this.manyExcluded += match.excluded.filter(([, count, ids]) => count > ids.length).length
  }

  /** It may wake for nothing, but never too late. */
  #wakesInTime(where: string): void {
    const plain = this.#plain.nextWakeAt()
    if (plain !== null) expect(this.#fast.nextWakeAt() ?? Number.POSITIVE_INFINITY, where).toBeLessThanOrEqual(plain)
  }

  /** What is being committed is not decided again (3.5). */
  #decidesOnce(decided: readonly Decision[], where: string): void {
    const held = new Set([...this.#unanswered, ...this.#unknown].flatMap(subjectOf))
    expect(
      decided.flatMap(subjectOf).filter((subject) => held.has(subject)),
      where,
    ).toEqual([])
  }

  // What happens in the world

  #act(): void {
    const dice = this.#random()
    if (dice < 0.25) this.#arrive()
    else if (dice < 0.45) this.#changeAgent()
    else if (dice < 0.6) this.#answerOffer()
    else if (dice < 0.7) this.#finish()
    else if (dice < 0.76) this.#undelivered.push(...this.#db.requestPull(this.#one(this.#agentIds)))
    else if (dice < 0.8) this.#changeItem()
    else if (dice < 0.83) this.#undelivered.push({ at: this.#now, type: "configured", config: this.#nextConfig() })
    else if (dice < 0.86) this.#undelivered.push({ at: this.#now, type: "tick" })
    else this.#pass(this.#one([1, 5, 20, 31, 61, 130, 600]))
  }

  #pass(seconds: number): void {
    this.#now += seconds * 1000 + this.#upTo(3)
    this.#db.at(this.#now)
  }

  #arrive(): void {
    this.#items += 1
    const id = `q${String(this.#items).padStart(5, "0")}`
    const group = this.#one([...channelGroups, "messaging" as const])
    const conversationId = `of ${id}`
    this.#conversations.push(conversationId)
    const events = this.#db.addItem(id, {
      conversationId,
      group,
      inboxId: this.#one(inboxIds),
      dueAt: this.#chance(0.1) ? null : this.#now + this.#upTo(4) * 60_000,
      firstQueuedAt: this.#now - this.#upTo(3) * 1000,
      preferredAgentId: group === "voice" && this.#chance(0.5) ? this.#one(this.#agentIds) : null,
    })
    if (this.#chance(0.3)) this.#reserve(this.#db.item(id))
    this.#undelivered.push(...events)
  }

  /** Fused intake: the engine is asked before the row is known to it. */
  #reserve(item: QueueItemFact): void {
    const plain = this.#plain.reserve(item, this.#now)
    const fast = this.#fast.reserve(item, this.#now)
    expect(fast, `seed ${this.#seed} reserve ${item.id}`).toEqual(plain)
    if (plain) {
      this.#unanswered.push(plain)
      this.decisions.push(plain)
    }
  }

  #changeAgent(): void {
    const agent = this.#db.agents.get(this.#one(this.#agentIds))
    if (!agent) return
    const soon = this.#now + this.#upTo(60) * 1000
    const changes: Partial<AgentFact>[] = [
      { status: this.#one(["logged_in", "logged_in", "logged_in", "away", "logged_out"] as const) },
      { connected: this.#chance(0.7) },
      { availableFor: this.#some(channelGroups) },
      {
        availableFor: [...channelGroups],
        status: "logged_in",
        connected: true,
        focused: false,
        settingsUntil: null,
        mailCredit: 1,
      },
      { focused: this.#chance(0.3) },
      { settingsUntil: this.#chance(0.5) ? soon : this.#chance(0.2) ? Number.POSITIVE_INFINITY : null },
      { blockedUntilVoice: soon },
      { blockedUntilMessaging: soon },
      { afterCallWorkUntil: soon },
      { mailCredit: this.#upTo(1) },
      { inboxIds: this.#some(inboxIds) },
      { standardCapacity: 1 + this.#upTo(2), maximumCapacity: 3 + this.#upTo(2) },
    ]
    this.#undelivered.push(...this.#db.changeAgent(agent.id, this.#one(changes)))
  }

  #answerOffer(): void {
    const pending = [...this.#db.offers.values()].filter(
      (offer) => offer.state === "pending" && offer.deadlineAt > this.#now,
    )
    if (pending.length === 0) return
    const { id } = this.#one(pending)
    this.#undelivered.push(
      ...(this.#chance(0.4) ? this.#db.accept(id) : this.#db.decline(id, this.#config.declineDelaySeconds)),
    )
  }

  #finish(): void {
    const busy = [...this.#db.agents.values()].filter((agent) => agent.voiceLoad > 0 && !this.#isRinging(agent.id))
    if (busy.length > 0 && this.#chance(0.5)) this.#undelivered.push(...this.#db.hangUp(this.#one(busy).id))
    else if (this.#conversations.length > 0) this.#undelivered.push(...this.#db.finish(this.#one(this.#conversations)))
  }

  #isRinging(agentId: string): boolean {
    return [...this.#db.offers.values()].some(
      (offer) => offer.agentId === agentId && offer.group === "voice" && offer.state === "pending",
    )
  }

  #changeItem(): void {
    const live = [...this.#db.items.values()].filter(({ state }) => state === "waiting" || state === "offered")
    if (live.length === 0) return
    const item = this.#one(live)
    if (this.#chance(0.4)) this.#undelivered.push(...this.#db.cancel(item.id))
    else this.#undelivered.push(...this.#db.changeItem(item.id, { dueAt: this.#now + this.#upTo(4) * 60_000 }))
  }

  #nextConfig(): RoutingConfig {
    this.#config = this.#newConfig(this.#config.version + 1)
    return this.#config
  }

  #newConfig(version: number): RoutingConfig {
    return {
      version,
      ringSeconds: this.#one([10, 45]),
      declineDelaySeconds: this.#one([0, 20, 90]),
      messagingDuringCall: this.#chance(0.5),
      offerBanner: this.#chance(0.5),
      offerSeconds: 30,
      routingDelaySeconds: this.#one([0, 0, 15]),
      absentGraceSeconds: { messaging: 120, mail: 600 },
    }
  }

  // Delivery and commits

  #deliverSome(): void {
    while (this.#undelivered.length > 0 && this.#chance(0.7)) {
      const at = this.#chance(0.8) ? 0 : this.#upTo(this.#undelivered.length - 1)
      const [event] = this.#undelivered.splice(at, 1)
      if (!event) return
      this.#tell(event)
      if (this.#chance(0.1)) this.#undelivered.push(event)
    }
  }

  #commitSome(where: string, fresh: boolean): void {
    for (const decision of this.#unanswered.splice(0)) {
      const isLost = !fresh && this.#chance(0.1)
      const events = isLost && this.#chance(0.5) ? null : this.#db.commit(decision, this.#config.routingDelaySeconds)
      // I7: from fresh facts nothing is decided that a guard would have to refuse.
      if (fresh && !isLost) expect(events, `${where} refused ${JSON.stringify(decision)}`).not.toBeNull()
      if (isLost) {
        this.#undelivered.push(...(events ?? []))
        this.#unknown.push(decision)
        this.#answer(decision, "unknown")
      } else if (events) this.#accepted(decision, events)
      else {
        this.#reload(decision)
        this.#answer(decision, "refused")
      }
    }
  }

  #accepted(decision: Decision, events: RoutingEvent[]): void {
    if (this.#chance(0.8)) for (const event of events) this.#tell(event)
    else this.#undelivered.push(...events)
    this.#answer(decision, "accepted")
  }

  #answer({ id }: Decision, outcome: "accepted" | "refused" | "unknown" | "dropped"): void {
    this.#tell({ at: this.#now, type: "commit_answered", decisionId: id, outcome })
  }

  #settleUnknown(): void {
    for (const decision of this.#unknown.splice(0)) {
      this.#reload(decision)
      this.#answer(decision, "dropped")
    }
  }

  /** The rows as they are now, read by id. */
  #reload(decision: Decision): void {
    const at = this.#now
    const agent = this.#db.agents.get(decision.agentId)
    if (agent) this.#tell({ at, type: "agent_changed", agent })
    const item = "itemId" in decision ? this.#db.items.get(decision.itemId) : undefined
    if (item) this.#tell({ at, type: "item_changed", item })
    const offer = "offerId" in decision ? this.#db.offers.get(decision.offerId) : undefined
    if (offer) this.#tell({ at, type: "offer_changed", offer })
    const conversation = "conversationId" in decision ? this.#db.assigned.get(decision.conversationId) : undefined
    if (conversation) this.#tell({ at, type: "assigned_changed", conversation })
  }

  // The promises

  #isCalm(): boolean {
    return this.#undelivered.length + this.#unanswered.length + this.#unknown.length === 0
  }

  /** Everything told and answered, decided to exhaustion. */
  #calmDown(where: string): void {
    for (let round = 0; round < 60; round += 1) {
      this.#settleUnknown()
      for (const event of this.#undelivered.splice(0)) this.#tell(event)
      const plain = this.#plain.decide(this.#now, 100)
      expect(this.#fast.decide(this.#now, 100), where).toEqual(plain)
      this.decisions.push(...plain)
      this.#unanswered.push(...plain)
      if (this.#unanswered.length === 0) break
      this.#commitSome(where, false)
    }
    expect(this.#unanswered, `${where}: the engines decide for ever`).toEqual([])
    this.#nobodyWaits(where)
  }

  /** I10: no item waits while somebody eligible has room. Said anew here, in other words than the engines'. */
  #nobodyWaits(where: string): void {
    this.calmMoments += 1
    for (const item of this.#db.items.values()) {
      if (item.state !== "waiting" || this.#wasTried(item.id)) continue
      const able = [...this.#db.agents.values()].filter((agent) => this.#hasRoom(agent, item)).map(({ id }) => id)
      expect(able, `${where}: ${item.id} waits`).toEqual([])
    }
  }

  #hasRoom(agent: AgentFact, { group, inboxId }: QueueItemFact): boolean {
    const until = (instant: number | null) => instant === null || instant <= this.#now
    const { messagingDuringCall } = this.#config
    return [
      agent.inboxIds.includes(inboxId) && agent.availableFor.includes(group),
      agent.status === "logged_in" && agent.connected && !agent.focused && until(agent.settingsUntil),
      group !== "voice" || (agent.voiceLoad === 0 && until(agent.blockedUntilVoice) && until(agent.afterCallWorkUntil)),
      group !== "mail" || agent.mailCredit > 0,
      group !== "messaging" || (agent.messagingLoad < agent.standardCapacity && until(agent.blockedUntilMessaging)),
      group !== "messaging" || this.#config.routingDelaySeconds === 0 || !this.#isOfferedMessage(agent.id),
      group !== "messaging" || messagingDuringCall || (agent.voiceLoad === 0 && until(agent.afterCallWorkUntil)),
    ].every(Boolean)
  }

  #isOfferedMessage(agentId: string): boolean {
    return [...this.#db.offers.values()].some(
      (offer) => offer.agentId === agentId && offer.group === "messaging" && offer.state === "pending",
    )
  }

  #wasTried(itemId: string): boolean {
    return [...this.#db.offers.values()].some((offer) => offer.itemId === itemId && offer.state !== "withdrawn")
  }

  /** I11: nothing of the same Inbox and group that came earlier is left behind. */
  #promises(decided: readonly Decision[], where: string): void {
    const taken = new Set(decided.map((decision) => ("itemId" in decision ? decision.itemId : "")))
    for (const decision of decided) {
      if (decision.type !== "offer" && decision.type !== "assign") continue
      const item = this.#db.item(decision.itemId)
      const passed = [...this.#db.items.values()].filter(
        (other) =>
          other.state === "waiting" &&
          other.inboxId === item.inboxId &&
          other.group === item.group &&
          compareItems(other, item) < 0 &&
          !taken.has(other.id) &&
          !this.#wasTried(other.id),
      )
      expect(passed, `${where}: ${item.id} before`).toEqual([])
    }
  }

  // Chance

  #chance(probability: number): boolean {
    return this.#random() < probability
  }

  #upTo(max: number): number {
    return Math.floor(this.#random() * (max + 1))
  }

  #one<Value>(values: readonly Value[]): Value {
    const value = values[this.#upTo(values.length - 1)]
    if (value === undefined) throw new Error("Nothing to choose from")
    return value
  }

  #some<Value>(values: readonly Value[]): Value[] {
    return values.filter(() => this.#chance(0.6))
  }
}

function subjectOf(decision: Decision): string[] {
  if ("offerId" in decision) return [decision.offerId]
  return "itemId" in decision ? [decision.itemId] : []
}

/** mulberry32: the same seed, the same walk. */
function randomOf(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
