import { queryOptions, useSuspenseQuery } from "@tanstack/react-query"
import { api } from "./api.ts"

export type ChannelGroup = "voice" | "messaging" | "mail"

/** GET /me (api.md 2.1). */
export type Me = {
  user: { id: string; name: string; email: string }
  organization: { id: string; name: string; timeZone: string; country: string; fallbackInboxId?: string | null }
  roles: string[]
  actions: string[]
  availability: ChannelGroup[]
  status: "logged_in" | "away" | "logged_out"
  channelGroups: { group: ChannelGroup; configured: boolean }[]
  version: number
}

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => api.get<Me>("/me", signal),
  staleTime: 60_000,
})

/** The signed-in person; the root of every signed-in route has loaded it. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data
}

/** Whether the signed-in person's roles hold an action of api.md 7; screens never look at roles. */
export function useCan(): (action: string) => boolean {
  const { actions } = useMe()
  return (action) => actions.includes(action)
}
