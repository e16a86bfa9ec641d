import { z } from "zod"
import type { HttpClient } from "../http-client.ts"
import { problem } from "../problem.ts"
import type { Store } from "../store/write.ts"
import { raw } from "./answer.ts"
import { sightOf } from "./conversations/acting.ts"
import { findSeen } from "./conversations/find.ts"
import { type Route, route } from "./route.ts"

const pictureBytesMax = 5 * 1024 * 1024
const timeoutMs = 8_000
const pictureTypes = /^image\/(png|jpe?g|gif|webp)\b/i

/**
 * Pictures of others in a mail, fetched by us after the reader's click, so that the sender learns neither his address nor
 * his browser. Only addresses that stand in this mail, only pictures, never SVG.
 */
export function messagePictureRoutes({ store, http }: { store: Store; http: HttpClient }): Route[] {
  return [
    route({
      method: "GET",
      path: "/messages/:id/pictures",
      action: "conversation.read",
      summary: "A picture that a mail names and that lies elsewhere",
      query: z.object({ url: z.url().max(4_000) }),
      answers: { 200: null },
      async handle({ principal, params, query }) {
        const message = await store.db
          .selectFrom("messages")
          .select(["conversationId", "html"])
          .where("orgId", "=", principal.orgId)
          .where("id", "=", params.id)
          .executeTakeFirst()
        if (!message) throw problem("not_found")
        await findSeen(store.db, principal.orgId, await sightOf(store.db, principal), message.conversationId)
        if (!message.html?.includes(`data-remote-src="${query.url.replaceAll("&", "&amp;")}"`))
          throw problem("not_found")
        const answer = await http
          .send({ url: query.url, headers: { accept: "image/*" }, timeoutMs, answerBytesMax: pictureBytesMax })
          .catch(() => null)
        const type = answer?.headers["content-type"] ?? ""
        if (answer?.status !== 200 || !pictureTypes.test(type)) throw problem("not_found")
        return raw(type.split(";")[0] ?? "application/octet-stream", answer.body, {
          "content-security-policy": "default-src 'none'; sandbox",
          "cache-control": "private, max-age=300",
          "cross-origin-resource-policy": "same-origin",
        })
      },
    }),
  ]
}
