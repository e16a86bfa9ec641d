import { z } from "zod"
import { closeConversation, reopenConversation } from "../../conversations/closure.ts"
import { setNoReplyNeeded, takeBackNoReplyNeeded } from "../../conversations/no-reply-needed.ts"
import { presentConversation } from "../../conversations/present.ts"
import { putTopics } from "../../conversations/topics.ts"
import { Conversation } from "../../core/conversations/conversation.ts"
import type { Principal } from "../../identity/principal.ts"
import type { Tx } from "../../store/write.ts"
import { ok } from "../answer.ts"
import { type Route, route } from "../route.ts"
import { actingOf } from "./acting.ts"
import type { ConversationDeps } from "./deps.ts"

const TopicIds = z.array(z.uuid()).max(100)

/** States of a conversation, each a noun that is set and taken back. */
export function closureRoutes({ store }: ConversationDeps): Route[] {
  const { db } = store
  const answers = { 200: Conversation }
  const present = async (tx: Tx, id: string, principal: Principal) =>
    ok(await presentConversation(tx.db, tx.orgId, id, principal.ownerId))
  return [
    route({
      method: "PUT",
      path: "/conversations/:id/closure",
      action: "conversation.work",
      body: z.object({ force: z.boolean().default(false), topicIds: TopicIds.optional() }),
      answers,
      problems: ["customer_waiting", "topic_required"],
      async handle({ principal, params, body, write }) {
        const acting = await actingOf(db, principal)
        return write(async (tx) => {
          await closeConversation(tx, acting, params.id, body)
          return present(tx, params.id, principal)
        })
      },
    }),
    route({
      method: "DELETE",
      path: "/conversations/:id/closure",
      action: "conversation.work",
      answers,
      problems: ["conversation_active"],
      async handle({ principal, params, write }) {
        const acting = await actingOf(db, principal)
        return write(async (tx) => {
          await reopenConversation(tx, acting, params.id)
          return present(tx, params.id, principal)
        })
      },
    }),
    route({
      method: "PUT",
      path: "/conversations/:id/no-reply-needed",
      action: "conversation.work",
      answers,
      problems: ["conversation_closed"],
      async handle({ principal, params, write }) {
        const acting = await actingOf(db, principal)
        return write(async (tx) => {
          await setNoReplyNeeded(tx, acting, params.id)
          return present(tx, params.id, principal)
        })
      },
    }),
    route({
      method: "DELETE",
      path: "/conversations/:id/no-reply-needed",
      action: "conversation.work",
      answers,
      problems: ["conversation_closed"],
      async handle({ principal, params, write }) {
        const acting = await actingOf(db, principal)
        return write(async (tx) => {
          await takeBackNoReplyNeeded(tx, acting, params.id)
          return present(tx, params.id, principal)
        })
      },
    }),
    route({
      method: "PUT",
      path: "/conversations/:id/topics",
      action: "conversation.work",
      body: z.object({ topicIds: TopicIds }),
      answers,
      problems: ["conversation_closed"],
      async handle({ principal, params, body, write }) {
        const acting = await actingOf(db, principal)
        return write(async (tx) => {
          await putTopics(tx, acting, params.id, body.topicIds)
          return present(tx, params.id, principal)
        })
      },
    }),
  ]
}
