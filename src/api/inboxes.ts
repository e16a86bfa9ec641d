import { sql } from "kysely"
import { z } from "zod"
import { oneLine } from "../core/one-line.ts"
import { Inbox, InboxUse } from "../core/inboxes/inbox.ts"
import { parseInboxSlaMinutes, slaMessage } from "../core/sla/minutes.ts"
import { type MoveWaiting, deactivateInbox, reactivateInbox } from "../inboxes/deactivation.ts"
import { addMember, createInbox, editInbox, inboxUses, lockInbox, readInboxes, removeMember } from "../inboxes/inbox.ts"
import { invalid, problem } from "../problem.ts"
import type { Store, Tx } from "../store/write.ts"
import { created, ok, wholeList } from "./answer.ts"
import { expectVersion } from "./etag.ts"
import { boolParam, intParam } from "./query.ts"
import { type Route, route } from "./route.ts"

/** Inboxes and their members (api.md 2.3). */

const Name = oneLine(100).min(1)
/** Judged with the other fields, so that all that is wrong is told at once. */
const SlaText = z
  .string()
  .nullable()
  .superRefine((typed, context) => {
    const read = parseInboxSlaMinutes(typed)
    if (!read.ok) context.addIssue({ code: "custom", message: slaMessage(read.code), params: { code: read.code } })
  })
const MemberShape = z.object({
  userId: z.string(),
  name: z.string(),
  email: z.string(),
  status: z.string(),
  availableFor: z.array(z.string()),
})

export type InboxDeps = {
  store: Store
  moveWaiting: MoveWaiting
  withdrawOffersOfMember: (tx: Tx, inboxId: string, agentId: string) => Promise<void>
}

