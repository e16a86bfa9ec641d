import type { Note } from "../core/conversations/message.ts"
import { newId } from "../ids.ts"
import { invalid, problem } from "../problem.ts"
import type { ConversationRow } from "../store/conversations.ts"
import type { Tx } from "../store/write.ts"
import { type Acting, lockSeen } from "./acting.ts"
import { removeDraft } from "./drafts.ts"
import { notify } from "./notify.ts"
import { thoseWhoSee } from "./sight.ts"

export type NewNote = { text: string; mentionUserIds: readonly string[] }

const previewLengthMax = 200

/** For colleagues only; those who are mentioned, and may read the conversation, find it under their bell. */
export async function writeNote(tx: Tx, acting: Acting, conversationId: string, input: NewNote): Promise<Note> {
  const { conversation } = await lockSeen(tx, acting, conversationId)
  if (acting.userId) await removeDraft(tx, { conversationId, userId: acting.userId, channel: "note" })
  return addNote(tx, acting, conversation, input)
}

/** The conversation is locked. */
export async function addNote(tx: Tx, acting: Acting, conversation: ConversationRow, input: NewNote): Promise<Note> {
  const mentionUserIds = [...new Set(input.mentionUserIds)]
  await mustBeUsers(tx, mentionUserIds)
  const author = { type: acting.type, id: acting.id, name: acting.name }
  const note = {
    id: newId(),
    conversationId: conversation.id,
    author,
    text: input.text,
    mentionUserIds,
    createdAt: tx.now,
  }
  await tx.db
    .insertInto("notes")
    .values({ orgId: tx.orgId, ...note, author: JSON.stringify(author) })
    .execute()
  const { customerId, inboxId, agentId } = conversation
  tx.event(
    "note.added",
    { noteId: note.id, conversationId: conversation.id, customerId, inboxId, agentId, mentionUserIds, author },
    { timeline: { kind: "note", conversationId: conversation.id, customerId, thingId: note.id } },
  )
  const others = mentionUserIds.filter((userId) => userId !== acting.userId)
  await notify(
    tx,
    // The others may not know what it is about; a link would lead them nowhere.
    await thoseWhoSee(tx, conversation, others),
    "mention",
    {
      noteId: note.id,
      conversationId: note.conversationId,
      by: acting.name,
      text: note.text.slice(0, previewLengthMax),
    },
  )
  return { ...note, createdAt: note.createdAt.toISOString() }
}

async function mustBeUsers(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const rows = await tx.db
    .selectFrom("users")
    .select("id")
    .where("orgId", "=", tx.orgId)
    .where("id", "in", [...ids])
    .execute()
  const known = new Set(rows.map((row) => row.id))
  const errors = ids.flatMap((id, index) =>
    known.has(id)
      ? []
      : [{ pointer: `#/mentionUserIds/${index}`, code: "unknown_reference", detail: "There is no such user." }],
  )
  if (errors.length > 0) throw invalid(...errors)
}

/** Only its author takes a note back; it leaves the timeline. */
export async function removeNote(tx: Tx, acting: Acting, conversationId: string, noteId: string): Promise<void> {
  const { conversation } = await lockSeen(tx, acting, conversationId)
  const note = await tx.db
    .selectFrom("notes")
    .select(["author", "deletedAt"])
    .where("orgId", "=", tx.orgId)
    .where("conversationId", "=", conversationId)
    .where("id", "=", noteId)
    .executeTakeFirst()
  const author = note?.author as { id: string | null } | undefined
  if (!note || author?.id !== acting.id) throw problem("not_found")
  if (note.deletedAt) return
  await tx.db
    .updateTable("notes")
    .set({ deletedAt: tx.now })
    .where("orgId", "=", tx.orgId)
    .where("id", "=", noteId)
    .execute()
  await tx.db
    .deleteFrom("timelineItems")
    .where("orgId", "=", tx.orgId)
    .where("conversationId", "=", conversationId)
    .where("kind", "=", "note")
    .where("thingId", "=", noteId)
    .execute()
  tx.event("note.removed", {
    noteId,
    conversationId,
    customerId: conversation.customerId,
    inboxId: conversation.inboxId,
  })
}
