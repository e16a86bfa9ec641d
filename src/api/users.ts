import { z } from "zod"
import { isRole, type Role } from "../core/permissions.ts"
import { Capacity, MailAddress, PersonName, RoleShape, User } from "../core/people/user.ts"
import { deactivateUser, editUser, endSessions, reactivateUser } from "../identity/edit-user.ts"
import {
  type Invitation,
  invite,
  type QueueMail,
  readInvitations,
  renewInvitation,
  withdrawInvitation,
} from "../identity/invitations.ts"
import { type Agents, lockUser, readUser, readUsers, showUser } from "../identity/people.ts"
import type { Sessions } from "../identity/sessions.ts"
import { invalid } from "../problem.ts"
import type { Store } from "../store/write.ts"
import { created, noContent, ok, wholeList } from "./answer.ts"
import { expectVersion } from "./etag.ts"
import { idsParam, listParam, textParam } from "./query.ts"
import { type Route, route } from "./route.ts"

export type UserDeps = { store: Store; sessions: Sessions; agents: Agents; publicUrl: string; queueMail: QueueMail }

/** Roles as a set. A person who only looks at boards cannot work on tasks (spec 14). */
const Roles = z
  .array(z.string())
  .min(1)
  .max(20)
  .transform((given, context): Role[] => {
    if (given.includes("task_user") && given.includes("liveboards_only")) {
      context.addIssue({
        code: "custom",
        message: "These roles cannot be held together.",
        params: { code: "role_combination" },
      })
      return z.NEVER
    }
    for (const [index, role] of given.entries()) {
      if (!isRole(role))
        context.addIssue({
          code: "custom",
          path: [index],
          message: "There is no such role; see GET /api/roles.",
          params: { code: "not_in_list" },
        })
    }
    return [...new Set(given.filter(isRole))]
  })

const InvitationShape = z.object({
  id: z.string(),
  email: z.string(),
  roles: z.array(RoleShape),
  inboxIds: z.array(z.string()),
  invitedAt: z.string(),
  endsAt: z.string().nullable(),
  link: z.string().nullable(),
})

