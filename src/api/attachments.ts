import type { Kysely } from "kysely"
import { z } from "zod"
import type { Blobs } from "../blobs.ts"
import type { AttachmentLinks } from "../conversations/attachment-link.ts"
import { addUpload, type AttachmentRow, readAttachment, receiveFile } from "../conversations/attachments.ts"
import { isSafeImage, servedType } from "../core/attachments/type.ts"
import { attachmentBytesMax } from "../core/conversations/composing.ts"
import { Attachment } from "../core/conversations/message.ts"
import { actorOf, type Principal } from "../identity/principal.ts"
import { problem } from "../problem.ts"
import type { DB } from "../store/tables.ts"
import type { Store } from "../store/write.ts"
import { created, ok, raw } from "./answer.ts"
import { sightOf } from "./conversations/acting.ts"
import { findSeen } from "./conversations/find.ts"
import { filePart, formBytesMax, refuseTruncated } from "./file-part.ts"
import { type Route, route } from "./route.ts"

/** Files of messages: taken in while streaming, given out by signed paths, never run (reliability 38, 40). */
export function attachmentRoutes({
  store,
  links,
  blobs,
}: {
  store: Store
  links: AttachmentLinks
  blobs: Blobs
}): Route[] {
  const { db } = store
  const show = (
    {
      id,
      name,
      type,
      sizeBytes,
      sha256,
      inline,
      contentId,
    }: Omit<AttachmentRow, "uploadedBy" | "messageId" | "conversationId">,
    principal: Principal,
  ) => ({
    id,
    name,
    type,
    sizeBytes,
    sha256,
    inline,
    contentId,
    contentUrl: links.urlOf(id, principal),
  })
  return [
    route({
      method: "POST",
      path: "/attachments",
      action: "conversation.work",
      idempotent: true,
      summary: "Upload a file for a message",
      accepts: ["multipart/form-data"],
      limits: { bodyBytes: attachmentBytesMax + formBytesMax },
      answers: { 201: Attachment },
      problems: ["too_large", "type_not_supported"],
      async handle({ principal, actor, request, write }) {
        const part = await filePart(request, attachmentBytesMax)
        const file = await receiveFile(blobs, { name: part.filename, type: part.mimetype, content: part.file })
        refuseTruncated(part, attachmentBytesMax)
        return write(async (tx) => {
          const id = await addUpload(tx, { type: actor.type, id: principal.id, name: actor.name }, file)
          return created(`/attachments/${id}`, show({ ...file, id, inline: false, contentId: null }, principal))
        })
      },
    }),
    route({
      method: "GET",
      path: "/attachments/:id",
      action: "conversation.read",
      answers: { 200: Attachment },
      async handle({ principal, params }) {
        return ok(show(await findReadable(db, principal, params.id), principal))
      },
    }),
    route({
      method: "GET",
      path: "/attachments/:id/content",
      action: "conversation.read",
      summary: "By the signed path of `contentUrl` only",
      query: z.object({ expires: z.string().regex(/^\d{1,12}$/), signature: z.string().max(100) }),
      answers: { 200: null },
      async handle({ principal, params, query }) {
        if (!links.accepts(params.id, principal, Number(query.expires), query.signature)) throw problem("not_found")
        const file = await findReadable(db, principal, params.id)
        if ((await blobs.size(file.sha256)) === null) throw problem("not_found")
        return raw(servedType(file.type), blobs.stream(file.sha256), {
          "content-length": String(file.sizeBytes),
          "content-disposition": `attachment; filename="${asciiName(file.name)}"; filename*=UTF-8''${encodeURIComponent(file.name).replaceAll("'", "%27")}`,
          "content-security-policy": "default-src 'none'; sandbox",
          "cache-control": "private, max-age=300",
          "cross-origin-resource-policy": "same-origin",
          ...(isSafeImage(file.type) ? {} : { "x-download-options": "noopen" }),
        })
      },
    }),
  ]
}

/** Of a message that the caller may see, or uploaded by himself and not sent yet. */
async function findReadable(db: Kysely<DB>, principal: Principal, id: string): Promise<AttachmentRow> {
  const file = await readAttachment(db, principal.orgId, id)
  if (!file) throw problem("not_found")
  if (file.conversationId) await findSeen(db, principal.orgId, await sightOf(db, principal), file.conversationId)
  else if (file.uploadedBy?.id !== actorOf(principal).id) throw problem("not_found")
  return file
}

/** For readers that know only RFC 6266's plain form. */
function asciiName(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]|["\\%]/g, "_")
}
