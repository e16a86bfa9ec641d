import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Resolution } from "../entry-points/resolve.ts"
import type { StickyAgent } from "./former-agent.ts"
import {
  type ContactFact,
  type ConversationFact,
  type CustomerFacts,
  type ItemFact,
  type PlacedMessage,
  type PlaceSettings,
  place,
  type TextChannel,
} from "./place.ts"

const noon = Date.parse("2026-11-21T12:00:00Z")
const at = (seconds: number) => new Date(noon + seconds * 1000)

const settings: PlaceSettings = {
  reopenSeconds: 7 * 86_400,
  sameAgentSeconds: { messaging: 900, mail: 86_400 },
  mailAssignTo: "same_agent",
}

const support: Resolution = {
  inboxId: "support",
  inboxName: "Support",
  inboxSource: "default",
  slaSeconds: 3600,
  slaSource: "inbox",
}

let messages = 0
function message(channel: TextChannel, seconds: number, more: Partial<PlacedMessage> = {}): PlacedMessage {
  messages += 1
  const id = `m${String(messages).padStart(4, "0")}`
  return {
    id,
    channel,
    receivedAt: at(seconds),
    entryPointId: `${channel}-1`,
    resolution: support,
    threaded: false,
    ...more,
  }
}

const ana: StickyAgent = {
  id: "ana",
  deactivated: false,
  present: true,
  lastLoggedInAt: at(-3600),
  messagingLoad: 0,
  maximumCapacity: 6,
  inboxIds: new Set(["support"]),
}
const absent: StickyAgent = { ...ana, present: false }

const conversation: ConversationFact = {
  id: "c1",
  inboxId: "billing",
  agentId: null,
  awaitingSince: null,
  dueAt: null,
  dueBecause: null,
  closedAt: null,
  lastActivityAt: at(-60),
}
const awaiting = {
  awaitingSince: at(-60),
  dueAt: at(600),
  dueBecause: {
    messageId: "m0",
    entryPointId: "chat-1",
    receivedAt: at(-60).toISOString(),
    slaSeconds: 660,
    slaSource: "inbox",
  },
} as const

const nobody: CustomerFacts = { conversation: null, contacts: [], item: null, agent: null }
const contact = (channel: TextChannel, state: ContactFact["state"], more: Partial<ContactFact> = {}): ContactFact => ({
  id: `${channel}-contact`,
  channel,
  state,
  awaitingSince: null,
  dueAt: null,
  slaSeconds: null,
  slaSource: null,
  ...more,
})
const item = (more: Partial<ItemFact> = {}): ItemFact => ({
  id: "q1",
  state: "waiting",
  channelGroup: "mail",
  dueAt: at(600),
  ...more,
})

function run(facts: CustomerFacts, arrived: PlacedMessage[], more: Partial<PlaceSettings> = {}) {
  let ids = 0
  return place(facts, arrived, { ...settings, ...more }, at(0), () => `id${++ids}`)
}

describe("a first message (1.1, 1.2)", () => {
  test("S3 S33 S66 begins a conversation in the Inbox of its entry point, due by its SLA, and queues", () => {
    const first = message("email", 0)
    const plan = run(nobody, [first])
    expect(plan.conversation).toMatchObject({
      type: "create",
      status: "new",
      inboxId: "support",
      agentId: null,
      awaitingSince: at(0),
      dueAt: at(3600),
      dueBecause: { messageId: first.id, entryPointId: "email-1", slaSeconds: 3600, slaSource: "inbox" },
    })
    expect(plan.contacts).toMatchObject([
      { type: "create", channel: "email", state: "queued", inboxId: "support", dueAt: at(3600), awaitingSince: at(0) },
    ])
    expect(plan.item).toMatchObject({
      type: "create",
      lane: "text",
      inboxId: "support",
      channelGroup: "mail",
      tier: 2,
      dueAt: at(3600),
    })
    expect(plan.because).toEqual({ conversation: "created", agent: "no_agent" })
    expect(plan.messages).toEqual([{ id: first.id, contactId: plan.contacts[0]?.id }])
    expect([plan.assignment, plan.seat]).toEqual([null, null])
  })

  test("several messages of a batch fold in received order into one conversation, one item, a contact per channel", () => {
    const quick = { ...support, slaSeconds: 60 }
    const plan = run(nobody, [message("chat", 20, { resolution: quick }), message("email", 0), message("email", 5)])
    expect(plan.conversation).toMatchObject({ type: "create", awaitingSince: at(0), dueAt: at(80) })
    expect(plan.conversation.dueBecause.entryPointId).toBe("chat-1")
    expect(plan.contacts.map(({ channel, state, dueAt }) => [channel, state, dueAt])).toEqual([
      ["email", "queued", at(3600)],
      ["chat", "queued", at(80)],
    ])
    expect(plan.item).toMatchObject({
      channelGroup: "messaging",
      tier: 1,
      dueAt: at(80),
      queuedAt: at(0),
      messageCount: 3,
    })
    expect(plan.messages).toHaveLength(3)
  })
})

