import { z } from "zod"
import type { Blobs } from "../blobs.ts"
import { bootstrapOf } from "../channels/chat/bootstrap.ts"
import {
  createChatApp,
  deleteChatApp,
  editChatApp,
  previewChatApp,
  readChatApps,
  renewIdentitySecret,
  restoreChatApp,
} from "../channels/chat/chat-apps.ts"
import { addLogo, receiveLogo } from "../channels/chat/logos.ts"
import { ChatApp, ChatAppChange, logoBytesMax, WidgetBootstrap } from "../core/chat/chat-app.ts"
import type { Keys } from "../keys.ts"
import { problem } from "../problem.ts"
import type { Store } from "../store/write.ts"
import { Answer, created, ok, wholeList } from "./answer.ts"
import { expectVersion } from "./etag.ts"
import { filePart, formBytesMax, refuseTruncated } from "./file-part.ts"
import { type Route, route } from "./route.ts"

/** Chat apps (api.md 2.5; S29, S41, S51, S56). */

const Input = ChatAppChange.extend({ name: z.string().optional() })

export function chatAppRoutes({
  store,
  keys,
  blobs,
  publicUrl,
}: {
  store: Store
  keys: Keys
  blobs: Blobs
  publicUrl: string
}): Route[] {
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
      path: "/chat-apps/:id/previews",
      action: "entryPoint.read",
      body: ChatAppChange,
      answers: { 200: WidgetBootstrap },
      summary: "What the widget would be if this were saved; nothing is stored",
      async handle({ principal, params, body }) {
        const app = await previewChatApp(store.db, { orgId: principal.orgId, id: params.id }, body)
        return ok(await bootstrapOf({ store, publicUrl }, app))
      },
    }),
    route({
      method: "POST",
      path: "/chat-apps/:id/logos",
      action: "chatApp.edit",
      idempotent: true,
      summary: "Upload a picture; it is shown once `appearance.logoId` names it",
      accepts: ["multipart/form-data"],
      limits: { bodyBytes: logoBytesMax + formBytesMax },
      answers: { 201: z.object({ logoId: z.string() }) },
      problems: ["too_large", "type_not_supported"],
      async handle({ params, request, write }) {
        const part = await filePart(request, logoBytesMax)
        const content = await part.toBuffer()
        refuseTruncated(part, logoBytesMax)
        const logo = await receiveLogo(blobs, content)
        return write(async (tx) => new Answer(201, { logoId: await addLogo(tx, params.id, logo) }))
      },
    }),
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
