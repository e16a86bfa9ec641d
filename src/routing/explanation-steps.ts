import type { StickyBecause } from "../core/conversations/former-agent.ts"
import type { Plan } from "../core/conversations/place.ts"
import type { Resolution } from "../core/entry-points/resolve.ts"
import type { ChosenData, UnrenderedStep } from "../core/routing/explain.ts"
import type { Explanation } from "../core/routing/explanation.ts"
import type { Because, WhyWaiting, WithdrawReason } from "../core/routing/facts.ts"
import type { DecisionRow } from "../store/decisions.ts"
import type { AssignmentRow, Names, OfferEndRow } from "./explanation-rows.ts"

/** A step and its rank among those of the same instant. */
export type OrderedStep = UnrenderedStep & { order: number }

type Placement = {
  conversation: "created" | "reopened" | "joined"
  agent: StickyBecause
  customerIsNew: boolean
  entryPointId: string
  receivedAt: string
  resolution: Resolution
  defaultInboxId: string | null
  inboxId: string
  dueAt: string
}

function isPlacement(because: object): because is Placement {
  return "resolution" in because && "entryPointId" in because
}

/** Of one arrival: from where, who, which Inbox and why, which SLA and why, when due. */
export function placementSteps({ at, agentId, because }: DecisionRow, names: Names): OrderedStep[] {
  if (!isPlacement(because)) return []
  const { resolution, entryPointId, conversation } = because
  const entryPoint = names.entryPoints.get(entryPointId)
  const channel = entryPoint?.channel ?? "email"
  const inbox = names.inboxes.get(resolution.inboxId)
  const instant = at.toISOString()
  const kept = conversation === "joined"
  const dueAt = new Date(new Date(because.receivedAt).getTime() + resolution.slaSeconds * 1000).toISOString()
  const steps: UnrenderedStep[] = [
    {
      at: instant,
      kind: "received",
      data: { channel, address: entryPoint?.address ?? "", receivedAt: because.receivedAt },
    },
    { at: instant, kind: "customer", data: { name: names.customer, isNew: because.customerIsNew, conversation } },
  ]
  if (because.agent !== "no_agent" && because.agent !== "already_queued") {
    steps.push({
      at: instant,
      kind: "conversation",
      data: { agentName: (agentId && names.people.get(agentId)) || null, because: because.agent },
    })
  }
  if (kept)
    steps.push({
      at: instant,
      kind: "inbox",
      data: { inboxName: inboxName(names, because.inboxId), because: "kept", byName: null },
    })
  else {
    steps.push({
      at: instant,
      kind: "entry_point",
      settingUrl: "/settings/entry-points",
      data: {
        channel,
        inboxName: resolution.inboxName,
        inboxSource: resolution.inboxSource,
        defaultInboxName: because.defaultInboxId ? inboxName(names, because.defaultInboxId) : null,
      },
    })
  }
  steps.push({
    at: instant,
    kind: "sla",
    data: {
      slaSeconds: resolution.slaSeconds,
      slaSource: resolution.slaSource,
      slaMinutesText: typedText(resolution, entryPoint?.slaTexts, inbox),
      inboxName: resolution.inboxName,
      inboxSlaSeconds: inbox?.slaSeconds ?? resolution.slaSeconds,
      dueAt,
    },
  })
  if (because.dueAt < dueAt)
    steps.push({ at: instant, kind: "due", data: { dueAt: because.dueAt, because: "earlier_message" } })
  steps.push({ at: instant, kind: "rule", data: { activeRules: 0 } })
  return steps.map((step, order) => ({ ...step, order }))
}

function typedText(
  { slaSource, slaSeconds }: Resolution,
  texts?: ReadonlyMap<number, string>,
  inbox?: { slaSeconds: number; slaMinutesText: string },
): string | null {
  if (slaSource === "inbox") return inbox?.slaSeconds === slaSeconds ? inbox.slaMinutesText : null
  return texts?.get(slaSeconds) ?? null
}

function nameOf(names: Names, id: string | null): string {
  return (id && names.people.get(id)) || "Somebody"
}

function inboxName(names: Names, id: string): string {
  return names.inboxes.get(id)?.name ?? "an Inbox"
}

type Match = NonNullable<Because["match"]>

function matchOf({ because }: DecisionRow): Match | null {
  return "match" in because ? ((because as Because).match ?? null) : null
}

/** The place in the queue, and an offer that was made. A direct assignment is told by its own row. */
export function decisionSteps(
  row: DecisionRow,
  offers: readonly OfferEndRow[],
  names: Names,
  inboxId: string,
): OrderedStep[] {
  const match = matchOf(row)
  if (!match) return []
  const at = row.at.toISOString()
  const steps: OrderedStep[] = [
    {
      at,
      order: 20,
      kind: "queue_place",
      data: {
        inboxName: inboxName(names, inboxId),
        place: match.place,
        queueLength: match.queueLength,
        score: match.score,
      },
    },
  ]
  const offer = offers.find((one) => one.decisionId === row.id)
  if (offer)
    steps.push({
      at,
      order: 21,
      kind: "offer",
      data: { ...chosen(row, match, names), endsAt: offer.endsAt.toISOString() },
    })
  return steps
}

function chosen(row: DecisionRow, match: Match, names: Names): ChosenData {
  const { load, capacity, idleSince } = match.chosen
  return {
    agentName: nameOf(names, row.agentId),
    group: capacity === null ? "mail" : "messaging",
    load,
    capacity,
    idleSeconds: idleSince === null ? null : Math.round((row.at.getTime() - idleSince) / 1000),
    alsoEligible: match.alsoEligible,
    excluded: match.excluded.map(([code, count, agentIds]) => ({
      code,
      count,
      names: agentIds.map((id) => nameOf(names, id)),
    })),
  }
}

