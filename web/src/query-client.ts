import { QueryCache, QueryClient } from "@tanstack/react-query"
import { ApiProblem } from "./api.ts"

/** One cache for the whole application; a 401 anywhere leads to the sign-in. */
export function makeQueryClient(onSignedOut: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof ApiProblem && error.status === 401) onSignedOut()
      },
    }),
    defaultOptions: {
      // Nothing is done behind a person's back when the line returns: a try without one fails at once and says so.
      mutations: { networkMode: "always" },
      queries: {
        networkMode: "always",
        refetchOnReconnect: true,
        staleTime: 30_000,
        refetchOnWindowFocus: true,
        retry: (failures, error) => !(error instanceof ApiProblem && error.status < 500) && failures < 2,
      },
    },
  })
}
