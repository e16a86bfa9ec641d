import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query"
import type { Contact, Conversation } from "../../../src/core/conversations/conversation.ts"
import type { ReplyOption } from "../../../src/core/conversations/reply-option.ts"
import type { TimelineItem } from "../../../src/core/conversations/timeline-item.ts"
import type { Customer } from "../../../src/core/customers/customer.ts"
import type { Explanation } from "../../../src/core/routing/explanation.ts"
import { api, listAll, type Page, query } from "../api.ts"

export type WorkList = "mine" | "queue" | "closed"
export type OpenConversation = Conversation & { hiddenItems: number }
export type Topic = { id: string; name: string; version: number }
export type TimelinePage = Page<TimelineItem> & { hiddenItems?: number }

const rowsMax = 200
const timelinePageSize = 50

/** Keys begin so that `use-work-live.ts` can make one conversation, one customer or all lists old. */
export const workKeys = {
  lists: ["conversations", "list"] as const,
  one: (id: string) => ["conversations", "one", id] as const,
  timeline: (customerId: string) => ["timeline", customerId] as const,
  customer: (customerId: string) => ["customers", customerId] as const,
}

export const workListQuery = (view: WorkList) =>
  queryOptions({
    queryKey: [...workKeys.lists, view],
    queryFn: ({ signal }) => {
      const status = view === "mine" ? "new,open,waiting" : undefined
      return api.get<Page<Conversation>>(
        `/conversations${query({ view, status, limit: view === "closed" ? 50 : rowsMax })}`,
        signal,
      )
    },
    refetchInterval: 60_000,
  })

export const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: workKeys.one(id),
    queryFn: ({ signal }) => api.get<OpenConversation>(`/conversations/${id}`, signal),
  })

export const contactsQuery = (id: string) =>
  queryOptions({
    queryKey: [...workKeys.one(id), "contacts"],
    queryFn: ({ signal }) => listAll<Contact>(`/conversations/${id}/contacts`, signal),
  })

export const explanationQuery = (id: string) =>
  queryOptions({
    queryKey: [...workKeys.one(id), "explanation"],
    queryFn: ({ signal }) => api.get<Explanation>(`/conversations/${id}/explanation`, signal),
  })

export const replyOptionsQuery = (id: string) =>
  queryOptions({
    queryKey: [...workKeys.one(id), "reply-options"],
    queryFn: ({ signal }) => listAll<ReplyOption>(`/conversations/${id}/reply-options`, signal),
  })

export const topicsQuery = queryOptions({
  queryKey: ["topics"],
  queryFn: ({ signal }) => listAll<Topic>("/topics", signal),
})

/** The customer's whole life, newest first, page by page into the past. */
export const timelineQuery = (customerId: string) =>
  infiniteQueryOptions({
    queryKey: workKeys.timeline(customerId),
    queryFn: ({ pageParam, signal }) =>
      api.get<TimelinePage>(
        `/customers/${customerId}/timeline${query({ order: "newest", limit: timelinePageSize, cursor: pageParam })}`,
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })

export const customerQuery = (id: string) =>
  queryOptions({
    queryKey: workKeys.customer(id),
    queryFn: ({ signal }) => api.get<Customer>(`/customers/${id}`, signal),
  })

export const customerConversationsQuery = (id: string) =>
  queryOptions({
    queryKey: [...workKeys.customer(id), "conversations"],
    queryFn: ({ signal }) => api.get<Page<Conversation>>(`/customers/${id}/conversations?limit=50`, signal),
  })