/** People and invitations (api.md 2.2). */
export function userRoutes(deps: UserDeps): Route[] {
  const { db } = deps.store
  return [
    route({
      method: "GET",
      path: "/users",
      action: "user.read",
      list: true,
      query: z.object({
        q: textParam.optional(),
        role: listParam(RoleShape.options).optional(),
        inboxId: idsParam.optional(),
        status: listParam(["invited", "active", "deactivated"]).optional(),
      }),
      answers: { 200: z.object({ items: z.array(User), nextCursor: z.string().nullable() }) },
      async handle({ principal, query, list, page }) {
        const [sortName, id] = list.after ?? []
        const rows = await readUsers(db, principal.orgId, {
          limit: list.limit + 1,
          ...(query.q && { q: query.q }),
          ...(query.role && { roles: query.role }),
          ...(query.inboxId && { inboxIds: query.inboxId }),
          ...(query.status && { statuses: query.status }),
          ...(typeof sortName === "string" && typeof id === "string" && { after: { sortName, id } }),
        })
        return page(rows, (row) => [row.sortName, row.id], showUser)
      },
    }),
    route({
      method: "GET",
      path: "/users/:id",
      action: { me: "user.read", others: "user.read" },
      answers: { 200: User },
      handle: async ({ principal, params }) =>
        ok(showUser(await readUser(db, principal.orgId, params.id === "me" ? principal.ownerId : params.id))),
    }),
    route({
      method: "PATCH",
      path: "/users/:id",
      action: "user.edit",
      versioned: true,
      body: z.object({
        name: PersonName.optional(),
        roles: Roles.optional(),
        inboxIds: z.array(z.uuid()).optional(),
        teamIds: z.array(z.uuid()).optional(),
        skillIds: z.array(z.uuid()).optional(),
        capacity: Capacity.partial().nullable().optional(),
      }),
      answers: { 200: User },
      problems: ["last_administrator"],
      handle: ({ params, body, ifMatch, write }) =>
        write(async (tx) => {
          const inboxIds = body.inboxIds && [...new Set(body.inboxIds)]
          const change = { name: body.name, roles: body.roles, inboxIds, capacity: body.capacity }
          return ok(
            await editUser(deps, tx, params.id, change, (before) => {
              expectVersion(ifMatch, before)
              refuseReferences({ teamIds: body.teamIds, skillIds: body.skillIds })
            }),
          )
        }),
    }),
    route({
      method: "PUT",
      path: "/users/:id/deactivation",
      action: "user.edit",
      answers: { 200: User },
      problems: ["last_administrator"],
      handle: ({ params, write }) => write(async (tx) => ok(await deactivateUser(deps, tx, params.id))),
    }),
    route({
      method: "DELETE",
      path: "/users/:id/deactivation",
      action: "user.edit",
      answers: { 200: User },
      handle: ({ params, write }) => write(async (tx) => ok(await reactivateUser(deps, tx, params.id))),
    }),
    route({
      method: "DELETE",
      path: "/users/:id/sessions",
      action: "user.edit",
      summary: "Sign a person out everywhere",
      answers: { 204: null },
      handle: ({ params, write }) =>
        write(async (tx) => {
          const user = await lockUser(tx, params.id)
          await endSessions(deps, tx, user.id)
          tx.audit({ entityType: "session", entityId: user.id, entityName: user.name, action: "removed" })
          return noContent()
        }),
    }),
    route({
      method: "GET",
      path: "/invitations",
      action: "user.edit",
      answers: { 200: z.object({ items: z.array(InvitationShape), nextCursor: z.null() }) },
      handle: async ({ principal }) => wholeList(await readInvitations(db, principal.orgId)),
    }),
    route({
      method: "POST",
      path: "/invitations",
      action: "user.edit",
      idempotent: true,
      summary: "Invite people by mail",
      body: z.object({
        emails: z.array(MailAddress).min(1).max(100),
        roles: Roles,
        inboxIds: z.array(z.uuid()).default([]),
      }),
      answers: { 201: z.object({ items: z.array(InvitationShape) }) },
      problems: ["already_user"],
      async handle({ body, write }) {
        const twice = body.emails.flatMap((email, index) => (body.emails.indexOf(email) < index ? [index] : []))
        if (twice.length > 0) {
          throw invalid(
            ...twice.map((index) => ({
              pointer: `#/emails/${index}`,
              code: "duplicate",
              detail: "This address stands in the list already.",
            })),
          )
        }
        return write(async (tx) => {
          const items: Invitation[] = await invite(deps, tx, { ...body, inboxIds: [...new Set(body.inboxIds)] })
          return created("/invitations", { items })
        })
      },
    }),
    route({
      method: "DELETE",
      path: "/invitations/:id",
      action: "user.edit",
      answers: { 204: null },
      handle: ({ params, write }) =>
        write(async (tx) => {
          await withdrawInvitation(tx, params.id)
          return noContent()
        }),
    }),
    route({
      method: "POST",
      path: "/invitations/:id/renewals",
      action: "user.edit",
      summary: "Send a new link; the one before works no longer",
      answers: { 201: InvitationShape },
      handle: ({ params, write }) =>
        write(async (tx) => created("/invitations", await renewInvitation(deps, tx, params.id))),
    }),
  ]
}

/** Teams and skills do not exist yet: each id of one is unknown. */
function refuseReferences(given: Record<string, readonly string[] | undefined>): void {
  const errors = Object.entries(given).flatMap(([name, ids = []]) =>
    ids.map((_, index) => ({
      pointer: `#/${name}/${index}`,
      code: "unknown_reference",
      detail: "This does not exist.",
    })),
  )
  if (errors.length > 0) throw invalid(...errors)
}