export function inboxRoutes({ store, moveWaiting, withdrawOffersOfMember }: InboxDeps): Route[] {
  const { db } = store

  async function one(orgId: string, id: string): Promise<Inbox> {
    const [inbox] = await readInboxes(db, orgId, { id })
    if (!inbox) throw problem("not_found")
    return inbox
  }

  async function members(orgId: string, inboxId: string) {
    const rows = await sql<{ userId: string; name: string; email: string; status: string; availableFor: string[] }>`
      SELECT u.id AS user_id, u.name, u.email, coalesce(s.status, 'logged_out') AS status, coalesce(s.available_for, '{}') AS available_for
      FROM inbox_members m JOIN users u ON u.org_id = m.org_id AND u.id = m.agent_id
      LEFT JOIN agent_states s ON s.org_id = m.org_id AND s.agent_id = m.agent_id
      WHERE m.org_id = ${orgId} AND m.inbox_id = ${inboxId} ORDER BY lower(u.name), u.id`.execute(db)
    return wholeList(rows.rows)
  }

  return [
    route({
      method: "GET",
      path: "/inboxes",
      action: "inbox.read",
      query: z.object({ active: boolParam.optional() }),
      answers: { 200: z.object({ items: z.array(Inbox), nextCursor: z.null() }) },
      async handle({ principal, query }) {
        return wholeList(
          await readInboxes(db, principal.orgId, query.active === undefined ? {} : { active: query.active }),
        )
      },
    }),
    route({
      method: "POST",
      path: "/inboxes",
      action: "inbox.edit",
      idempotent: true,
      body: z.object({
        name: Name,
        slaMinutesText: SlaText.optional(),
        defaultMailboxId: z.uuid().nullable().optional(),
        agentIds: z.array(z.uuid()).max(1_000).optional(),
      }),
      answers: { 201: Inbox },
      problems: ["name_taken"],
      async handle({ body, write, keep }) {
        return write(async (tx) => {
          const id = await createInbox(tx, body)
          const [inbox] = await readInboxes(tx.db, tx.orgId, { id })
          const answer = created(`/inboxes/${id}`, inbox)
          await keep(tx, answer)
          return answer
        })
      },
    }),
    route({
      method: "GET",
      path: "/inboxes/:id",
      action: "inbox.read",
      answers: { 200: Inbox },
      async handle({ principal, params }) {
        return ok(await one(principal.orgId, params.id))
      },
    }),
    route({
      method: "PATCH",
      path: "/inboxes/:id",
      action: "inbox.edit",
      versioned: true,
      body: z.object({
        name: Name.optional(),
        slaMinutesText: SlaText.optional(),
        defaultMailboxId: z.uuid().nullable().optional(),
        agentIds: z.array(z.uuid()).max(1_000).optional(),
      }),
      answers: { 200: Inbox },
      problems: ["name_taken"],
      async handle({ principal, params, body, ifMatch, write }) {
        const judge = (stored: Parameters<typeof expectVersion>[1]) => expectVersion(ifMatch, stored)
        await write((tx) => editInbox(tx, params.id, body, judge, withdrawOffersOfMember))
        return ok(await one(principal.orgId, params.id))
      },
    }),
    route({
      method: "PUT",
      path: "/inboxes/:id/deactivation",
      action: "inbox.edit",
      body: z.object({
        replacements: z
          .array(z.object({ use: z.object({ kind: InboxUse.shape.kind, id: z.string() }), inboxId: z.uuid() }))
          .optional(),
      }),
      answers: { 200: Inbox },
      problems: ["inbox_in_use"],
      async handle({ principal, params, body, write }) {
        await write((tx) => deactivateInbox(tx, params.id, body.replacements ?? [], moveWaiting))
        return ok(await one(principal.orgId, params.id))
      },
    }),
    route({
      method: "DELETE",
      path: "/inboxes/:id/deactivation",
      action: "inbox.edit",
      answers: { 200: Inbox },
      async handle({ principal, params, write }) {
        await write((tx) => reactivateInbox(tx, params.id))
        return ok(await one(principal.orgId, params.id))
      },
    }),
    route({
      method: "GET",
      path: "/inboxes/:id/members",
      action: "inbox.read",
      answers: { 200: z.object({ items: z.array(MemberShape), nextCursor: z.null() }) },
      async handle({ principal, params }) {
        await one(principal.orgId, params.id)
        return members(principal.orgId, params.id)
      },
    }),
    ...(["PUT", "DELETE"] as const).map((method) =>
      route({
        method,
        path: "/inboxes/:id/members/:userId",
        action: "inboxMember.edit",
        answers: { 200: z.object({ items: z.array(MemberShape), nextCursor: z.null() }) },
        async handle({ principal, params, write }) {
          await write(async (tx) => {
            await lockInbox(tx, params.id)
            const user = await findUser(tx, params.userId)
            if (method === "DELETE") return removeMember(tx, params.id, user.id, withdrawOffersOfMember)
            if (user.status !== "active" || !user.roles.some((role) => role === "agent" || role === "team_manager"))
              throw invalid({ parameter: "userId", code: "not_an_agent", detail: "This is not an active agent." })
            return addMember(tx, params.id, user.id)
          })
          return members(principal.orgId, params.id)
        },
      }),
    ),
    route({
      method: "GET",
      path: "/inboxes/:id/uses",
      action: "inbox.read",
      answers: { 200: z.object({ items: z.array(InboxUse), nextCursor: z.null() }) },
      async handle({ principal, params }) {
        await one(principal.orgId, params.id)
        return wholeList(await inboxUses(db, principal.orgId, params.id))
      },
    }),
    route({
      method: "GET",
      path: "/inboxes/:id/traffic",
      action: "inbox.read",
      query: z.object({ hours: intParam(1, 720).optional() }),
      answers: {
        200: z.object({
          items: z.array(
            z.object({
              entryPointId: z.string().nullable(),
              label: z.string(),
              channel: z.string(),
              via: z.enum(["direct", "exit_node", "rule"]),
              contacts: z.int(),
            }),
          ),
          nextCursor: z.null(),
        }),
      },
      summary: "What flowed in by entry point during the last hours (24)",
      async handle({ principal, params, query, now }) {
        await one(principal.orgId, params.id)
        const since = new Date(now.getTime() - (query.hours ?? 24) * 3_600_000)
        const rows = await sql<{ entryPointId: string | null; label: string; channel: string; contacts: number }>`
          SELECT c.entry_point_id, coalesce(e.display_name, c.channel) AS label, c.channel, count(*)::int AS contacts
          FROM contacts c LEFT JOIN entry_points e ON e.org_id = c.org_id AND e.id = c.entry_point_id
          WHERE c.org_id = ${principal.orgId} AND c.inbox_id = ${params.id} AND c.direction = 'inbound' AND c.started_at >= ${since}
          GROUP BY 1, 2, 3 ORDER BY contacts DESC, label`.execute(db)
        return wholeList(rows.rows.map((row) => ({ ...row, via: "direct" })))
      },
    }),
  ]
}

async function findUser(tx: Tx, id: string) {
  const user = await tx.db
    .selectFrom("users")
    .select(["id", "roles", "status"])
    .where("orgId", "=", tx.orgId)
    .where("id", "=", id)
    .executeTakeFirst()
  if (!user) throw problem("not_found")
  return user
}
