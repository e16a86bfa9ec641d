import { queryOptions } from "@tanstack/react-query"
import { api, listAll } from "../../api.ts"
import type { ChannelGroup } from "../../can.ts"
import type { ChannelName } from "../../../../src/core/channels.ts"

export type Warning = { code: string; entryPointId?: string | null; inboxId?: string | null; detail: string }

/** GET /inboxes (api.md 2.3). */
export type Inbox = {
  id: string
  name: string
  slaMinutesText: string
  slaSeconds: number
  deactivation: { at: string; by: unknown } | null
  defaultMailboxId: string | null
  memberCount: number
  channels: ChannelName[]
  waiting: Record<ChannelGroup, number>
  warnings: Warning[]
  version: number
}

export type InboxUse = { kind: "channel_default" | "exception" | "exit_node" | "rule" | "workflow" | "fallback"; id: string; label: string }

export type AgentStanding = { id: string; name: string; status: string; availableFor: ChannelGroup[] }

export const inboxesQuery = queryOptions({
  queryKey: ["inboxes"],
  queryFn: ({ signal }) => listAll<Inbox>("/inboxes", signal),
})

export const inboxQuery = (id: string) =>
  queryOptions({ queryKey: ["inboxes", id], queryFn: ({ signal }) => api.get<Inbox>(`/inboxes/${id}`, signal) })

export const inboxMembersQuery = (id: string) =>
  queryOptions({
    queryKey: ["inboxes", id, "members"],
    queryFn: ({ signal }) => listAll<{ id: string; name: string; email: string; roles?: string[] }>(`/inboxes/${id}/members`, signal),
  })

export const inboxUsesQuery = (id: string) =>
  queryOptions({ queryKey: ["inboxes", id, "uses"], queryFn: ({ signal }) => listAll<InboxUse>(`/inboxes/${id}/uses`, signal) })

/** Who could be served by now; needs agent.manage. */
export const inboxAgentsQuery = (id: string) =>
  queryOptions({
    queryKey: ["agents", "of-inbox", id],
    queryFn: ({ signal }) => listAll<AgentStanding>(`/agents?inboxId=${id}`, signal),
  })

export function waitingOf(inbox: Inbox): number {
  return inbox.waiting.voice + inbox.waiting.messaging + inbox.waiting.mail
}
