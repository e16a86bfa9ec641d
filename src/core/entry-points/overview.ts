import { type ChannelName, channelOfSection, sections } from "../channels.ts"
import { type RoutedEntryPoint, type RoutingTable, resolve } from "./resolve.ts"

/** The routing overview (spec 2.6): which Inboxes each entry point can reach, entry points with equal results in one row. */

export type OverviewEntryPoint = RoutedEntryPoint & {
  label: string
  /** Exit nodes of the IVRs that answer this number; each is an entry point of section `ivr`. */
  exits?: readonly { entryPointId: string; label: string }[]
}

/** An active Rule that can assign an Inbox. An absent list means: any. */
export type InboxRule = {
  name: string
  inboxId: string
  channels?: readonly ChannelName[]
  entryPointIds?: readonly string[]
}

export type ReachableInbox = {
  inboxId: string
  name: string
  via: "direct" | "exit_node" | "rule"
  /** The exit node's or the Rule's name; null for direct. */
  viaLabel: string | null
}

export type OverviewRow = {
  channel: ChannelName
  entryPointIds: string[]
  labels: string[]
  /** Direct first, then exit nodes, then Rules; each Inbox once. */
  reachable: ReachableInbox[]
  slaSeconds: number
  /** Agents of all reachable Inboxes together, each counted once. */
  agents: number
}

export type OverviewFacts = {
  entryPoints: readonly OverviewEntryPoint[]
  routing: RoutingTable
  rules: readonly InboxRule[]
  /** Agent ids by Inbox id. */
  members: ReadonlyMap<string, readonly string[]>
}

export function overview(facts: OverviewFacts): OverviewRow[] {
  const rows = new Map<string, OverviewRow>()
  for (const entryPoint of inPageOrder(facts.entryPoints)) {
    if (entryPoint.section === "ivr") continue // shown in the row of the number that leads to it
    const channel = channelOfSection(entryPoint.section)
    const { slaSeconds } = resolve(entryPoint, facts.routing)
    const reachable = reachableInboxes(entryPoint, channel, facts)
    const key = JSON.stringify([channel, slaSeconds, reachable])
    const row = rows.get(key)
    if (row) {
      row.entryPointIds.push(entryPoint.id)
      row.labels.push(entryPoint.label)
    } else {
      const agents = agentsOf(reachable, facts.members)
      rows.set(key, {
        channel,
        entryPointIds: [entryPoint.id],
        labels: [entryPoint.label],
        reachable,
        slaSeconds,
        agents,
      })
    }
  }
  return [...rows.values()]
}

function inPageOrder(entryPoints: readonly OverviewEntryPoint[]): OverviewEntryPoint[] {
  const place = new Map(sections.map((section, index) => [section, index]))
  return [...entryPoints].sort(
    (a, b) =>
      (place.get(a.section) ?? 0) - (place.get(b.section) ?? 0) || compare(a.label, b.label) || compare(a.id, b.id),
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function reachableInboxes(
  entryPoint: OverviewEntryPoint,
  channel: ChannelName,
  facts: OverviewFacts,
): ReachableInbox[] {
  const direct = resolve(entryPoint, facts.routing)
  const found = new Map<string, ReachableInbox>()
  const add = (inbox: ReachableInbox) => {
    if (!found.has(inbox.inboxId)) found.set(inbox.inboxId, inbox)
  }
  add({ inboxId: direct.inboxId, name: direct.inboxName, via: "direct", viaLabel: null })
  for (const exit of entryPoint.exits ?? []) {
    const { inboxId, inboxName } = resolve({ id: exit.entryPointId, section: "ivr" }, facts.routing)
    add({ inboxId, name: inboxName, via: "exit_node", viaLabel: exit.label })
  }
  for (const rule of facts.rules) {
    const inbox = facts.routing.inboxes.get(rule.inboxId)
    const applies = (rule.channels?.includes(channel) ?? true) && (rule.entryPointIds?.includes(entryPoint.id) ?? true)
    if (inbox && applies) add({ inboxId: rule.inboxId, name: inbox.name, via: "rule", viaLabel: rule.name })
  }
  return [...found.values()]
}

function agentsOf(reachable: readonly ReachableInbox[], members: OverviewFacts["members"]): number {
  return new Set(reachable.flatMap(({ inboxId }) => members.get(inboxId) ?? [])).size
}
