import { describe, expect, test } from "vitest"
import { createEngine } from "./create-engine.ts"
import type { Decision, RoutingConfig, RoutingEvent } from "./facts.ts"
import { FakeDatabase } from "./fake-database.ts"

const config: RoutingConfig = {
  version: 1,
  ringSeconds: 45,
  declineDelaySeconds: 20,
  messagingDuringCall: false,
  offerBanner: false,
  offerSeconds: 30,
  routingDelaySeconds: 0,
  absentGraceSeconds: { messaging: 120, mail: 14_400 },
}

const seconds = (n: number) => n * 1000

/** An engine over a fake database, with a clock that the test moves. */
function world(kind: "plain" | "fast", more: Partial<RoutingConfig> = {}) {
  const db = new FakeDatabase()
  const settings = { ...config, ...more }
  const engine = createEngine(kind, settings)
  let now = seconds(1_000_000)
  db.at(now)
  const tell = (events: RoutingEvent[]) => {
    for (const event of events) engine.apply(event)
  }
  const decide = () => engine.decide(now, 100)
  return {
    db,
    engine,
    tell,
    decide,
    now: () => now,
    wait(n: number) {
      now += seconds(n)
      db.at(now)
    },
    /** Decides and commits until nothing is left; answers what was decided. */
    settle(): Decision[] {
      const all: Decision[] = []
      for (let round = 0; round < 100; round += 1) {
        const decisions = decide()
        if (decisions.length === 0) return all
        for (const decision of decisions) {
          const events = db.commit(decision, settings.routingDelaySeconds)
          tell(events ?? [])
          engine.apply({
            at: now,
            type: "commit_answered",
            decisionId: decision.id,
            outcome: events ? "accepted" : "refused",
          })
        }
        all.push(...decisions)
      }
      throw new Error("The engine decides for ever")
    },
  }
}

/** "assign q1 ana" and the like. */
function short(decisions: Decision[]): string[] {
  return decisions.map((decision) => {
    const what = "itemId" in decision ? decision.itemId : "conversationId" in decision ? decision.conversationId : ""
    const more =
      decision.type === "withdraw" ? ` ${decision.reason}` : decision.type === "unavailable" ? ` ${decision.group}` : ""
    return `${decision.type} ${what}${what && " "}${decision.agentId}${more}`
  })
}

function pendingOffers({ db }: { db: FakeDatabase }) {
  return [...db.offers.values()].filter((offer) => offer.state === "pending")
}

