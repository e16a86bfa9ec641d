import { expect, test } from "vitest"
import { renderExplanation, retimedExplanation, type StepFacts } from "./explain.ts"
import type { ExplanationStep } from "./explanation.ts"
import { exclusionCodes } from "./facts.ts"

const at = "2026-11-21T15:41:00.000Z"

function textsOf(...steps: StepFacts[]): string[] {
  return renderExplanation(
    steps.map((step) => ({ at, ...step })),
    "America/New_York",
  ).map(({ text }) => text)
}

test("the worked example of the contract, word for word", () => {
  const texts = textsOf(
    { kind: "received", data: { channel: "email", address: "billing@retale.com", receivedAt: at } },
    { kind: "customer", data: { name: "Maya Chen", isNew: true, conversation: "created" } },
    {
      kind: "entry_point",
      data: { channel: "email", inboxName: "Billing", inboxSource: "exception", defaultInboxName: "General Support" },
    },
    {
      kind: "sla",
      data: {
        slaSeconds: 40,
        slaSource: "exception",
        slaMinutesText: "0.66",
        inboxName: "Billing",
        inboxSlaSeconds: 3600,
        dueAt: "2026-11-21T15:41:40.000Z",
      },
    },
    { kind: "rule", data: { activeRules: 0 } },
    { kind: "queue_place", data: { inboxName: "Billing", place: 1, queueLength: 1, score: 0 } },
    {
      kind: "assignment",
      data: { agentName: "Jordan", group: "mail", reason: "automated_assignment", alsoEligible: 0, excluded: [] },
    },
  )
  expect(texts).toEqual([
    "Came in by email on billing@retale.com at 10:41:00.",
    "New customer Maya Chen, new conversation.",
    "Entry point exception: goes to Billing (default would be General Support).",
    "SLA 40 s (0.66 min) from the exception (Inbox Billing: 60 min). Due 10:41:40.",
    "No rule is active.",
    "Queue place 1 of 1.",
    "Assigned to Jordan: member, Mail on, nobody else.",
  ])
})

test("a time of another day says the day, on the calendar of the zone", () => {
  const due = { kind: "due", data: { dueAt: "2026-11-22T04:30:00.000Z", because: "earlier_message" } } as const
  const texts = ["America/New_York", "UTC"].map((timeZone) => renderExplanation([{ at, ...due }], timeZone)[0]?.text)
  expect(texts).toEqual([
    "Due 23:30:00, as before: an earlier message waits for its answer.",
    "Due 22 Nov, 04:30:00, as before: an earlier message waits for its answer.",
  ])
})

test("steps of the API are said again on the reader's clock; an unknown kind keeps its words", () => {
  const [received] = renderExplanation(
    [{ at, kind: "received", data: { channel: "email", address: "billing@retale.com", receivedAt: at } }],
    "America/New_York",
  )
  const lookedUp: ExplanationStep = { at, kind: "lookup", text: "Found in the shop.", data: {}, settingUrl: null }
  const read: ExplanationStep[] = JSON.parse(JSON.stringify([received, lookedUp]))
  expect(retimedExplanation(read, (iso) => `<${iso}>`).map(({ text }) => text)).toEqual([
    `Came in by email on billing@retale.com at <${at}>.`,
    "Found in the shop.",
  ])
})

