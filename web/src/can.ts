import { queryOptions, useSuspenseQuery } from "@tanstack/react-query"
import type { Me } from "../../src/core/people/me.ts"
import { api } from "./api.ts"

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
