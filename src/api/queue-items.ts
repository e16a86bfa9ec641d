import { z } from "zod"
import { ChannelGroupShape } from "../core/agents/agent.ts"
import { QueueItem } from "../core/conversations/conversation.ts"
import { visibleInboxIds } from "../identity/principal.ts"
import { type QueueKey, readQueue, takeItem } from "../routing/queue.ts"
import type { Store } from "../store/write.ts"
import { ok } from "./answer.ts"
import { personOf, personParam } from "./query.ts"
import { type Key, type Route, route } from "./route.ts"

const Assignment = z.object({
  conversationId: z.string(),
  agentId: z.string(),
  inboxId: z.string(),
  reason: z.string(),
  assignedAt: z.string(),
})

/** What waits, in the order in which it is served (api.md 2.11). */
export function queueItemRoutes({ store }: { store: Store }): Route[] {
  return [
    route({
      method: "GET",
      path: "/queue-items",
      action: "conversation.read",
      list: true,
      query: z.object({
        inboxId: z.uuid().optional(),
        group: ChannelGroupShape.optional(),
        agentId: personParam.optional(),
      }),
      answers: { 200: z.object({ items: z.array(QueueItem), nextCursor: z.string().nullable() }) },
      async handle({ principal, query, list, page }) {
        const { inboxId, group, agentId } = query
        const rows = await readQueue(store.db, principal.orgId, {
          inboxIds: await visibleInboxIds(store.db, principal),
          limit: list.limit,
          after: queueKey(list.after),
          ...(inboxId && { inboxId }),
          ...(group && { group }),
          ...(agentId && { agentId: personOf(agentId, principal) }),
        })
        return page(
          rows,
          ({ key }) => [...key],
          ({ key: _key, ...item }) => item,
        )
      },
    }),
    route({
      method: "PUT",
      path: "/queue-items/:id/take",
      action: "conversation.take",
      answers: { 200: Assignment },
      problems: ["already_taken"],
      handle: ({ principal, params, write }) =>
        write(async (tx) => ok(await takeItem(tx, params.id, principal.ownerId))),
    }),
  ]
}

function queueKey(after: readonly Key[] | null): QueueKey | null {
  const [tier, dueAt, firstQueuedAt, id] = after ?? []
  return typeof tier === "number" &&
    typeof dueAt === "string" &&
    typeof firstQueuedAt === "string" &&
    typeof id === "string"
    ? [tier, dueAt, firstQueuedAt, id]
    : null
}
