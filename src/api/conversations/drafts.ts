import { z } from "zod"
import { putDraft, readDraft, removeDraft } from "../../conversations/drafts.ts"
import { emptyDraft } from "../../core/conversations/draft.ts"
import { putReadMark } from "../../conversations/read-marks.ts"
import { channelNames } from "../../core/channels.ts"
import { attachmentsMax, recipientsMax } from "../../core/conversations/composing.ts"
import { noContent, ok } from "../answer.ts"
import { type Route, route } from "../route.ts"
import { sightOf } from "./acting.ts"
import { findSeen } from "./find.ts"
import type { ConversationDeps } from "./deps.ts"

const htmlLengthMax = 200_000
const DraftChannel = z.enum([...channelNames, "note"])
const CopiesBegun = z.array(z.string().max(320)).max(recipientsMax).default([])
const DraftBody = z.object({
  text: z.string().max(10_000).default(""),
  html: z.string().max(htmlLengthMax).nullable().default(null),
  subject: z.string().max(998).nullable().default(null),
  // Half an address is a draft too.
  cc: CopiesBegun,
  bcc: CopiesBegun,
  entryPointId: z.uuid().nullable().default(null),
  toAddressId: z.uuid().nullable().default(null),
  attachmentIds: z.array(z.uuid()).max(attachmentsMax).default([]),
})
const Draft = DraftBody.extend({ channel: DraftChannel, updatedAt: z.string().nullable() })
const params = z.object({ id: z.string(), channel: DraftChannel })

/** What is only the caller's own: drafts (reliability 24) and how far he has read. */
export function draftRoutes({ store, onRead }: ConversationDeps): Route[] {
  const { db } = store
  return [
    route({
      method: "GET",
      path: "/conversations/:id/drafts/:channel",
      action: "conversation.work",
      params,
      answers: { 200: Draft },
      async handle({ principal, params: { id, channel } }) {
        const { orgId, ownerId: userId } = principal
        await findSeen(db, orgId, await sightOf(db, principal, "conversation.work"), id)
        return ok(
          (await readDraft(db, { orgId, conversationId: id, userId, channel })) ?? {
            ...emptyDraft,
            channel,
            updatedAt: null,
          },
        )
      },
    }),
    route({
      method: "PUT",
      path: "/conversations/:id/drafts/:channel",
      action: "conversation.work",
      params,
      body: DraftBody,
      limits: { stringLength: htmlLengthMax },
      answers: { 200: Draft },
      async handle({ principal, params: { id, channel }, body, write }) {
        const { orgId, ownerId: userId } = principal
        await findSeen(db, orgId, await sightOf(db, principal, "conversation.work"), id)
        return write(async (tx) => ok(await putDraft(tx, { conversationId: id, userId, channel }, body)))
      },
    }),
    route({
      method: "DELETE",
      path: "/conversations/:id/drafts/:channel",
      action: "conversation.work",
      params,
      answers: { 204: null },
      async handle({ principal, params: { id, channel }, write }) {
        const { orgId, ownerId: userId } = principal
        await findSeen(db, orgId, await sightOf(db, principal, "conversation.work"), id)
        await write((tx) => removeDraft(tx, { conversationId: id, userId, channel }))
        return noContent()
      },
    }),
    route({
      method: "PUT",
      path: "/conversations/:id/read-mark",
      action: "conversation.work",
      summary: "How far the caller has read; a lower position makes the rest unread",
      body: z.object({ upToPosition: z.int().min(0) }),
      answers: { 200: z.object({ upToPosition: z.int() }) },
      async handle({ principal, params: { id }, body, now, write }) {
        const { orgId, ownerId: userId } = principal
        await findSeen(db, orgId, await sightOf(db, principal, "conversation.work"), id)
        return write(async (tx) => {
          await putReadMark(tx, { conversationId: id, userId, upToPosition: body.upToPosition })
          tx.afterCommit(() => onRead?.(orgId, id, now))
          return ok({ upToPosition: body.upToPosition })
        })
      },
    }),
  ]
}