describe("an open conversation (1.1-1.3, 1.7)", () => {
  test("keeps its Inbox, whatever the entry point used now says", () => {
    expect(run({ ...nobody, conversation }, [message("chat", 0)])).toMatchObject({
      conversation: { type: "join", inboxId: "billing", status: "new" },
      contacts: [{ inboxId: "billing" }],
      item: { type: "create", inboxId: "billing" },
    })
  })

  test("not awaiting: awaits from now, due by this message", () => {
    const plan = run({ ...nobody, conversation }, [message("sms", 0)])
    expect(plan.conversation).toMatchObject({ awaitingSince: at(0), dueAt: at(3600) })
  })

  test("awaiting: the first instant is kept and the earlier due date wins, with its cause", () => {
    const facts = { ...nobody, conversation: { ...conversation, ...awaiting } }
    expect(run(facts, [message("sms", 0)]).conversation).toMatchObject({
      awaitingSince: at(-60),
      dueAt: at(600),
      dueBecause: { messageId: "m0" },
    })
    const sooner = message("sms", 0, { resolution: { ...support, slaSeconds: 30, slaSource: "exception" } })
    expect(run(facts, [sooner]).conversation).toMatchObject({
      awaitingSince: at(-60),
      dueAt: at(30),
      dueBecause: { messageId: sooner.id, slaSource: "exception" },
    })
  })

  test("a live queue item is joined: due least, tier rises, an offer stands", () => {
    const facts: CustomerFacts = {
      conversation: { ...conversation, ...awaiting },
      contacts: [contact("email", "offered")],
      item: item({ state: "offered" }),
      agent: null,
    }
    const plan = run(facts, [message("chat", 0)])
    expect(plan.item).toEqual({
      type: "join",
      id: "q1",
      channelGroup: "messaging",
      tier: 1,
      dueAt: at(600),
      messageCount: 1,
    })
    expect(plan.contacts).toMatchObject([{ type: "create", channel: "chat", state: "offered" }])
    expect(plan.because.agent).toBe("already_queued")
  })

  test("a queued contact of the same channel is joined and stays queued", () => {
    const facts = {
      conversation: { ...conversation, ...awaiting },
      contacts: [contact("chat", "queued")],
      item: item({ channelGroup: "messaging" }),
      agent: null,
    }
    const plan = run(facts, [message("chat", 0), message("chat", 1)])
    expect(plan.contacts).toMatchObject([{ type: "join", id: "chat-contact", state: "queued" }])
    expect(plan.item).toMatchObject({ type: "join", tier: 1, messageCount: 2 })
  })

  test("nobody has it and its contact was answered: it queues again", () => {
    const plan = run({ ...nobody, conversation, contacts: [contact("chat", "active")] }, [message("chat", 0)])
    expect(plan.contacts).toMatchObject([{ type: "join", state: "queued" }])
    expect(plan.item).toMatchObject({ type: "create", contactId: "chat-contact" })
  })

  test("the same channel while assigned: awaiting again, no queue, even while the agent is absent (the grace takes it back)", () => {
    for (const agent of [ana, absent]) {
      const facts = {
        conversation: { ...conversation, agentId: "ana" },
        contacts: [contact("chat", "active")],
        item: null,
        agent,
      }
      const plan = run(facts, [message("chat", 0)])
      expect(plan.conversation).toMatchObject({ status: "open", agentId: "ana", awaitingSince: at(0) })
      expect(plan.contacts).toMatchObject([{ type: "join", state: "active", awaitingSince: at(0) }])
      expect(plan.item).toEqual({ type: "none" })
      expect(plan.seat).toBeNull()
    }
  })

  test("another channel while the agent is present: active at once, load may rise above the maximum", () => {
    const full = { ...ana, messagingLoad: 6 }
    const facts = {
      conversation: { ...conversation, agentId: "ana" },
      contacts: [contact("email", "active")],
      item: null,
      agent: full,
    }
    const plan = run(facts, [message("chat", 0)])
    expect(plan.contacts).toMatchObject([{ type: "create", channel: "chat", state: "active" }])
    expect(plan.item).toEqual({ type: "none" })
    expect(plan.seat).toEqual({ agentId: "ana", group: "messaging", via: "sticky" })
    expect(plan.because.agent).toBe("agent_present")
  })

  test("another channel while the agent is absent: queues normally, the agent keeps it until another accepts", () => {
    const facts = {
      conversation: { ...conversation, agentId: "ana" },
      contacts: [contact("chat", "active")],
      item: null,
      agent: absent,
    }
    const plan = run(facts, [message("email", 0)])
    expect(plan.conversation).toMatchObject({ status: "open", agentId: "ana" })
    expect(plan.contacts).toMatchObject([{ channel: "email", state: "queued" }])
    // Who takes it takes the chat too, so it needs a messaging seat.
    expect(plan.item).toMatchObject({ type: "create", channelGroup: "messaging", tier: 1 })
    expect(plan.because.agent).toBe("agent_absent")
  })

  test("an idle session has ended: the next text of the customer is active with a present agent and takes a seat", () => {
    const facts = { ...nobody, conversation: { ...conversation, agentId: "ana" }, agent: ana }
    expect(run(facts, [message("sms", 0)])).toMatchObject({
      contacts: [{ type: "create", state: "active" }],
      item: { type: "none" },
      seat: { agentId: "ana", group: "messaging" },
    })
  })

  test("the item of a conversation learns of messages on a contact that the absent agent has", () => {
    const facts = {
      conversation: { ...conversation, agentId: "ana", ...awaiting },
      contacts: [contact("chat", "active"), contact("email", "queued")],
      item: item({ channelGroup: "messaging" }),
      agent: absent,
    }
    const quick = message("chat", 0, { resolution: { ...support, slaSeconds: 10 } })
    expect(run(facts, [quick])).toMatchObject({
      contacts: [{ state: "active" }],
      item: { type: "join", dueAt: at(10), messageCount: 1 },
    })
  })
})

