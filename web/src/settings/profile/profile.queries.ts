import { queryOptions } from "@tanstack/react-query"
import type { Preferences } from "../../../../src/core/people/user.ts"
import { api, listAll } from "../../api.ts"

export type Session = {
  id: string
  createdAt: string
  seenAt: string
  endsAt: string
  userAgent: string | null
  ip: string | null
  current: boolean
}

export const preferencesQuery = queryOptions({
  queryKey: ["me", "preferences"],
  queryFn: ({ signal }) => api.get<Preferences>("/me/preferences", signal),
})

export const sessionsQuery = queryOptions({
  queryKey: ["me", "sessions"],
  queryFn: ({ signal }) => listAll<Session>("/me/sessions", signal),
})
