import { z } from "zod"
import {
  createChatApp,
  deleteChatApp,
  editChatApp,
  readChatApps,
  renewIdentitySecret,
  restoreChatApp,
} from "../channels/chat/chat-apps.ts"
import { ChatApp, ChatAppChange } from "../core/chat/chat-app.ts"
import type { Keys } from "../keys.ts"
import { problem } from "../problem.ts"
import type { Store } from "../store/write.ts"
import { Answer, created, ok, wholeList } from "./answer.ts"
import { expectVersion } from "./etag.ts"
import { type Route, route } from "./route.ts"

/** Chat apps (api.md 2.5; S29, S41, S51, S56). */

const Input = ChatAppChange.extend({ name: z.string().optional() })

export function chatAppRoutes({ store, keys, publicUrl }: { store: Store; keys: Keys; publicUrl: string }): Route[] {
  async function one(orgId: string, id: string, now: Date, db = store.db): Promise<ChatApp> {
    const [app] = await readChatApps(db, orgId, { publicUrl, now, id })
    if (!app) throw problem("not_found")
    return app
  }

  return [
    route({
      method: "GET",
      path: "/chat-apps",
      action: "entryPoint.read",
      answers: { 200: z.object({ items: z.array(ChatApp), nextCursor: z.null() }) },
      async handle({ principal, now }) {
        return wholeList(await readChatApps(store.db, principal.orgId, { publicUrl, now }))
      },
    }),
    route({
      method: "POST",
      path: "/chat-apps",
      action: "chatApp.edit",
      idempotent: true,
      body: Input,
      answers: { 201: ChatApp },
      problems: ["name_taken", "default_inbox_missing"],
      async handle({ body, write, keep, now }) {
        return write(async (tx) => {
          const id = await createChatApp(tx, body)
          const answer = created(`/chat-apps/${id}`, await one(tx.orgId, id, now, tx.db))
          await keep(tx, answer)
          return answer
        })
      },
    }),
    route({
      method: "GET",
      path: "/chat-apps/:id",
      action: "entryPoint.read",
      answers: { 200: ChatApp },
      async handle({ principal, params, now }) {
        return ok(await one(principal.orgId, params.id, now))
      },
    }),
    route({
      method: "PATCH",
      path: "/chat-apps/:id",
      action: "chatApp.edit",
      versioned: true,
      body: Input,
      answers: { 200: ChatApp },
      problems: ["name_taken"],
      async handle({ principal, params, body, ifMatch, write, now }) {
        await write((tx) => editChatApp(tx, params.id, body, (stored) => expectVersion(ifMatch, stored)))
        return ok(await one(principal.orgId, params.id, now))
      },
    }),
    ...(["PUT", "DELETE"] as const).map((method) =>
      route({
        method,
        path: "/chat-apps/:id/deletion",
        action: "chatApp.edit",
        answers: { 200: ChatApp },
        async handle({ principal, params, write, now }) {
          await write((tx) => (method === "PUT" ? deleteChatApp(tx, params.id) : restoreChatApp(tx, params.id)))
          return ok(await one(principal.orgId, params.id, now))
        },
      }),
    ),
    route({
      method: "POST",
      path: "/chat-apps/:id/identity-secrets",
      action: "chatApp.edit",
      answers: { 201: z.object({ secret: z.string() }) },
      summary: "A new secret for signing visitors' identities, shown once",
      async handle({ params, write }) {
        return new Answer(201, { secret: await write((tx) => renewIdentitySecret(tx, keys, params.id)) })
      },
    }),
  ]
}
