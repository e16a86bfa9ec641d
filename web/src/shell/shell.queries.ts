import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import type { Agent } from "../../../src/core/agents/agent.ts"
import type { Notification } from "../../../src/core/people/me.ts"
import { api } from "../api.ts"
import type { ChannelGroup } from "../../../src/core/channels.ts"
import { meQuery } from "../can.ts"
import { toastProblem } from "../field/toast.tsx"
import { live } from "../live.ts"

export type GroupCount = { waiting: number; oldestSeconds: number | null; earliestDueAt: string | null }
export type Counts = Partial<Record<ChannelGroup, GroupCount>>

/** Letting the socket in may end an absence, so it is read after that (live-cache.ts). */
export const agentSelfQuery = queryOptions({
  queryKey: ["agents", "me"],
  queryFn: async ({ signal }) => {
    await live.firstLine()
    return api.get<Agent>("/agents/me", signal)
  },
})

/** What waits in my Inboxes; kept fresh by the socket's `counts` (live-cache.ts). */
export const countsQuery = queryOptions({
  queryKey: ["counts"],
  queryFn: ({ signal }) => api.get<Counts>("/agents/me/inboxes/counts", signal),
  staleTime: Number.POSITIVE_INFINITY,
})

export const notificationsQuery = queryOptions({
  queryKey: ["notifications"],
  queryFn: ({ signal }) => api.get<{ items: Notification[] }>("/notifications", signal).then((page) => page.items),
})

/** Sets the whole set of groups; shown at once, taken back when the server refuses (S7). */
export function useSetAvailability() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (availableFor: ChannelGroup[]) => api.put<Agent>("/agents/me/availability", { availableFor }),
    onMutate: async (availableFor) => {
      await client.cancelQueries({ queryKey: agentSelfQuery.queryKey })
      const before = client.getQueryData(agentSelfQuery.queryKey)
      if (before) client.setQueryData(agentSelfQuery.queryKey, { ...before, availableFor, status: "logged_in" })
      return { before }
    },
    onError: (error, _groups, context) => {
      if (context?.before) client.setQueryData(agentSelfQuery.queryKey, context.before)
      toastProblem(error)
      void client.invalidateQueries({ queryKey: meQuery.queryKey })
    },
    onSettled: () => void client.invalidateQueries({ queryKey: agentSelfQuery.queryKey }),
  })
}

export function useAgentSelf(enabled: boolean) {
  return useQuery({ ...agentSelfQuery, enabled })
}
