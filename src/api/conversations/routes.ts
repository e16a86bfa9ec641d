import { z } from "zod"
import { listContacts } from "../../conversations/contacts.ts"
import { conversationSorts, listConversationIds } from "../../conversations/list.ts"
import { presentConversation, presentConversations } from "../../conversations/present.ts"
import { replyOptions } from "../../conversations/reply-options.ts"
import { startConversation } from "../../conversations/start.ts"
import { readTimeline } from "../../conversations/timeline.ts"
import { channelNames } from "../../core/channels.ts"
import { Contact, Conversation } from "../../core/conversations/conversation.ts"
import { ReplyOption } from "../../core/conversations/reply-option.ts"
import { TimelineItem } from "../../core/conversations/timeline-item.ts"
import { problem } from "../../problem.ts"
import { Answer, created, ok, wholeList } from "../answer.ts"
import { boolParam, idParam, idsParam, listParam, peopleParam, personOf, textParam } from "../query.ts"
import { type Route, route } from "../route.ts"
import { actingOf, sightOf } from "./acting.ts"
import { assignmentRoutes } from "./assignment.ts"
import { closureRoutes } from "./closure.ts"
import type { ConversationDeps } from "./deps.ts"
import { draftRoutes } from "./drafts.ts"
import { findSeen } from "./find.ts"
import { noteRoutes } from "./notes.ts"
import { sendRoutes } from "./send.ts"

export const timelineQuery = z.object({ order: z.enum(["oldest", "newest"]).default("oldest") })

/** Conversations and work on them (api.md 2.11). */
export function conversationRoutes(deps: ConversationDeps): Route[] {
  const { store, links, rules } = deps
  const { db } = store
  return [
    route({
      method: "GET",
      path: "/conversations",
      action: "conversation.read",
      list: true,
      summary: "Conversations of own inboxes, or all",
      query: z.object({
        view: z.enum(["mine", "queue", "closed"]).optional(),
        status: listParam(["new", "open", "waiting", "closed"]).optional(),
        inboxId: idsParam.optional(),
        agentId: peopleParam.optional(),
        customerId: idParam.optional(),
        channel: listParam(channelNames).optional(),
        topicId: idsParam.optional(),
        overdue: boolParam.optional(),
        test: boolParam.optional(),
        q: textParam.optional(),
        sort: z.enum(conversationSorts).optional(),
      }),
      answers: { 200: z.object({ items: z.array(Conversation), nextCursor: z.string().nullable() }) },
      async handle({ principal, query, list, now, page }) {
        const { orgId, ownerId } = principal
        const { inboxId: inboxIds, agentId: agents, channel: channels, topicId: topicIds, ...rest } = query
        const agentIds = agents?.map((one) => personOf(one, principal))
        const [sight, organization] = await Promise.all([
          sightOf(db, principal),
          db.selectFrom("organizations").select("country").where("id", "=", orgId).executeTakeFirstOrThrow(),
        ])
        const after = list.after ? ([String(list.after[0]), String(list.after[1])] as const) : null
        const filter = { ...rest, inboxIds, agentIds, channels, topicIds }
        const ids = await listConversationIds(db, orgId, sight, filter, {
          limit: list.limit,
          after,
          now,
          country: organization.country,
        })
        const shown = await presentConversations(
          db,
          orgId,
          ids.slice(0, list.limit).map(({ id }) => id),
          ownerId,
        )
        const byId = new Map(shown.map((conversation) => [conversation.id, conversation]))
        return page(
          ids,
          ({ key, id }) => [key, id],
          ({ id }) => byId.get(id),
        )
      },
    }),
    route({
      method: "POST",
      path: "/conversations",
      action: "conversation.work",
      idempotent: true,
      summary: "Begin one, or take the last one up again",
      body: z.object({ customerId: z.uuid(), inboxId: z.uuid(), start: z.enum(["new", "reopen"]).default("new") }),
      answers: { 201: Conversation },
      problems: ["conversation_active"],
      async handle({ principal, body, write }) {
        const acting = await actingOf(db, principal)
        return write(async (tx) => {
          const id = await startConversation(tx, acting, body)
          return created(`/conversations/${id}`, await presentConversation(tx.db, tx.orgId, id, principal.ownerId))
        })
      },
    }),
    route({
      method: "GET",
      path: "/conversations/:id",
      action: "conversation.read",
      answers: { 200: Conversation.extend({ hiddenItems: z.int() }), 301: null },
      async handle({ principal, params }) {
        const found = await findSeen(db, principal.orgId, await sightOf(db, principal), params.id)
        if (found.mergedIntoId) return new Answer(301, null, { location: `/api/conversations/${found.mergedIntoId}` })
        const conversation = await presentConversation(db, principal.orgId, params.id, principal.ownerId)
        if (!conversation) throw problem("not_found")
        return ok({ ...conversation, hiddenItems: 0 })
      },
    }),
    route({
      method: "GET",
      path: "/conversations/:id/timeline",
      action: "conversation.read",
      list: true,
      query: timelineQuery,
      answers: { 200: z.object({ items: z.array(TimelineItem), nextCursor: z.string().nullable() }) },
      async handle({ principal, params, query, list, page }) {
        await findSeen(db, principal.orgId, await sightOf(db, principal), params.id)
        const after = list.after ? Number(list.after[0]) : null
        const reader = { orgId: principal.orgId, id: principal.id, links }
        const items = await readTimeline(db, reader, params.id, { limit: list.limit, after, order: query.order })
        return byShownTime(
          page(
            items,
            (item) => [item.position],
            (item) => item,
          ),
          query.order,
        )
      },
    }),
    route({
      method: "GET",
      path: "/conversations/:id/contacts",
      action: "conversation.read",
      answers: { 200: z.object({ items: z.array(Contact), nextCursor: z.null() }) },
      async handle({ principal, params }) {
        await findSeen(db, principal.orgId, await sightOf(db, principal), params.id)
        return wholeList(await listContacts(db, principal.orgId, params.id))
      },
    }),
    route({
      method: "GET",
      path: "/conversations/:id/reply-options",
      action: "conversation.work",
      answers: { 200: z.object({ items: z.array(ReplyOption), nextCursor: z.null() }) },
      async handle({ principal, params, now }) {
        const { orgId } = principal
        const found = await findSeen(db, orgId, await sightOf(db, principal, "conversation.work"), params.id)
        return wholeList(await replyOptions(db, rules, { ...found, orgId }, now))
      },
    }),
    ...sendRoutes(deps),
    ...closureRoutes(deps),
    ...assignmentRoutes(deps),
    ...noteRoutes(deps),
    ...draftRoutes(deps),
  ]
}

/** Pages go by position; within one, the provider's own time decides what stands first (decisions: order shown). */
export function byShownTime(answer: Answer, order: "oldest" | "newest"): Answer {
  const body = answer.body as { items: TimelineItem[] }
  const direction = order === "oldest" ? 1 : -1
  const items = body.items.toSorted((a, b) => direction * (a.at.localeCompare(b.at) || a.position - b.position))
  return new Answer(answer.status, { ...body, items }, { ...answer.headers })
}
