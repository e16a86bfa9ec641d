import { z } from "zod"
import { assignConversation, type Transfer, unassignConversation } from "../../conversations/assignment.ts"
import { presentConversation } from "../../conversations/present.ts"
import { Conversation } from "../../core/conversations/conversation.ts"
import { rolesWith } from "../../core/permissions.ts"
import type { Principal } from "../../identity/principal.ts"
import { problem } from "../../problem.ts"
import { ok } from "../answer.ts"
import { expectVersion, readIfMatch } from "../etag.ts"
import { type Route, route } from "../route.ts"
import { actingOf } from "./acting.ts"
import type { ConversationDeps } from "./deps.ts"

/** Who has a conversation. With `If-Match` a screen that shows an older state is refused (412). */
export function assignmentRoutes({ store }: ConversationDeps): Route[] {
  const { db } = store
  return [
    route({
      method: "PUT",
      path: "/conversations/:id/assignment",
      action: "conversation.work",
      summary: "Transfer to an Inbox or an agent",
      body: z.object({
        inboxId: z.uuid().optional(),
        agentId: z.uuid().nullable().default(null),
        note: z.string().trim().max(10_000).optional(),
      }),
      answers: { 200: Conversation },
      problems: ["conversation_closed", "agent_not_in_inbox", "version_conflict"],
      async handle({ principal, params, body, request, write }) {
        const acting = await actingOf(db, principal)
        const judge = judgeFor(principal, acting.sight.inboxIds, request.headers["if-match"])
        return write(async (tx) => {
          await assignConversation(tx, acting, params.id, { ...body, judge })
          return ok(await presentConversation(tx.db, tx.orgId, params.id, principal.ownerId))
        })
      },
    }),
    route({
      method: "DELETE",
      path: "/conversations/:id/assignment",
      action: "conversation.work",
      summary: "Back to the queue of its Inbox",
      answers: { 200: Conversation },
      problems: ["conversation_closed", "version_conflict"],
      async handle({ principal, params, request, write }) {
        const acting = await actingOf(db, principal)
        const judge = judgeFor(principal, acting.sight.inboxIds, request.headers["if-match"])
        return write(async (tx) => {
          await unassignConversation(tx, acting, params.id, judge)
          return ok(await presentConversation(tx.db, tx.orgId, params.id, principal.ownerId))
        })
      },
    }),
  ]
}

/** Own inboxes and oneself by conversation.work; everything else by conversation.assign (api.md 2.11). */
function judgeFor(
  principal: Principal,
  ownInboxIds: readonly string[] | null,
  header: string | undefined,
): Transfer["judge"] {
  const ifMatch = readIfMatch(header)
  return (conversation, target) => {
    if (ifMatch) expectVersion(ifMatch, conversation)
    if (principal.can("conversation.assign")) return
    const toSelf =
      target.agentId !== null && target.agentId === principal.userId && target.inboxId === conversation.inboxId
    if (toSelf || ownInboxIds === null || ownInboxIds.includes(target.inboxId)) return
    throw problem("not_permitted", { action: "conversation.assign", requiredRoles: rolesWith("conversation.assign") })
  }
}
