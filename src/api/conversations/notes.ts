import { z } from "zod"
import { removeNote, writeNote } from "../../conversations/notes.ts"
import { Note } from "../../core/conversations/message.ts"
import { created, noContent } from "../answer.ts"
import { type Route, route } from "../route.ts"
import { actingOf } from "./acting.ts"
import type { ConversationDeps } from "./deps.ts"

export function noteRoutes({ store }: ConversationDeps): Route[] {
  const { db } = store
  return [
    route({
      method: "POST",
      path: "/conversations/:id/notes",
      action: "conversation.work",
      idempotent: true,
      summary: "A note for colleagues",
      body: z.object({
        text: z.string().trim().min(1).max(10_000),
        mentionUserIds: z.array(z.uuid()).max(50).default([]),
      }),
      answers: { 201: Note },
      async handle({ principal, params, body, write }) {
        const acting = await actingOf(db, principal)
        return write(async (tx) => {
          const note = await writeNote(tx, acting, params.id, body)
          return created(`/conversations/${params.id}/notes/${note.id}`, note)
        })
      },
    }),
    route({
      method: "DELETE",
      path: "/conversations/:id/notes/:noteId",
      action: "conversation.work",
      answers: { 204: null },
      async handle({ principal, params, write }) {
        const acting = await actingOf(db, principal)
        await write((tx) => removeNote(tx, acting, params.id, params.noteId))
        return noContent()
      },
    }),
  ]
}
