import { queryOptions } from "@tanstack/react-query"
import type { User } from "../../../../src/core/people/user.ts"
import type { Role } from "../../../../src/core/permissions.ts"
import { listAll } from "../../api.ts"

export type Invitation = {
  id: string
  email: string
  roles: Role[]
  inboxIds: string[]
  invitedAt: string
  endsAt: string | null
  link: string | null
}

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: ({ signal }) => listAll<User>("/users?limit=200", signal),
})

export const invitationsQuery = queryOptions({
  queryKey: ["invitations"],
  queryFn: ({ signal }) => listAll<Invitation>("/invitations", signal),
})

/** Who can be a member of an Inbox: active people with an agent's role (api.md 2.3). */
export function agentsOf(users: User[]): User[] {
  return users.filter(
    (user) => user.status === "active" && user.roles.some((role) => role === "agent" || role === "team_manager"),
  )
}