describe("threaded mail and an absent agent (1.7)", () => {
  const facts = { ...nobody, conversation: { ...conversation, agentId: "ana" }, agent: absent }
  const threaded = () => [message("email", 0, { threaded: true })]

  test("waits for the agent within the limit, if logged in within 24 h", () => {
    const plan = run(facts, threaded())
    expect(plan).toMatchObject({ contacts: [{ state: "active" }], item: { type: "none" }, seat: { group: "mail" } })
    expect(plan.because.agent).toBe("threaded_mail")
  })

  test.each([
    ["not threaded", facts, { threaded: false }, {}],
    ["no login for 24 h", { ...facts, agent: { ...absent, lastLoggedInAt: at(-86_401) } }, { threaded: true }, {}],
    ["never logged in", { ...facts, agent: { ...absent, lastLoggedInAt: null } }, { threaded: true }, {}],
    ["deactivated", { ...facts, agent: { ...absent, deactivated: true } }, { threaded: true }, {}],
    [
      "limit over",
      { ...facts, conversation: { ...facts.conversation, lastActivityAt: at(-86_401) } },
      { threaded: true },
      {},
    ],
    ["mail goes to the next available", facts, { threaded: true }, { mailAssignTo: "next_available" as const }],
  ])("queues: %s", (_name, given, mail, more) => {
    const plan = run(given, [message("email", 0, mail)], more)
    expect(plan).toMatchObject({
      contacts: [{ state: "queued" }],
      item: { type: "create" },
      because: { agent: "agent_absent" },
    })
  })
})

