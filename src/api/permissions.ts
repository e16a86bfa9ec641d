import { z } from "zod"
import { type Action, actions, permissions, roleLabels, roles, rolesWith } from "../core/permissions.ts"
import { ok, wholeList } from "./answer.ts"
import { type Route, route } from "./route.ts"

const RoleAnswer = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  actions: z.array(z.string()),
  status: z.enum(["active", "archived"]),
  builtIn: z.boolean(),
})

const PermissionsAnswer = z.object({
  roles: z.array(z.object({ id: z.string(), name: z.string(), description: z.string() })),
  actions: z.array(
    z.object({
      action: z.string(),
      group: z.string(),
      label: z.string(),
      roles: z.array(z.string()),
      /** Roles that have it for their own inboxes or things only. */
      ownOnly: z.array(z.string()),
    }),
  ),
})

/** S80: the table that is enforced, as data. Roles of one's own come later. */
export function permissionRoutes(): Route[] {
  return [
    route({
      method: "GET",
      path: "/permissions",
      action: "permission.read",
      summary: "The table that every route asks",
      answers: { 200: PermissionsAnswer },
      handle: async () =>
        ok({
          roles: roles.map((role) => ({ id: role, ...roleLabels[role] })),
          actions: actions.map((action) => {
            const { group, label } = permissions[action]
            return { action, group, label, roles: rolesWith(action), ownOnly: ownOnly(action) }
          }),
        }),
    }),
    route({
      method: "GET",
      path: "/roles",
      action: "permission.read",
      answers: { 200: z.object({ items: z.array(RoleAnswer), nextCursor: z.null() }) },
      handle: async () =>
        wholeList(
          roles.map((role) => ({
            id: role,
            ...roleLabels[role],
            actions: actions.filter((action) => permissions[action].roles[role] !== undefined),
            status: "active",
            builtIn: true,
          })),
        ),
    }),
  ]
}

function ownOnly(action: Action): string[] {
  return rolesWith(action).filter((role) => permissions[action].roles[role] === "own")
}
