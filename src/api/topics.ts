import { z } from "zod"
import { oneLine } from "../core/one-line.ts"
import { addTopic, removeTopic, renameTopic } from "../conversations/topics.ts"
import type { Store } from "../store/write.ts"
import { created, noContent, ok, wholeList } from "./answer.ts"
import { expectVersion } from "./etag.ts"
import { type Route, route } from "./route.ts"

const Name = oneLine(100).min(1)
const TopicShape = z.object({ id: z.string(), name: z.string(), version: z.int() })

/** The company's list of what conversations are about (api.md 2.11). */
export function topicRoutes({ store }: { store: Store }): Route[] {
  const { db } = store
  return [
    route({
      method: "GET",
      path: "/topics",
      action: "conversation.read",
      answers: { 200: z.object({ items: z.array(TopicShape), nextCursor: z.null() }) },
      async handle({ principal }) {
        const rows = await db
          .selectFrom("topics")
          .select(["id", "name", "version"])
          .where("orgId", "=", principal.orgId)
          .where("deletedAt", "is", null)
          .orderBy((eb) => eb.fn("lower", ["name"]))
          .execute()
        return wholeList(rows)
      },
    }),
    route({
      method: "POST",
      path: "/topics",
      action: "topic.edit",
      idempotent: true,
      body: z.object({ name: Name }),
      answers: { 201: TopicShape },
      problems: ["name_taken"],
      async handle({ body, write }) {
        return write(async (tx) => {
          const topic = await addTopic(tx, body.name)
          return created(`/topics/${topic.id}`, topic)
        })
      },
    }),
    route({
      method: "PATCH",
      path: "/topics/:id",
      action: "topic.edit",
      versioned: true,
      body: z.object({ name: Name }),
      answers: { 200: TopicShape },
      problems: ["name_taken"],
      async handle({ params, body, ifMatch, write }) {
        return write(async (tx) =>
          ok(await renameTopic(tx, params.id, body.name, (topic) => expectVersion(ifMatch, topic))),
        )
      },
    }),
    route({
      method: "DELETE",
      path: "/topics/:id",
      action: "topic.edit",
      answers: { 204: null },
      async handle({ params, write }) {
        await write((tx) => removeTopic(tx, params.id))
        return noContent()
      },
    }),
  ]
}