describe("a closed conversation (1.2, 1.7)", () => {
  const closed = { ...conversation, closedAt: at(-60), lastActivityAt: at(-60) }
  const facts: CustomerFacts = { ...nobody, conversation: closed, agent: ana }

  test("within the window it reopens in the Inbox used now, with its former agent", () => {
    const plan = run(facts, [message("chat", 0)])
    expect(plan.conversation).toMatchObject({
      type: "reopen",
      id: "c1",
      inboxId: "support",
      status: "open",
      agentId: "ana",
      reopenedAt: at(0),
      dueAt: at(3600),
    })
    expect(plan.contacts).toMatchObject([{ type: "create", state: "active" }])
    expect(plan.item).toEqual({ type: "none" })
    expect(plan.assignment).toEqual({ agentId: "ana", reason: "contact_inbound" })
    expect(plan.seat).toEqual({ agentId: "ana", group: "messaging", via: "sticky" })
    expect(plan.because).toEqual({ conversation: "reopened", agent: "former_agent" })
  })

  test("after the window a new one begins", () => {
    const old = { ...facts, conversation: { ...closed, closedAt: at(-7 * 86_400 - 1) } }
    expect(run(old, [message("chat", 0)])).toMatchObject({
      conversation: { type: "create", status: "new", agentId: null },
    })
    const justIn = { ...facts, conversation: { ...closed, closedAt: at(-7 * 86_400) } }
    expect(run(justIn, [message("chat", 0)]).conversation.type).toBe("reopen")
  })

  test.each([
    ["former_agent_absent", { agent: absent }, "chat" as const, {}],
    ["former_agent_not_member", { agent: { ...ana, inboxIds: new Set(["billing"]) } }, "chat" as const, {}],
    ["former_agent_full", { agent: { ...ana, messagingLoad: 6 } }, "chat" as const, {}],
    ["former_agent_deactivated", { agent: { ...ana, deactivated: true } }, "chat" as const, {}],
    ["same_agent_limit_over", { conversation: { ...closed, lastActivityAt: at(-901) } }, "chat" as const, {}],
    ["mail_to_next_available", {}, "email" as const, { mailAssignTo: "next_available" as const }],
    ["no_agent", { agent: null }, "chat" as const, {}],
  ])("never stuck with an agent who cannot serve: %s", (because, given, channel, more) => {
    const plan = run({ ...facts, ...given }, [message(channel, 0)], more)
    expect(plan.conversation).toMatchObject({ type: "reopen", status: "new", agentId: null, inboxId: "support" })
    expect(plan.item).toMatchObject({ type: "create", inboxId: "support" })
    expect(plan.assignment).toBeNull()
    expect(plan.because.agent).toBe(because)
  })

  test("mail has its own limit and no capacity", () => {
    const late = {
      ...facts,
      conversation: { ...closed, lastActivityAt: at(-80_000) },
      agent: { ...ana, messagingLoad: 6 },
    }
    expect(run(late, [message("email", 0)])).toMatchObject({
      conversation: { agentId: "ana" },
      seat: { group: "mail" },
    })
  })

  test("a batch that reopens: the second message joins what the first began", () => {
    const plan = run(facts, [message("chat", 0), message("chat", 1), message("email", 2)])
    expect(plan.contacts.map(({ channel, state }) => [channel, state])).toEqual([
      ["chat", "active"],
      ["email", "active"],
    ])
    expect(plan.item).toEqual({ type: "none" })
  })
})

test("I8 I13 whatever arrives: due never rises while awaiting, and what nobody has is queued", () => {
  const channel = fc.constantFrom<TextChannel>("chat", "sms", "email")
  const arrived = fc.array(fc.record({ channel, seconds: fc.nat(10_000), sla: fc.integer({ min: 1, max: 9000 }) }), {
    minLength: 1,
    maxLength: 8,
  })
  const contacts = fc.subarray<ContactFact>([contact("chat", "active"), contact("email", "active")])
  const who = fc.constantFrom(null, ana, absent)
  const state = fc.constantFrom<Partial<ConversationFact> | null>(null, {}, awaiting, { closedAt: at(-60) })
  fc.assert(
    fc.property(arrived, contacts, who, state, (texts, live, agent, given) => {
      const base = given && { ...conversation, ...given, agentId: agent && !given.closedAt ? agent.id : null }
      const facts: CustomerFacts = {
        conversation: base,
        contacts: base && !base.closedAt ? live : [],
        item: null,
        agent,
      }
      const list = texts.map(({ channel: on, seconds, sla }) =>
        message(on, seconds, { resolution: { ...support, slaSeconds: sla } }),
      )
      const plan = run(facts, list)
      if (base?.awaitingSince && base.dueAt && !base.closedAt) expect(plan.conversation.dueAt <= base.dueAt).toBe(true)
      expect(plan.conversation.status).toBe(plan.conversation.agentId ? "open" : "new")
      if (!plan.conversation.agentId) expect(plan.item.type).toBe("create")
      if (plan.contacts.some((each) => each.state === "queued")) expect(plan.item.type).toBe("create")
      expect(new Set(plan.messages.map(({ id }) => id)).size).toBe(list.length)
      for (const { contactId } of plan.messages) expect(plan.contacts.some(({ id }) => id === contactId)).toBe(true)
    }),
  )
})
