import { sql } from "kysely"
import { z } from "zod"
import { channelGroups, channelNames, groupOf } from "../core/channels.ts"
import { Me, Notification } from "../core/people/me.ts"
import { PersonName, Preferences, User } from "../core/people/user.ts"
import { readOrganization, showOrganization } from "../identity/organizations.ts"
import { setPassword } from "../identity/password-resets.ts"
import { hashPassword } from "../identity/passwords.ts"
import { type Agents, lockUser, readUser, recordUser, showUser } from "../identity/people.ts"
import { actionsOf, type Principal } from "../identity/principal.ts"
import type { Sessions } from "../identity/sessions.ts"
import { confirmPassword } from "../identity/sign-in.ts"
import type { Tries } from "../identity/tries.ts"
import { invalid, problem } from "../problem.ts"
import type { Store } from "../store/write.ts"
import { noContent, ok, wholeList } from "./answer.ts"
import { type Route, route } from "./route.ts"
import { Password } from "./setup.ts"

export type MeDeps = { store: Store; sessions: Sessions; tries: Tries; agents: Agents }

const SessionShape = z.object({
  id: z.string(),
  createdAt: z.string(),
  seenAt: z.string(),
  endsAt: z.string(),
  userAgent: z.string().nullable(),
  ip: z.string().nullable(),
  current: z.boolean(),
})

/** The caller's own things (api.md 2.1). What belongs to a person is not there for a key. */
export function meRoutes(deps: MeDeps): Route[] {
  const { db } = deps.store

  async function preferencesOf(principal: Principal): Promise<Preferences> {
    const row = await db
      .selectFrom("users")
      .select("preferences")
      .where("orgId", "=", principal.orgId)
      .where("id", "=", person(principal))
      .executeTakeFirst()
    return Preferences.parse(row?.preferences ?? {})
  }

  return [
    route({
      method: "GET",
      path: "/me",
      action: "signed_in",
      summary: "Who I am, and what I may do",
      answers: { 200: Me },
      async handle({ principal }) {
        const [organization, state, groups, version] = await Promise.all([
          readOrganization(db, principal.orgId),
          principal.userId === null ? undefined : agentState(principal.orgId, principal.userId),
          configuredGroups(principal.orgId),
          principal.userId === null ? 1 : readUser(db, principal.orgId, principal.userId).then((user) => user.version),
        ])
        const serves = principal.can("agent.self")
        return ok({
          user: { id: principal.id, name: principal.name, email: principal.email, type: principal.type },
          organization: showOrganization(organization),
          roles: principal.roles,
          actions: actionsOf(principal),
          availability: serves ? (state?.availableFor ?? []) : null,
          status: serves ? (state?.status ?? "logged_out") : null,
          channelGroups: channelGroups.map((group) => ({ group, configured: groups.has(group) })),
          version,
        })
      },
    }),
    route({
      method: "PATCH",
      path: "/me",
      action: "signed_in",
      body: z.object({ name: PersonName.optional() }),
      answers: { 200: User },
      handle: ({ principal, body, write }) =>
        write(async (tx) => {
          const before = await lockUser(tx, person(principal))
          if (body.name === undefined || body.name === before.name) return ok(showUser(before))
          await sql`
            UPDATE users SET name = ${body.name}, version = version + 1, updated_at = ${tx.now}, updated_by = ${JSON.stringify(tx.actor)}::jsonb
            WHERE org_id = ${tx.orgId} AND id = ${before.id}`.execute(tx.db)
          const after = showUser(await readUser(tx.db, tx.orgId, before.id))
          recordUser(tx, "updated", showUser(before), after)
          return ok(after)
        }),
    }),
    route({
      method: "GET",
      path: "/me/preferences",
      action: "signed_in",
      answers: { 200: Preferences },
      handle: async ({ principal }) => ok(await preferencesOf(principal)),
    }),
    route({
      method: "PATCH",
      path: "/me/preferences",
      action: "signed_in",
      body: z.object({
        theme: z.enum(["system", "light", "dark"]).optional(),
        language: z.string().min(2).max(20).optional(),
        sounds: z.boolean().optional(),
        shortcuts: z.boolean().optional(),
        undoSeconds: z.int().min(0).max(30).optional(),
      }),
      answers: { 200: Preferences },
      async handle({ principal, body }) {
        await sql`
          UPDATE users SET preferences = preferences || ${JSON.stringify(body)}::jsonb
          WHERE org_id = ${principal.orgId} AND id = ${person(principal)}`.execute(db)
        return ok(await preferencesOf(principal))
      },
    }),
    route({
      method: "PUT",
      path: "/me/password",
      action: "signed_in",
      body: z.object({ currentPassword: z.string().min(1).max(1_000), password: Password }),
      answers: { 204: null },
      problems: ["too_many_tries"],
      async handle({ principal, body, write }) {
        const id = person(principal)
        const fits = await confirmPassword(
          { db, tries: deps.tries },
          { orgId: principal.orgId, id, email: principal.email ?? "" },
          body.currentPassword,
        )
        if (!fits)
          throw invalid({
            pointer: "#/currentPassword",
            code: "confirmation_wrong",
            detail: "This is not your current password.",
          })
        const passwordHash = await hashPassword(body.password)
        await write((tx) =>
          setPassword(deps, tx, { id, name: principal.name, passwordHash, exceptSession: principal.sessionId }),
        )
        return noContent()
      },
    }),
    route({
      method: "GET",
      path: "/me/sessions",
      action: "signed_in",
      answers: { 200: z.object({ items: z.array(SessionShape), nextCursor: z.null() }) },
      async handle({ principal }) {
        const rows = await db
          .selectFrom("sessions")
          .select(["id", "createdAt", "seenAt", "endsAt", "userAgent", "ip"])
          .where("orgId", "=", principal.orgId)
          .where("userId", "=", person(principal))
          .orderBy("seenAt", "desc")
          .execute()
        return wholeList(rows.map((row) => ({ ...row, current: row.id === principal.sessionId })))
      },
    }),
    route({
      method: "DELETE",
      path: "/me/sessions/:sessionId",
      action: "signed_in",
      answers: { 204: null },
      async handle({ principal, params }) {
        const userId = person(principal)
        const found = await db
          .selectFrom("sessions")
          .select("id")
          .where("orgId", "=", principal.orgId)
          .where("userId", "=", userId)
          .where("id", "=", params.sessionId)
          .executeTakeFirst()
        if (!found) throw problem("not_found")
        await deps.sessions.end({ orgId: principal.orgId, userId, sessionId: params.sessionId })
        return noContent()
      },
    }),
    ...notificationRoutes(deps),
  ]

  async function agentState(orgId: string, userId: string) {
    return db
      .selectFrom("agentStates")
      .select(["status", "availableFor"])
      .where("orgId", "=", orgId)
      .where("agentId", "=", userId)
      .executeTakeFirst()
  }

  async function configuredGroups(orgId: string): Promise<Set<string>> {
    const rows = await db
      .selectFrom("entryPoints")
      .select("channel")
      .distinct()
      .where("orgId", "=", orgId)
      .where("status", "=", "active")
      .execute()
    const known = channelNames.filter((name) => rows.some((row) => row.channel === name))
    return new Set(known.map(groupOf))
  }
}

