import type { AgentFact, AssignedFact, Decision, Instant, OfferFact, QueueItemFact, RoutingEvent } from "./facts.ts"

/**
 * For tests: the rows that the engine mirrors, with the guards of routing.md 3.2 and 3.3. Every act answers the events
 * that a commit would have written; the test delivers them when and as often as it likes.
 */
export class FakeDatabase {
  readonly items = new Map<string, QueueItemFact>()
  readonly agents = new Map<string, AgentFact>()
  readonly offers = new Map<string, OfferFact>()
  readonly assigned = new Map<string, AssignedFact>()
  /** What a conversation's messaging seat is held by, so that it can be given back. */
  readonly seats = new Map<string, string>()
  #ids = 0
  #at: Instant = 0

  at(now: Instant): this {
    this.#at = now
    return this
  }

  // Acts of people

  addAgent(id: string, more: Partial<AgentFact> = {}): RoutingEvent[] {
    const agent: AgentFact = {
      id,
      version: 0,
      status: "logged_in",
      connected: true,
      availableFor: ["messaging", "mail"],
      focused: false,
      settingsUntil: null,
      blockedUntilVoice: null,
      blockedUntilMessaging: null,
      afterCallWorkUntil: null,
      mailCredit: 1,
      standardCapacity: 2,
      maximumCapacity: 3,
      voiceLoad: 0,
      messagingLoad: 0,
      lastAssignedAt: null,
      inboxIds: ["support"],
      absentSince: null,
      ...more,
    }
    return [this.#putAgent(agent)]
  }

  changeAgent(id: string, change: Partial<AgentFact>): RoutingEvent[] {
    const agent = this.agent(id)
    const present = (change.status ?? agent.status) === "logged_in" && (change.connected ?? agent.connected)
    const absentSince = present ? null : (agent.absentSince ?? this.#at)
    return [this.#putAgent({ ...agent, absentSince, ...change })]
  }

  addItem(id: string, more: Partial<QueueItemFact> = {}): RoutingEvent[] {
    const item: QueueItemFact = {
      id,
      version: 0,
      conversationId: `of ${id}`,
      lane: more.group === "voice" ? "call" : "text",
      inboxId: "support",
      group: "messaging",
      state: "waiting",
      dueAt: this.#at + 3_600_000,
      queuedAt: this.#at,
      firstQueuedAt: this.#at,
      preferredAgentId: null,
      ...more,
    }
    return [this.#putItem(item)]
  }

  changeItem(id: string, change: Partial<QueueItemFact>): RoutingEvent[] {
    return [this.#putItem({ ...this.item(id), ...change })]
  }

  /** A customer hangs up, a conversation is closed: the item and its pending offer end. */
  cancel(itemId: string): RoutingEvent[] {
    const events = [...this.offers.values()]
      .filter((offer) => offer.itemId === itemId && offer.state === "pending")
      .flatMap((offer) => this.#endOffer(offer, "withdrawn"))
    return [...events, this.#putItem({ ...this.item(itemId), state: "canceled" })]
  }

  accept(offerId: string): RoutingEvent[] {
    const offer = this.#pending(offerId)
    const { conversationId } = this.item(offer.itemId)
    const agent = this.agent(offer.agentId)
    if (offer.group === "messaging") this.seats.set(conversationId, agent.id)
    return [
      this.#putOffer({ ...offer, state: "accepted", decidedAt: this.#at }),
      this.#putItem({ ...this.item(offer.itemId), state: "done" }),
      this.#putAgent({ ...agent, lastAssignedAt: this.#at }),
      ...this.#give(conversationId, agent.id, offer.group),
    ]
  }

  decline(offerId: string, declineDelaySeconds: number): RoutingEvent[] {
    const offer = this.#pending(offerId)
    const events = this.#endOffer(offer, "declined")
    if (offer.group !== "voice") return events
    const blockedUntilVoice = this.#at + declineDelaySeconds * 1000
    return [...events, this.#putAgent({ ...this.agent(offer.agentId), blockedUntilVoice })]
  }

  /** The conversation is answered and over: its seat is free again. */
  finish(conversationId: string): RoutingEvent[] {
    const agentId = this.seats.get(conversationId)
    this.seats.delete(conversationId)
    const events: RoutingEvent[] = []
    if (agentId) {
      const agent = this.agent(agentId)
      events.push(this.#putAgent({ ...agent, messagingLoad: agent.messagingLoad - 1 }))
    }
    const held = this.assigned.get(conversationId)
    if (held) events.push(this.#putAssigned({ ...held, agentId: null }))
    return events
  }

  /** A call ends: its agent is free for the next. */
  hangUp(agentId: string): RoutingEvent[] {
    return [this.#putAgent({ ...this.agent(agentId), voiceLoad: 0 })]
  }

  requestPull(agentId: string): RoutingEvent[] {
    return [{ at: this.#at, type: "pull_requested", agentId, requestId: this.#newId("pull") }]
  }

  // Commits of decisions

  /** Null: a guard refused it, nothing was written. */
  commit(decision: Decision, routingDelaySeconds = 0): RoutingEvent[] | null {
    switch (decision.type) {
      case "offer":
      case "assign":
        return this.#match(decision, routingDelaySeconds)
      case "miss":
      case "withdraw": {
        const offer = this.offers.get(decision.offerId)
        if (offer?.state !== "pending") return null
        if (decision.type === "miss" && offer.deadlineAt > this.#at) return null
        return this.#endOffer(offer, decision.type === "miss" ? "missed" : "withdrawn")
      }
      case "unavailable": {
        const agent = this.agent(decision.agentId)
        return [
          this.#putAgent({ ...agent, availableFor: agent.availableFor.filter((group) => group !== decision.group) }),
        ]
      }
      case "answer_pull": {
        const agent = this.agents.get(decision.agentId)
        return agent && decision.grantMailCredit ? [this.#putAgent({ ...agent, mailCredit: 1 })] : []
      }
      case "requeue_absent":
        return this.#requeue(decision.conversationId)
    }
  }

  #match(
    decision: Extract<Decision, { type: "offer" | "assign" }>,
    routingDelaySeconds: number,
  ): RoutingEvent[] | null {
    const item = this.items.get(decision.itemId)
    const agent = this.agents.get(decision.agentId)
    if (item?.state !== "waiting" || item.inboxId !== decision.inboxId || !agent) return null
    if (!this.#fits(agent, decision)) return null
    const claimed = this.#claim(agent, decision, routingDelaySeconds)
    if (decision.type === "assign") {
      if (decision.group === "messaging") this.seats.set(item.conversationId, agent.id)
      return [
        this.#putItem({ ...item, state: "done" }),
        this.#putAgent({ ...claimed, lastAssignedAt: this.#at }),
        ...this.#give(item.conversationId, agent.id, decision.group),
      ]
    }
    const { id: itemId, group } = item
    const id = this.#newId("offer")
    const offer: OfferFact = {
      id,
      version: 0,
      itemId,
      agentId: agent.id,
      group,
      state: "pending",
      deadlineAt: decision.deadlineAt,
      decidedAt: null,
    }
    return [this.#putItem({ ...item, state: "offered" }), this.#putAgent(claimed), this.#putOffer(offer)]
  }

  #fits(agent: AgentFact, { group, pull, inboxId }: Extract<Decision, { type: "offer" | "assign" }>): boolean {
    const settings = agent.settingsUntil !== null && agent.settingsUntil > this.#at
    if (agent.status !== "logged_in" || !agent.connected || agent.focused || settings) return false
    if (!agent.availableFor.includes(group) || !agent.inboxIds.includes(inboxId)) return false
    if (group === "voice") return agent.voiceLoad === 0
    if (group === "mail") return pull || agent.mailCredit >= 1
    return agent.messagingLoad + 1 <= (pull ? agent.maximumCapacity : agent.standardCapacity)
  }

  #claim(
    agent: AgentFact,
    { group, pull, type }: Decision & { group: string; pull: boolean },
    delaySeconds: number,
  ): AgentFact {
    if (group === "voice") return { ...agent, voiceLoad: 1 }
    if (group === "mail") return { ...agent, mailCredit: pull ? agent.mailCredit : 0 }
    const delayed = type === "assign" && !pull && delaySeconds > 0
    const blockedUntilMessaging = delayed ? this.#at + delaySeconds * 1000 : agent.blockedUntilMessaging
    return { ...agent, messagingLoad: agent.messagingLoad + 1, blockedUntilMessaging }
  }

  #give(conversationId: string, agentId: string, group: string): RoutingEvent[] {
    if (group === "voice") return []
    const version = this.assigned.get(conversationId)?.version ?? 0
    const kind = group === "mail" ? "mail" : "messaging"
    return [this.#putAssigned({ id: conversationId, version, agentId, awaitingSince: this.#at, group: kind })]
  }

  #endOffer(offer: OfferFact, state: OfferFact["state"]): RoutingEvent[] {
    const agent = this.agent(offer.agentId)
    const seatBack = offer.group === "voice" ? { voiceLoad: 0 } : { messagingLoad: agent.messagingLoad - 1 }
    const item = this.item(offer.itemId)
    return [
      this.#putOffer({ ...offer, state, decidedAt: this.#at }),
      ...(item.state === "offered" ? [this.#putItem({ ...item, state: "waiting" })] : []),
      this.#putAgent({ ...agent, ...seatBack }),
    ]
  }

  #requeue(conversationId: string): RoutingEvent[] | null {
    const held = this.assigned.get(conversationId)
    if (!held || held.agentId === null) return null
    const given = this.finish(conversationId)
    return [...given, ...this.addItem(this.#newId("again"), { conversationId, group: held.group })]
  }

  // Rows

  item(id: string): QueueItemFact {
    return this.#found(this.items.get(id), id)
  }

  agent(id: string): AgentFact {
    return this.#found(this.agents.get(id), id)
  }

  #pending(id: string): OfferFact {
    const offer = this.#found(this.offers.get(id), id)
    if (offer.state !== "pending") throw new Error(`Offer ${id} has ended`)
    return offer
  }

  #found<Row>(row: Row | undefined, id: string): Row {
    if (row === undefined) throw new Error(`No row ${id}`)
    return row
  }

  #putItem(row: QueueItemFact): RoutingEvent {
    const item = { ...row, version: row.version + 1 }
    this.items.set(item.id, item)
    return { at: this.#at, type: "item_changed", item }
  }

  #putAgent(row: AgentFact): RoutingEvent {
    const agent = { ...row, version: row.version + 1 }
    this.agents.set(agent.id, agent)
    return { at: this.#at, type: "agent_changed", agent }
  }

  #putOffer(row: OfferFact): RoutingEvent {
    const offer = { ...row, version: row.version + 1 }
    this.offers.set(offer.id, offer)
    return { at: this.#at, type: "offer_changed", offer }
  }

  #putAssigned(row: AssignedFact): RoutingEvent {
    const conversation = { ...row, version: row.version + 1 }
    this.assigned.set(row.id, conversation)
    return { at: this.#at, type: "assigned_changed", conversation }
  }

  #newId(kind: string): string {
    this.#ids += 1
    return `${kind} ${String(this.#ids).padStart(6, "0")}`
  }
}
