import { queryOptions } from "@tanstack/react-query"
import { api } from "../../api.ts"

/** GET /permissions: the table that every route asks (S80). */
export type Permissions = {
  roles: { id: string; name: string; description: string }[]
  actions: { action: string; group: string; label: string; roles: string[]; ownOnly: string[] }[]
}

export const permissionsQuery = queryOptions({
  queryKey: ["permissions"],
  queryFn: ({ signal }) => api.get<Permissions>("/permissions", signal),
})
