import { queryOptions } from "@tanstack/react-query"
import type { Agent } from "../../../../src/core/agents/agent.ts"
import type { Inbox, InboxUse } from "../../../../src/core/inboxes/inbox.ts"
import { api, listAll } from "../../api.ts"

/** GET /inboxes/{id}/members. */
export type Member = { userId: string; name: string; email: string; status: string; availableFor: string[] }

/** All Inboxes, deactivated ones too. */
export const inboxesQuery = queryOptions({
  queryKey: ["inboxes"],
  queryFn: ({ signal }) => listAll<Inbox>("/inboxes", signal),
})

export const inboxQuery = (id: string) =>
  queryOptions({ queryKey: ["inboxes", id], queryFn: ({ signal }) => api.get<Inbox>(`/inboxes/${id}`, signal) })

export const inboxMembersQuery = (id: string) =>
  queryOptions({
    queryKey: ["inboxes", id, "members"],
    queryFn: ({ signal }) => listAll<Member>(`/inboxes/${id}/members`, signal),
  })

export const inboxUsesQuery = (id: string) =>
  queryOptions({
    queryKey: ["inboxes", id, "uses"],
    queryFn: ({ signal }) => listAll<InboxUse>(`/inboxes/${id}/uses`, signal),
  })

/** Who stands ready in an Inbox; needs agent.manage. */
export const inboxAgentsQuery = (id: string) =>
  queryOptions({
    queryKey: ["agents", "of-inbox", id],
    queryFn: ({ signal }) => listAll<Agent>(`/agents?inboxId=${id}`, signal),
  })

/** Customers wait and nobody who could take them is there. */
export function isUnserved(inbox: Inbox): boolean {
  return (
    waitingOf(inbox) > 0 &&
    inbox.warnings.some(({ code }) => code === "nobody_available" || code === "inbox_without_members")
  )
}

export function waitingOf(inbox: Inbox): number {
  return inbox.waiting.voice + inbox.waiting.messaging + inbox.waiting.mail
}