const withdrawReasons: readonly string[] = [
  "logged_out",
  "away",
  "disconnected",
  "focus",
  "settings",
  "switched_off",
  "inbox_removed",
  "on_call",
  "taken",
]

function isWithdrawReason(reason: string | null): reason is WithdrawReason {
  return reason !== null && withdrawReasons.includes(reason)
}

export function offerEndSteps(
  { state, decidedAt, agentId, withdrawnReason }: OfferEndRow,
  names: Names,
): OrderedStep[] {
  if (state === "pending" || !decidedAt) return []
  const reason = isWithdrawReason(withdrawnReason) ? withdrawnReason : null
  return [
    {
      at: decidedAt.toISOString(),
      order: 10,
      kind: "offer",
      data: { agentName: nameOf(names, agentId), ended: state, reason },
    },
  ]
}

export function assignmentSteps(
  assignment: AssignmentRow,
  decisions: readonly DecisionRow[],
  names: Names,
): OrderedStep[] {
  const { agentId, reason, startedAt, endedAt, endedReason } = assignment
  const decision = decisions.find((row) => row.id === assignment.decisionId && row.kind === "assign")
  const match = decision && matchOf(decision)
  const data: ChosenData =
    decision && match ? chosen(decision, match, names) : { agentName: nameOf(names, agentId), group: "messaging" }
  const steps: OrderedStep[] = [
    { at: startedAt.toISOString(), order: 30, kind: "assignment", data: { ...data, reason } },
  ]
  if (endedAt && endedReason) {
    steps.push({
      at: endedAt.toISOString(),
      order: 5,
      kind: "assignment",
      data: { agentName: nameOf(names, agentId), ended: endedReason },
    })
  }
  return steps
}

/** What holds now, for something that waits. */
export function waitingSteps(waiting: WhyWaiting, names: Names, now: Date): OrderedStep[] {
  const { group, place, queueLength, members } = waiting
  return [
    {
      at: now.toISOString(),
      order: 90,
      kind: "waiting",
      data: { inboxName: inboxName(names, waiting.inboxId), group, place, queueLength, members },
    },
    { ...candidatesStep(waiting, names, now), order: 91 },
  ]
}

function candidatesStep({ candidates, excludedCounts, members }: WhyWaiting, names: Names, at: Date): UnrenderedStep {
  const judged = candidates.map(({ agentId, excludedBy }) => ({ name: nameOf(names, agentId), excludedBy }))
  return { at: at.toISOString(), kind: "candidates", data: { candidates: judged, excludedCounts, members } }
}

/** As the API shows them. */
export function named(candidates: WhyWaiting["candidates"], names: Names): Explanation["candidates"] {
  return candidates.map(({ agentId, excludedBy }) => ({ agentId, name: names.people.get(agentId) ?? null, excludedBy }))
}

/** A request that nobody sent, and what intake would make of it. */
export type Imagined = {
  receivedAt: Date
  entryPointId: string
  /** The SLA as typed in a section that is not saved yet. */
  slaMinutesText: string | null
  customerName: string | null
  timeZone: string
  plan: Plan
  because: object
}

/** Of a request that nobody sent: its arrival, the place in the queue that it would have, and who could take it now. */
export function imaginedSteps(imagined: Imagined, waiting: WhyWaiting | null, names: Names): UnrenderedStep[] {
  const { receivedAt, entryPointId, slaMinutesText, plan, because } = imagined
  const entryPoint = names.entryPoints.get(entryPointId)
  const { slaSeconds } = plan.conversation.dueBecause
  const typed = slaMinutesText === null ? entryPoint?.slaTexts : new Map([[slaSeconds, slaMinutesText]])
  const ours: Names = entryPoint
    ? { ...names, entryPoints: new Map([[entryPointId, { ...entryPoint, slaTexts: typed ?? new Map() }]]) }
    : names
  const { agentId } = plan.conversation
  const arrival = { id: "", epoch: 0, kind: "placed", queueItemId: null, conversationId: null, agentId, because }
  const steps = placementSteps({ ...arrival, at: receivedAt }, ours).map(({ order: _order, ...step }) => step)
  if (!waiting) return steps
  const { place, queueLength, inboxId } = waiting
  return [
    ...steps,
    {
      at: receivedAt.toISOString(),
      kind: "queue_place",
      data: { inboxName: inboxName(names, inboxId), place, queueLength, score: 0 },
    },
    candidatesStep(waiting, names, receivedAt),
  ]
}

/** Who could have had it when it was decided last: the chosen one, and examples of the others with what excluded them. */
export function candidatesOf(
  decisions: readonly DecisionRow[],
  names: Names,
): Pick<Explanation, "candidates" | "excludedCounts"> {
  const last = decisions.findLast((row) => matchOf(row) !== null)
  const match = last && matchOf(last)
  if (!last?.agentId || !match) return { candidates: [] }
  const others = match.excluded.flatMap(([excludedBy, , ids]) =>
    ids.map((agentId) => ({ agentId, name: names.people.get(agentId) ?? null, excludedBy })),
  )
  return {
    candidates: [{ agentId: last.agentId, name: names.people.get(last.agentId) ?? null, excludedBy: null }, ...others],
    excludedCounts: Object.fromEntries(match.excluded.map(([code, count]) => [code, count])),
  }
}
