import type { ChannelRouting } from "../../../../src/core/entry-points/channel-routing.ts"
import type { EntryPoint } from "../../../../src/core/entry-points/entry-point.ts"
import type { Inbox } from "../../../../src/core/inboxes/inbox.ts"
import { parseSlaMinutes } from "../../../../src/core/sla/minutes.ts"
import { entryPointName } from "../../field/entry-point-label.tsx"
import { isChanged, type SectionDraft } from "./section-draft.ts"

/** What the picture shows: sources at the left, each with its route; Inboxes in the middle in order of first arrival. */
export type Source = {
  key: string
  title: string
  kind: "default" | "exception" | "unsaved"
  /** Null while no Inbox is chosen. */
  inboxId: string | null
  /** Until Save: where it goes today, when that differs. */
  todayInboxId: string | null
}
export type Target = {
  inboxId: string
  name: string
  members: number
  /** What the ways to it promise, shortest first: more than one where their SLA differs. */
  seconds: number[]
  error: boolean
}
export type Picture = { sources: Source[]; targets: Target[]; hidden: number }

const exceptionsShownMost = 6

export function makePicture(
  routing: ChannelRouting,
  draft: SectionDraft,
  entryPoints: EntryPoint[],
  inboxes: Map<string, Inbox>,
): Picture {
  const byId = new Map(entryPoints.map((each) => [each.id, each]))
  const rows = draft.exceptions.filter((row) => row.entryPointId && byId.has(row.entryPointId))
  const excepted = new Set(rows.map((row) => row.entryPointId))
  const rest = entryPoints.filter((each) => !excepted.has(each.id))
  const today = (id: string) =>
    routing.exceptions.find((each) => each.entryPointId === id)?.inboxId ?? routing.defaultInboxId
  const choices: { inboxId: string | null; sla: string }[] = []
  const sources: Source[] = []
  if (rest.length > 0) {
    const moved = draft.defaultInboxId !== routing.defaultInboxId
    const changed = moved || draft.defaultSla.trim() !== (routing.defaultSlaMinutesText ?? "")
    sources.push({
      key: "default",
      title: restTitle(rest),
      kind: changed ? "unsaved" : "default",
      inboxId: draft.defaultInboxId,
      todayInboxId: moved ? routing.defaultInboxId : null,
    })
    choices.push({ inboxId: draft.defaultInboxId, sla: draft.defaultSla })
  }
  for (const row of rows.slice(0, exceptionsShownMost)) {
    const id = row.entryPointId ?? ""
    const entryPoint = byId.get(id)
    const changed = isChanged(routing, row)
    const before = today(id)
    sources.push({
      key: row.key,
      title: entryPoint ? shortName(entryPoint) : id,
      kind: changed ? "unsaved" : "exception",
      inboxId: row.inboxId,
      todayInboxId: changed && before !== row.inboxId ? before : null,
    })
    choices.push({ inboxId: row.inboxId, sla: row.sla })
  }
  const targets: Target[] = []
  for (const { inboxId: chosenId, sla } of choices) {
    const inbox = inboxes.get(chosenId ?? "")
    if (!inbox) continue
    const { id: inboxId, name, memberCount: members } = inbox
    const target: Target = targets.find((each) => each.inboxId === inboxId) ?? {
      inboxId,
      name,
      members,
      seconds: [],
      error: false,
    }
    if (!targets.includes(target)) targets.push(target)
    const parsed = parseSlaMinutes(sla)
    if (!parsed.ok) target.error = true
    else target.seconds = sortedOnce([...target.seconds, parsed.seconds ?? inbox.slaSeconds])
  }
  return { sources, targets, hidden: Math.max(0, rows.length - exceptionsShownMost) }
}

function sortedOnce(numbers: number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b)
}

/** "billing@" of an address, the formatted number, the app's name. */
export function shortName(entryPoint: EntryPoint): string {
  const name = entryPointName(entryPoint)
  return entryPoint.kind === "email" ? name.replace(/@.*$/, "@") : name
}

function restTitle(rest: EntryPoint[]): string {
  const first = rest[0]
  if (!first) return ""
  return rest.length === 1 ? shortName(first) : String(rest.length)
}
