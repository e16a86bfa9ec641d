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
      // Without a line they fail and say so; else a press on Save would wait unseen, and act when nobody expects it.
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
