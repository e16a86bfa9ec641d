import type { Kysely } from "kysely"
import { z } from "zod"
import type { Blobs } from "../blobs.ts"
import type { AttachmentLinks } from "../conversations/attachment-link.ts"
import { presentMessage } from "../conversations/messages.ts"
import { resend } from "../conversations/resend.ts"
import type { Sight } from "../conversations/sight.ts"
import { undoSend } from "../conversations/undo-send.ts"
import { Failure, Message } from "../core/conversations/message.ts"
import { shownStatus, type StoredDeliveryStatus } from "../core/delivery/status.ts"
import { problem } from "../problem.ts"
import type { DB } from "../store/tables.ts"
import type { Store } from "../store/write.ts"
import { created, noContent, ok, raw, wholeList } from "./answer.ts"
import { actingOf, sightOf } from "./conversations/acting.ts"
import { findSeen } from "./conversations/find.ts"
import { type Route, route } from "./route.ts"

const DeliveryShape = z.object({
  id: z.string(),
  status: z.string(),
  attempts: z.int(),
  failure: Failure.nullable(),
  changedAt: z.string(),
  createdAt: z.string(),
})

/** Messages, what they were as received, and what becomes of those on their way (api.md 2.11). */
export function messageRoutes({
  store,
  links,
  blobs,
}: {
  store: Store
  links: AttachmentLinks
  blobs: Blobs
}): Route[] {
  const { db } = store
  return [
    route({
      method: "GET",
      path: "/messages/:id",
      action: "conversation.read",
      answers: { 200: Message },
      async handle({ principal, params }) {
        await findMessage(db, principal.orgId, await sightOf(db, principal), params.id)
        return ok(await presentMessage(db, { orgId: principal.orgId, id: principal.id, links }, params.id))
      },
    }),
    route({
      method: "GET",
      path: "/messages/:id/source",
      action: "conversation.read",
      summary: "As received, byte for byte",
      answers: { 200: null },
      async handle({ principal, params }) {
        const message = await findMessage(db, principal.orgId, await sightOf(db, principal), params.id)
        const source = await readSource(db, blobs, principal.orgId, message.inboundEventId)
        const mail = message.channel === "email"
        return raw(mail ? "message/rfc822" : "application/octet-stream", source, {
          "content-disposition": `attachment; filename="${message.id}.${mail ? "eml" : "txt"}"`,
          "content-security-policy": "default-src 'none'; sandbox",
        })
      },
    }),
    route({
      method: "GET",
      path: "/messages/:id/deliveries",
      action: "conversation.read",
      answers: { 200: z.object({ items: z.array(DeliveryShape), nextCursor: z.null() }) },
      async handle({ principal, params }) {
        await findMessage(db, principal.orgId, await sightOf(db, principal), params.id)
        return wholeList(await readDeliveries(db, principal.orgId, params.id))
      },
    }),
    route({
      method: "POST",
      path: "/messages/:id/deliveries",
      action: "conversation.work",
      idempotent: true,
      summary: "Send a failed one again; of an unknown outcome only with acceptDuplicate",
      body: z.object({ acceptDuplicate: z.boolean().default(false) }),
      answers: { 201: DeliveryShape },
      problems: ["already_sent"],
      async handle({ principal, params, body, write }) {
        const acting = await actingOf(db, principal)
        return write(async (tx) => {
          const id = await resend(tx, acting, params.id, body.acceptDuplicate)
          const delivery = (await readDeliveries(tx.db, tx.orgId, params.id)).find((one) => one.id === id)
          return created(`/messages/${params.id}/deliveries/${id}`, delivery)
        })
      },
    }),
    route({
      method: "DELETE",
      path: "/messages/:id/deliveries/:deliveryId",
      action: "conversation.work",
      summary: "Undo while queued",
      answers: { 204: null },
      problems: ["already_sent"],
      async handle({ principal, params, write }) {
        const acting = await actingOf(db, principal)
        await write((tx) => undoSend(tx, acting, params.id, params.deliveryId))
        return noContent()
      },
    }),
  ]
}

async function findMessage(db: Kysely<DB>, orgId: string, sight: Sight, id: string) {
  const message = await db
    .selectFrom("messages")
    .select(["id", "conversationId", "channel", "inboundEventId"])
    .where("orgId", "=", orgId)
    .where("id", "=", id)
    .executeTakeFirst()
  if (!message) throw problem("not_found")
  await findSeen(db, orgId, sight, message.conversationId)
  return message
}

async function readSource(db: Kysely<DB>, blobs: Blobs, orgId: string, inboundEventId: string | null) {
  if (!inboundEventId) throw problem("not_found")
  const event = await db
    .selectFrom("inboundEvents")
    .select(["raw", "rawSha256"])
    .where("orgId", "=", orgId)
    .where("id", "=", inboundEventId)
    .executeTakeFirst()
  if (event?.raw) return event.raw
  if (!event?.rawSha256) throw problem("not_found")
  return blobs.stream(event.rawSha256)
}

async function readDeliveries(db: Kysely<DB>, orgId: string, messageId: string) {
  const rows = await db
    .selectFrom("deliveries")
    .select(["id", "status", "attempts", "failure", "changedAt", "createdAt"])
    .where("orgId", "=", orgId)
    .where("messageId", "=", messageId)
    .orderBy("id")
    .execute()
  return rows.map((row) => ({
    ...row,
    status: shownStatus(row.status as StoredDeliveryStatus),
    changedAt: row.changedAt.toISOString(),
    createdAt: row.createdAt.toISOString(),
  }))
}