const unreadParam = z.enum(["", "true", "false", "1", "0"]).transform((text) => text !== "false" && text !== "0")

function notificationRoutes({ store }: MeDeps): Route[] {
  const { db } = store
  const columns = ["id", "kind", "data", "link", "at", "readAt"] as const
  return [
    route({
      method: "GET",
      path: "/notifications",
      action: "signed_in",
      list: true,
      query: z.object({ unread: unreadParam.optional() }),
      answers: { 200: z.object({ items: z.array(Notification), nextCursor: z.string().nullable() }) },
      async handle({ principal, query, list, page }) {
        const before = typeof list.after?.[0] === "string" ? list.after[0] : null
        const rows = await db
          .selectFrom("notifications")
          .select(columns)
          .where("orgId", "=", principal.orgId)
          .where("userId", "=", person(principal))
          .$if(query.unread === true, (some) => some.where("readAt", "is", null))
          .$if(query.unread === false, (some) => some.where("readAt", "is not", null))
          .$if(before !== null, (some) => some.where("id", "<", before ?? ""))
          .orderBy("id", "desc")
          .limit(list.limit + 1)
          .execute()
        return page(
          rows,
          (row) => [row.id],
          (row) => row,
        )
      },
    }),
    route({
      method: "PUT",
      path: "/notifications/:id/read-mark",
      action: "signed_in",
      answers: { 200: Notification },
      async handle({ principal, params, now }) {
        const row = await db
          .updateTable("notifications")
          .set({ readAt: sql<Date>`coalesce(read_at, ${now})` })
          .where("orgId", "=", principal.orgId)
          .where("userId", "=", person(principal))
          .where("id", "=", params.id)
          .returning(columns)
          .executeTakeFirst()
        if (!row) throw problem("not_found")
        return ok(row)
      },
    }),
    route({
      method: "PUT",
      path: "/notifications/read-mark",
      action: "signed_in",
      summary: "Mark everything up to one as read",
      body: z.object({ upToId: z.uuid() }),
      answers: { 200: z.object({ unread: z.int() }) },
      async handle({ principal, body, now }) {
        await db
          .updateTable("notifications")
          .set({ readAt: now })
          .where("orgId", "=", principal.orgId)
          .where("userId", "=", person(principal))
          .where("id", "<=", body.upToId)
          .where("readAt", "is", null)
          .execute()
        const left = await db
          .selectFrom("notifications")
          .select((builder) => builder.fn.countAll<number>().as("unread"))
          .where("orgId", "=", principal.orgId)
          .where("userId", "=", person(principal))
          .where("readAt", "is", null)
          .executeTakeFirstOrThrow()
        return ok({ unread: Number(left.unread) })
      },
    }),
  ]
}

/** A key has no password, no preferences and no bell. */
function person(principal: Principal): string {
  if (principal.userId === null) throw problem("not_found")
  return principal.userId
}