test("why this agent and not the others", () => {
  const [assigned, offered, waiting, candidates, ofMany] = textsOf(
    {
      kind: "assignment",
      data: {
        agentName: "Ana",
        group: "messaging",
        reason: "automated_assignment",
        load: 2,
        capacity: 4,
        idleSeconds: 360,
        alsoEligible: 1,
        excluded: [{ code: "away", count: 7, names: ["Leo", "Mia"] }],
      },
    },
    { kind: "offer", data: { agentName: "Ana", group: "voice", endsAt: at } },
    { kind: "waiting", data: { inboxName: "Billing", group: "mail", place: 2, queueLength: 3, members: 0 } },
    {
      kind: "candidates",
      data: {
        candidates: exclusionCodes.map((excludedBy, index) => ({ name: `A${index}`, excludedBy })),
      },
    },
    {
      kind: "candidates",
      data: {
        candidates: [
          { name: "Ana", excludedBy: null },
          { name: "Ben", excludedBy: "at_capacity" },
          { name: "Leo", excludedBy: "away" },
          { name: "Mia", excludedBy: "away" },
        ],
        excludedCounts: { away: 120, at_capacity: 1 },
        members: 133,
      },
    },
  )
  expect(assigned).toBe(
    "Assigned to Ana: member, Messaging on, 2 of 4 used, idle for 6 min. Also possible: 1 more. Not: Leo, Mia and 5 more (away).",
  )
  expect(offered).toBe("Offered to Ana until 10:41:00: member, Voice on, nobody else.")
  expect(waiting).toBe("Waits in Billing, place 2 of 3. Billing has no agents.")
  expect(candidates).toContain("Nobody can take it now. Not: A0 (no member), A1 (logged out), A2 (away)")
  expect(ofMany).toBe("Can take it: Ana and 11 more. Not: Leo, Mia and 118 more (away), Ben (at capacity).")
})

test("S66 S73 where an SLA comes from", () => {
  const sla = { slaMinutesText: null, inboxName: "Billing", inboxSlaSeconds: 3600, dueAt: at }
  expect(
    textsOf(
      { kind: "sla", data: { ...sla, slaSeconds: 3600, slaSource: "inbox" } },
      { kind: "sla", data: { ...sla, slaSeconds: 300, slaSource: "channel_default" } },
      { kind: "due", data: { dueAt: at, because: "earlier_message" } },
    ),
  ).toEqual([
    "SLA 1 h (60 min) from Inbox Billing. Due 10:41:00.",
    "SLA 5 min from the section's default (Inbox Billing: 60 min). Due 10:41:00.",
    "Due 10:41:00, as before: an earlier message waits for its answer.",
  ])
})

test("of whom nobody knows the name any more it says what he was", () => {
  const data = { agentName: null, because: "same_agent_limit_over" as const }
  expect(textsOf({ kind: "conversation", data })).toEqual([
    "The former agent had it last, too long ago for it to go back: it queues.",
  ])
})

test("every other step makes a sentence", () => {
  const reasons = ["agent_absent", "closed", "anything else"]
  const sticky = [
    "agent_present",
    "threaded_mail",
    "former_agent",
    "no_agent",
    "already_queued",
    "agent_absent",
  ] as const
  const former = [
    "former_agent_absent",
    "former_agent_deactivated",
    "former_agent_not_member",
    "former_agent_full",
  ] as const
  const rest = ["same_agent_limit_over", "mail_to_next_available"] as const
  const ends = ["accepted", "declined", "missed", "device_error", "withdrawn"] as const
  const texts = textsOf(
    ...[...sticky, ...former, ...rest].map((because) => ({
      kind: "conversation" as const,
      data: { agentName: "Ana", because },
    })),
    ...ends.map((ended) => ({ kind: "offer" as const, data: { agentName: "Ana", ended, reason: "away" as const } })),
    ...reasons.map((ended) => ({ kind: "assignment" as const, data: { agentName: "Ana", ended } })),
    ...["manual", "contact_inbound", "anything else"].map((reason) => ({
      kind: "assignment" as const,
      data: { agentName: "Ana", group: "mail" as const, reason },
    })),
    { kind: "inbox", data: { inboxName: "Billing", because: "kept", byName: null } },
    { kind: "inbox", data: { inboxName: "Billing", because: "transferred", byName: "Ben" } },
    { kind: "due", data: { dueAt: null, because: "answered" } },
    { kind: "due", data: { dueAt: null, because: "no_reply_needed" } },
    { kind: "due", data: { dueAt: at, because: "transferred" } },
    { kind: "rule", data: { activeRules: 2 } },
    { kind: "queue_place", data: { inboxName: "Billing", place: 2, queueLength: 12, score: 40 } },
    {
      kind: "entry_point",
      data: { channel: "sms", inboxName: "Billing", inboxSource: "default", defaultInboxName: null },
    },
  )
  for (const text of texts) expect(text).toMatch(/^[A-Z].*\.$/)
  expect(texts.join(" ")).not.toMatch(/undefined|null|_/)
})