describe.each(["plain", "fast"] as const)("the %s engine", (kind) => {
  test("S8 only the available member gets it; with nobody available it waits and goes to the next who is", () => {
    const w = world(kind)
    w.tell(w.db.addAgent("ana", { availableFor: [] }))
    w.tell(w.db.addItem("q1"))
    expect(short(w.settle())).toEqual([])
    w.tell(w.db.addAgent("ben", { availableFor: ["messaging"] }))
    expect(short(w.settle())).toEqual(["assign q1 ben"])
  })

  test("S35 an agent gets work of own inboxes only; membership taken away ends it", () => {
    const w = world(kind)
    w.tell(w.db.addAgent("ana", { inboxIds: ["returns"], standardCapacity: 9, maximumCapacity: 9 }))
    w.tell(w.db.addItem("q1"))
    w.tell(w.db.addItem("q2", { inboxId: "returns" }))
    expect(short(w.settle())).toEqual(["assign q2 ana"])
    w.tell(w.db.changeAgent("ana", { inboxIds: [] }))
    w.tell(w.db.addItem("q3", { inboxId: "returns" }))
    expect(w.settle()).toEqual([])
  })

  test("S9 push stops at the standard capacity, Next goes on to the maximum", () => {
    const w = world(kind)
    w.tell(w.db.addAgent("ana"))
    for (const id of ["q1", "q2", "q3", "q4"]) w.tell(w.db.addItem(id))
    expect(short(w.settle())).toEqual(["assign q1 ana", "assign q2 ana"])
    w.tell(w.db.requestPull("ana"))
    expect(w.settle()).toMatchObject([{ type: "assign", itemId: "q3", pull: true }])
    w.tell(w.db.requestPull("ana"))
    expect(w.settle()).toMatchObject([{ type: "answer_pull", found: false }])
    w.tell(w.db.finish("of q1"))
    w.tell(w.db.finish("of q2"))
    expect(short(w.settle())).toEqual(["assign q4 ana"])
  })

  test("S8 voice before messaging before mail, then the earliest due, then the longest waiting, then the id", () => {
    const w = world(kind, { messagingDuringCall: true })
    w.tell(w.db.addItem("mail", { group: "mail", dueAt: 0 }))
    w.tell(w.db.addItem("late", { dueAt: seconds(2_000_000) }))
    w.tell(w.db.addItem("b", { dueAt: seconds(1_500_000) }))
    w.tell(w.db.addItem("a", { dueAt: seconds(1_500_000) }))
    w.tell(w.db.addItem("longer", { dueAt: seconds(1_500_000), firstQueuedAt: 5 }))
    w.tell(w.db.addItem("overdue", { dueAt: seconds(900_000) }))
    w.tell(w.db.addItem("never", { dueAt: null }))
    w.tell(w.db.addItem("call", { group: "voice", dueAt: seconds(3_000_000) }))
    w.tell(
      w.db.addAgent("ana", { availableFor: ["voice", "messaging", "mail"], standardCapacity: 9, maximumCapacity: 9 }),
    )
    const order = w.settle().map((decision) => "itemId" in decision && decision.itemId)
    expect(order).toEqual(["call", "overdue", "longer", "a", "b", "late", "never", "mail"])
  })

  test("fewest active, then longest idle, then the id", () => {
    const w = world(kind)
    w.tell(w.db.addAgent("busy", { messagingLoad: 1 }))
    w.tell(w.db.addAgent("idle", { lastAssignedAt: 5 }))
    w.tell(w.db.addAgent("fresh", { lastAssignedAt: 9 }))
    w.tell(w.db.addAgent("fresh2", { lastAssignedAt: 9 }))
    for (const id of ["q1", "q2", "q3", "q4"]) w.tell(w.db.addItem(id))
    expect(short(w.decide())).toEqual(["assign q1 idle", "assign q2 fresh", "assign q3 fresh2", "assign q4 busy"])
  })

  test("a call prefers the agent who has the conversation, before the longer idle one", () => {
    const w = world(kind)
    w.tell(w.db.addAgent("ana", { availableFor: ["voice"], lastAssignedAt: 9 }))
    w.tell(w.db.addAgent("ben", { availableFor: ["voice"], lastAssignedAt: 1 }))
    w.tell(w.db.addItem("q1", { group: "voice", preferredAgentId: "ana" }))
    expect(short(w.settle())).toEqual(["offer q1 ana"])
  })

  test("S20 mail: one by going available, further ones by Next, and the credit waits for the first that arrives", () => {
    const w = world(kind)
    w.tell(w.db.addAgent("ana"))
    w.tell(w.db.addItem("m1", { group: "mail" }))
    w.tell(w.db.addItem("m2", { group: "mail" }))
    expect(short(w.settle())).toEqual(["assign m1 ana"])
    w.tell(w.db.requestPull("ana"))
    expect(short(w.settle())).toEqual(["assign m2 ana"])
    w.tell(w.db.requestPull("ana"))
    expect(w.settle()).toMatchObject([{ type: "answer_pull", found: false, grantMailCredit: true }])
    w.tell(w.db.addItem("m3", { group: "mail" }))
    expect(short(w.settle())).toEqual(["assign m3 ana"])
  })

  test.each([
    ["logged_out", { status: "logged_out" as const }],
    ["away", { status: "away" as const }],
    ["disconnected", { connected: false }],
    ["focus", { focused: true }],
    ["in_settings", { settingsUntil: Number.POSITIVE_INFINITY }],
    ["not_available_for_group", { availableFor: ["mail" as const] }],
    ["after_call_work", { afterCallWorkUntil: seconds(1_000_010) }],
    ["routing_delay", { blockedUntilMessaging: seconds(1_000_010) }],
    ["on_call", { voiceLoad: 1 }],
    ["at_capacity", { messagingLoad: 2 }],
  ])("S8 S9 nothing goes to an agent who is %s, and the explanation says so", (code, change) => {
    const w = world(kind)
    w.tell(w.db.addAgent("ana", change))
    w.tell(w.db.addItem("q1"))
    expect(w.settle()).toEqual([])
    const why = w.engine.explain("q1", w.now())
    expect(why?.candidates).toEqual([{ agentId: "ana", excludedBy: code }])
    expect(why).toMatchObject({ state: "waiting", place: 1, queueLength: 1, members: 1, excludedCounts: { [code]: 1 } })
  })

  test("clauses that end by time end without an event", () => {
    const w = world(kind)
    w.tell(w.db.addAgent("ana", { blockedUntilMessaging: seconds(1_000_010), settingsUntil: seconds(1_000_020) }))
    w.tell(w.db.addItem("q1"))
    expect(w.settle()).toEqual([])
    expect(w.engine.nextWakeAt()).toBe(seconds(1_000_010))
    w.wait(10)
    expect(w.settle()).toEqual([])
    expect(w.engine.nextWakeAt()).toBe(seconds(1_000_020))
    w.wait(10)
    expect(short(w.settle())).toEqual(["assign q1 ana"])
  })

  test("the delay after a pushed message holds the next one back, also while the first is being committed", () => {
    const w = world(kind, { routingDelaySeconds: 15 })
    w.tell(w.db.addAgent("ana"))
    w.tell(w.db.addItem("q1"))
    w.tell(w.db.addItem("q2"))
    expect(short(w.settle())).toEqual(["assign q1 ana"])
    w.wait(15)
    expect(short(w.settle())).toEqual(["assign q2 ana"])
  })

  describe("offers", () => {
    const banner = { offerBanner: true }

    test("an offered message holds the next one back as the delay after it does; declined, the next is offered at once", () => {
      const w = world(kind, { ...banner, routingDelaySeconds: 15 })
      w.tell(w.db.addAgent("ana"))
      for (const id of ["q1", "q2", "q3"]) w.tell(w.db.addItem(id))
      expect(short(w.settle())).toEqual(["offer q1 ana"])
      expect(w.engine.explain("q2", w.now())?.candidates).toEqual([{ agentId: "ana", excludedBy: "routing_delay" }])
      w.tell(w.db.decline(pendingOffers(w)[0]?.id ?? "", 20))
      expect(short(w.settle())).toEqual(["offer q2 ana"])
    })

    test("a message is offered where the banner is on and returns to its place when declined; the other agent gets it", () => {
      const w = world(kind, banner)
      w.tell(w.db.addAgent("ana"))
      w.tell(w.db.addAgent("ben", { messagingLoad: 1 }))
      w.tell(w.db.addItem("q1"))
      const [offer] = w.settle()
      expect(offer).toMatchObject({ type: "offer", agentId: "ana", deadlineAt: w.now() + seconds(30) })
      w.tell(w.db.decline(pendingOffers(w)[0]?.id ?? "", 20))
      expect(short(w.settle())).toEqual(["offer q1 ben"])
      // Ben has had it since, so Ana may be asked again at once.
      w.tell(w.db.decline(pendingOffers(w)[0]?.id ?? "", 20))
      expect(short(w.settle())).toEqual(["offer q1 ana"])
      // They take turns; it does not stay with the one who ranks first.
      w.tell(w.db.decline(pendingOffers(w)[0]?.id ?? "", 20))
      expect(short(w.settle())).toEqual(["offer q1 ben"])
    })

    test("nobody else eligible: the same agent is asked again after 60 s, or the decline delay where that is longer", () => {
      for (const [declineDelaySeconds, wait] of [
        [20, 60],
        [90, 90],
      ] as const) {
        const w = world(kind, { ...banner, declineDelaySeconds })
        w.tell(w.db.addAgent("ana"))
        w.tell(w.db.addItem("q1"))
        w.settle()
        w.tell(w.db.decline(pendingOffers(w)[0]?.id ?? "", declineDelaySeconds))
        expect(w.settle()).toEqual([])
        expect(w.engine.explain("q1", w.now())?.excludedCounts).toEqual({ tried_before: 1 })
        w.wait(wait - 1)
        expect(w.settle()).toEqual([])
        w.wait(1)
        expect(short(w.settle())).toEqual(["offer q1 ana"])
      }
    })

    test("the deadline passes: missed, then to the next; two misses in a row switch the group off", () => {
      const w = world(kind, banner)
      w.tell(w.db.addAgent("ana"))
      w.tell(w.db.addItem("q1"))
      expect(short(w.settle())).toEqual(["offer q1 ana"])
      expect(w.engine.nextWakeAt()).toBe(w.now() + seconds(30))
      w.wait(30)
      expect(short(w.settle())).toEqual(["miss q1 ana"])
      w.wait(60)
      expect(short(w.settle())).toEqual(["offer q1 ana"])
      w.wait(30)
      expect(short(w.settle())).toEqual(["miss q1 ana", "unavailable ana messaging"])
      w.wait(600)
      expect(w.settle()).toEqual([])
    })

    test("an accepted offer between two misses: nobody is switched off", () => {
      const w = world(kind, banner)
      w.tell(w.db.addAgent("ana"))
      w.tell(w.db.addItem("q1"))
      w.settle()
      w.wait(30)
      w.settle()
      w.wait(60)
      w.settle()
      w.tell(w.db.accept(pendingOffers(w)[0]?.id ?? ""))
      w.tell(w.db.addItem("q2"))
      w.settle()
      w.wait(30)
      expect(short(w.settle())).toEqual(["miss q2 ana"])
    })

    test.each([
      ["away", { status: "away" as const }],
      ["logged_out", { status: "logged_out" as const }],
      ["disconnected", { connected: false }],
      ["focus", { focused: true }],
      ["settings", { settingsUntil: Number.POSITIVE_INFINITY }],
      ["switched_off", { availableFor: ["mail" as const] }],
      ["inbox_removed", { inboxIds: ["returns"] }],
    ])("an offer to an agent who goes %s is taken back and goes to another", (reason, change) => {
      const w = world(kind, banner)
      w.tell(w.db.addAgent("ana"))
      w.tell(w.db.addAgent("ben", { messagingLoad: 1 }))
      w.tell(w.db.addItem("q1"))
      expect(short(w.settle())).toEqual(["offer q1 ana"])
      w.tell(w.db.changeAgent("ana", change))
      expect(short(w.settle())).toEqual([`withdraw q1 ana ${reason}`, "offer q1 ben"])
    })

    test("a call always rings, whatever the banner says; a declined call blocks its agent for the decline delay", () => {
      const w = world(kind)
      w.tell(w.db.addAgent("ana", { availableFor: ["voice"] }))
      w.tell(w.db.addItem("call", { group: "voice" }))
      expect(w.settle()).toMatchObject([{ type: "offer", deadlineAt: w.now() + seconds(45) }])
      w.tell(w.db.decline(pendingOffers(w)[0]?.id ?? "", 20))
      w.tell(w.db.addItem("call2", { group: "voice" }))
      expect(w.settle()).toEqual([])
      w.wait(20)
      expect(short(w.settle())).toEqual(["offer call2 ana"])
    })

    test("messages that ring lapse when the agent takes a call, unless messages go on during calls", () => {
      for (const messagingDuringCall of [false, true]) {
        const w = world(kind, { ...banner, messagingDuringCall })
        w.tell(w.db.addAgent("ana", { availableFor: ["voice", "messaging"] }))
        w.tell(w.db.addItem("q1"))
        w.settle()
        w.tell(w.db.addItem("call", { group: "voice" }))
        expect(short(w.settle())).toEqual(["offer call ana"])
        const ringing = pendingOffers(w).find((offer) => offer.group === "voice")
        w.tell(w.db.accept(ringing?.id ?? ""))
        expect(short(w.settle())).toEqual(messagingDuringCall ? [] : ["withdraw q1 ana on_call"])
      }
    })
  })

  describe("absence", () => {
    test.each([
      ["messaging" as const, 120],
      ["mail" as const, 14_400],
    ])("assigned %s that waits for an absent agent is queued again after the grace", (group, grace) => {
      const w = world(kind)
      w.tell(w.db.addAgent("ana"))
      w.tell(w.db.addItem("q1", { group }))
      w.settle()
      w.wait(5)
      w.tell(w.db.changeAgent("ana", { status: "away" }))
      expect(w.settle()).toEqual([])
      expect(w.engine.nextWakeAt()).toBe(w.now() + seconds(grace))
      w.wait(grace - 1)
      expect(w.settle()).toEqual([])
      w.wait(1)
      expect(short(w.settle())).toEqual(["requeue_absent of q1 ana"])
    })

    test("who returns within the grace keeps it; the grace of later work starts with its message", () => {
      const w = world(kind)
      w.tell(w.db.addAgent("ana"))
      w.tell(w.db.addItem("q1"))
      w.settle()
      w.tell(w.db.changeAgent("ana", { connected: false }))
      w.settle()
      w.wait(119)
      w.tell(w.db.changeAgent("ana", { connected: true }))
      w.wait(10)
      expect(w.settle()).toEqual([])
    })
  })

  describe("facts and commits (routing.md 3.5)", () => {
    test("facts may come twice and in any order: only a newer version counts", () => {
      const w = world(kind)
      const [v1] = w.db.addItem("q1")
      const [v2] = w.db.cancel("q1")
      if (!v1 || !v2) throw new Error("no events")
      w.tell(w.db.addAgent("ana"))
      w.tell([v2, v1, v2, v1])
      expect(w.decide()).toEqual([])
    })

    test("a decision holds its item and the agent's seat until it is answered", () => {
      const w = world(kind)
      w.tell(w.db.addAgent("ana", { standardCapacity: 1, maximumCapacity: 1 }))
      w.tell(w.db.addItem("q1"))
      w.tell(w.db.addItem("q2"))
      expect(short(w.decide())).toEqual(["assign q1 ana"])
      expect(w.decide()).toEqual([])
      expect(w.engine.explain("q1", w.now())?.state).toBe("being_assigned")
    })

    test("an accepted decision whose rows have not arrived yet keeps holding", () => {
      const w = world(kind)
      w.tell(w.db.addAgent("ana", { standardCapacity: 1, maximumCapacity: 1 }))
      w.tell(w.db.addItem("q1"))
      const [decision] = w.decide()
      if (!decision) throw new Error("no decision")
      const rows = w.db.commit(decision) ?? []
      w.engine.apply({ at: w.now(), type: "commit_answered", decisionId: decision.id, outcome: "accepted" })
      w.tell(w.db.addItem("q2"))
      expect(w.decide()).toEqual([])
      w.tell(rows)
      expect(w.decide()).toEqual([])
      w.tell(w.db.finish("of q1"))
      expect(short(w.decide())).toEqual(["assign q2 ana"])
    })

    test("a refused pair is not proposed again until one of its rows has changed", () => {
      const w = world(kind)
      w.tell(w.db.addAgent("ana"))
      w.tell(w.db.addItem("q1"))
      const [decision] = w.decide()
      w.engine.apply({ at: w.now(), type: "commit_answered", decisionId: decision?.id ?? 0, outcome: "refused" })
      expect(w.decide()).toEqual([])
      w.tell(w.db.addAgent("ben", { messagingLoad: 1 }))
      const [other] = w.decide()
      expect(other).toMatchObject({ itemId: "q1", agentId: "ben" })
      w.engine.apply({ at: w.now(), type: "commit_answered", decisionId: other?.id ?? 0, outcome: "refused" })
      w.tell(w.db.changeAgent("ana", { availableFor: ["messaging"] }))
      expect(short(w.decide())).toEqual(["assign q1 ana"])
    })

    test("what was refused at equal versions is tried again a second later: the guard may know what no row says", () => {
      const w = world(kind)
      w.tell(w.db.addAgent("ana"))
      w.tell(w.db.addItem("q1"))
      const [decision] = w.decide()
      w.engine.apply({ at: w.now(), type: "commit_answered", decisionId: decision?.id ?? 0, outcome: "refused" })
      expect(w.decide()).toEqual([])
      expect(w.engine.nextWakeAt()).toBe(w.now() + 1000)
      w.wait(1)
      expect(short(w.decide())).toEqual(["assign q1 ana"])
    })

    test("a miss that the database's clock refuses is tried again a second later", () => {
      const w = world(kind, { offerBanner: true })
      w.tell(w.db.addAgent("ana"))
      w.tell(w.db.addItem("q1"))
      w.settle()
      w.wait(30)
      const [miss] = w.decide()
      w.engine.apply({ at: w.now(), type: "commit_answered", decisionId: miss?.id ?? 0, outcome: "refused" })
      expect(w.decide()).toEqual([])
      w.wait(1)
      expect(short(w.decide())).toEqual(["miss q1 ana"])
    })

    test("an unknown outcome freezes item and agent until the rows were read again", () => {
      const w = world(kind)
      w.tell(w.db.addAgent("ana"))
      w.tell(w.db.addItem("q1"))
      const decisionId = w.decide()[0]?.id ?? 0
      w.engine.apply({ at: w.now(), type: "commit_answered", decisionId, outcome: "unknown" })
      w.tell(w.db.addItem("q2"))
      expect(w.decide()).toEqual([])
      w.engine.apply({ at: w.now(), type: "commit_answered", decisionId, outcome: "dropped" })
      expect(short(w.decide())).toEqual(["assign q1 ana", "assign q2 ana"])
    })

    test("a reservation is a decision like any other, but never jumps the queue", () => {
      const w = world(kind)
      w.tell(w.db.addAgent("ana", { standardCapacity: 1, maximumCapacity: 1 }))
      const fresh = new FakeDatabase().at(w.now()).addItem("q1")[0]
      const first = new FakeDatabase().at(w.now() - 1000).addItem("q0")[0]
      if (fresh?.type !== "item_changed" || first?.type !== "item_changed") throw new Error("no item")
      const reserved = w.engine.reserve(fresh.item, w.now())
      expect(reserved).toMatchObject({ type: "assign", itemId: "q1", agentId: "ana" })
      expect(w.engine.reserve({ ...fresh.item, id: "q2" }, w.now())).toBeNull()
      w.engine.apply({ at: w.now(), type: "commit_answered", decisionId: reserved?.id ?? 0, outcome: "dropped" })
      w.tell([first])
      expect(w.engine.reserve(fresh.item, w.now())).toBeNull()
      expect(short(w.decide())).toEqual(["assign q0 ana"])
    })

    test("a refused Next is tried again", () => {
      const w = world(kind)
      w.tell(w.db.addAgent("ana", { mailCredit: 0 }))
      w.tell(w.db.addItem("m1", { group: "mail" }))
      w.tell(w.db.addItem("m2", { group: "mail" }))
      w.tell(w.db.requestPull("ana"))
      const [decision] = w.decide()
      w.engine.apply({ at: w.now(), type: "commit_answered", decisionId: decision?.id ?? 0, outcome: "refused" })
      expect(w.decide()).toMatchObject([{ itemId: "m2", pull: true }])
    })
  })

  test("the reasons are kept as codes and numbers", () => {
    const w = world(kind)
    w.tell(w.db.addAgent("ana"))
    w.tell(w.db.addAgent("ben", { messagingLoad: 1 }))
    w.tell(w.db.addAgent("cy", { status: "away" }))
    w.tell(w.db.addAgent("di", { status: "away" }))
    w.tell(w.db.addItem("q1"))
    const why = w.decide()[0]?.because
    expect(why).toEqual({
      rule: "best_pair",
      configVersion: 1,
      match: {
        score: 0,
        decidedAt: w.now(),
        place: 1,
        queueLength: 1,
        chosen: { load: 0, capacity: 2, idleSince: null },
        alsoEligible: 1,
        members: 4,
        excluded: [["away", 2, ["cy", "di"]]],
      },
    })
    expect(JSON.stringify(why).length).toBeLessThan(400)
  })

  test.each([60, 300])("of %i members the reasons are counted, with five examples each", (members) => {
    const w = world(kind)
    const names = Array.from({ length: members }, (_, n) => `a${String(n).padStart(3, "0")}`)
    for (const [n, id] of names.entries())
      w.tell(w.db.addAgent(id, n % 3 === 0 ? { status: "away" } : n % 3 === 1 ? { messagingLoad: 2 } : {}))
    w.tell(w.db.addItem("q1"))
    const match = w.decide()[0]?.because.match
    expect(match).toMatchObject({ members, alsoEligible: members / 3 - 1 })
    expect(match?.excluded).toEqual([
      ["at_capacity", members / 3, ["a001", "a004", "a007", "a010", "a013"]],
      ["away", members / 3, ["a000", "a003", "a006", "a009", "a012"]],
    ])
    // Whoever changes is counted anew; the chosen one is not among the others.
    w.tell(w.db.changeAgent("a000", { status: "logged_in", inboxIds: ["support", "returns"] }))
    w.tell(w.db.changeAgent("a003", { inboxIds: ["returns"] }))
    w.tell(w.db.changeAgent("a001", { messagingLoad: 1 }))
    w.tell(w.db.requestPull("a004"))
    w.tell(w.db.addItem("q2"))
    const pulled = w.decide()[0]?.because.match
    expect(pulled).toMatchObject({ members: members - 1, alsoEligible: members / 3 + 2 })
    expect(pulled?.excluded).toEqual([
      ["at_capacity", members / 3 - 2, ["a007", "a010", "a013", "a016", "a019"]],
      ["away", members / 3 - 2, ["a006", "a009", "a012", "a015", "a018"]],
    ])
  })

  test("of many members, those who declined are counted too", () => {
    const w = world(kind, { offerBanner: true })
    for (let n = 10; n < 70; n += 1) w.tell(w.db.addAgent(`a${n}`))
    w.tell(w.db.addItem("q1"))
    for (let n = 0; n < 7; n += 1) {
      w.settle()
      w.tell(w.db.decline(pendingOffers(w)[0]?.id ?? "", 20))
    }
    const match = w.decide()[0]?.because.match
    expect(match).toMatchObject({ members: 60, alsoEligible: 52 })
    expect(match?.excluded).toEqual([["tried_before", 7, ["a10", "a11", "a12", "a13", "a14"]]])
  })

  test("what is refused three times at equal versions is told: the engine or the guard is wrong", () => {
    const w = world(kind)
    w.tell(w.db.addAgent("ana"))
    w.tell(w.db.addItem("q1"))
    const refuse = () => {
      const [decision] = w.decide()
      w.engine.apply({ at: w.now(), type: "commit_answered", decisionId: decision?.id ?? 0, outcome: "refused" })
      w.wait(1)
    }
    refuse()
    refuse()
    // A new version is a new case.
    w.tell(w.db.changeAgent("ana", { availableFor: ["messaging"] }))
    refuse()
    refuse()
    expect(w.engine.takeHotRefusals()).toEqual([])
    refuse()
    expect(w.engine.takeHotRefusals()).toEqual([{ decision: "assign", id: "q1", agentId: "ana" }])
    refuse()
    expect(w.engine.takeHotRefusals()).toEqual([])
  })

  test("two misses count although the commit that switches off was lost", () => {
    const w = world(kind, { offerBanner: true })
    w.tell(w.db.addAgent("ana"))
    w.tell(w.db.addItem("q1"))
    for (const pause of [30, 60, 30]) {
      w.settle()
      w.wait(pause)
    }
    const [miss] = w.decide()
    if (!miss) throw new Error("no miss")
    w.tell(w.db.commit(miss) ?? [])
    const [off] = w.decide()
    expect(off).toMatchObject({ type: "unavailable" })
    w.engine.apply({ at: w.now(), type: "commit_answered", decisionId: off?.id ?? 0, outcome: "unknown" })
    expect(w.decide()).toEqual([])
    w.engine.apply({ at: w.now(), type: "commit_answered", decisionId: off?.id ?? 0, outcome: "dropped" })
    expect(short(w.decide())).toEqual(["unavailable ana messaging"])
  })

  test("the audit sees every row in turn, and what version is known of one that is gone", () => {
    const w = world(kind)
    for (let n = 100; n < 350; n += 1) w.tell(w.db.addItem(`q${n}`))
    const seen = new Set<string>()
    for (let round = 0; round < 13; round += 1) for (const { id } of w.engine.sample().items) seen.add(id)
    expect(seen.size).toBe(250)
    expect(w.engine.versionOf("item", "q100")).toBe(1)
    w.tell(w.db.cancel("q100"))
    expect(w.engine.versionOf("item", "q100")).toBe(2)
    expect(w.engine.versionOf("item", "q999")).toBe(0)
    // Again from the beginning, without what has gone.
    expect(w.engine.sample().items[0]?.id).toBe("q101")
  })
})
