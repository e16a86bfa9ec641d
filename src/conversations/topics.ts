import { newId } from "../ids.ts"
import { invalid, problem } from "../problem.ts"
import { changeConversations, type ConversationRow } from "../store/conversations.ts"
import { findNamed } from "../store/taken-name.ts"
import type { Tx } from "../store/write.ts"
import { type Acting, lockSeen, mustBeOpen } from "./acting.ts"

/** What a conversation is about; the company's own list. */

export type Topic = { id: string; name: string; version: number }

/** Sets the topics of an open conversation, the whole set. */
export async function putTopics(
  tx: Tx,
  acting: Acting,
  conversationId: string,
  topicIds: readonly string[],
): Promise<void> {
  const { conversation } = await lockSeen(tx, acting, conversationId)
  mustBeOpen(conversation)
  const ids = await setTopics(tx, conversation, topicIds)
  if (isSame(ids, conversation.topicIds)) return
  await changeConversations(tx, [{ conversation, change: { topicIds: ids } }])
}

/** Checks and announces them; the caller writes what it answers. Unknown ones: 422 at `/topicIds/n`. */
export async function setTopics(tx: Tx, conversation: ConversationRow, topicIds: readonly string[]): Promise<string[]> {
  const ids = [...new Set(topicIds)]
  const known = await readTopics(tx, ids)
  const names = new Map(known.map((topic) => [topic.id, topic.name]))
  const unknown = topicIds.flatMap((id, index) =>
    names.has(id)
      ? []
      : [{ pointer: `#/topicIds/${index}`, code: "unknown_reference", detail: "There is no such topic." }],
  )
  if (unknown.length > 0) throw invalid(...unknown)
  if (isSame(ids, conversation.topicIds)) return ids
  const { id: conversationId, customerId, inboxId } = conversation
  const thing = { topics: ids.map((id) => ({ id, name: names.get(id) ?? "" })) }
  tx.event(
    "conversation_topics.updated",
    { conversationId, customerId, inboxId, topicIds: ids, fromTopicIds: conversation.topicIds },
    { timeline: { kind: "topic_change", conversationId, customerId, thing } },
  )
  return ids
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id))
}

async function readTopics(tx: Tx, ids: readonly string[]): Promise<{ id: string; name: string }[]> {
  if (ids.length === 0) return []
  return tx.db
    .selectFrom("topics")
    .select(["id", "name"])
    .where("orgId", "=", tx.orgId)
    .where("id", "in", [...ids])
    .where("deletedAt", "is", null)
    .execute()
}

export async function addTopic(tx: Tx, name: string): Promise<Topic> {
  const topic = { id: newId(), name, version: 1 }
  await refuseTakenName(tx, name, null)
  await tx.db
    .insertInto("topics")
    .values({ orgId: tx.orgId, ...topic, createdAt: tx.now })
    .execute()
  announce(tx, "added", null, topic)
  return topic
}

/** `judge` sees the topic as it is, locked, and refuses an outdated version. */
export async function renameTopic(tx: Tx, id: string, name: string, judge: (topic: Topic) => void): Promise<Topic> {
  const before = await lockTopic(tx, id)
  judge(before)
  if (before.name === name) return before
  await refuseTakenName(tx, name, id)
  const after = { ...before, name, version: before.version + 1 }
  await tx.db
    .updateTable("topics")
    .set({ name, version: after.version })
    .where("orgId", "=", tx.orgId)
    .where("id", "=", id)
    .execute()
  announce(tx, "updated", before, after)
  return after
}

/** It can no longer be chosen; conversations that have it keep it. */
export async function removeTopic(tx: Tx, id: string): Promise<void> {
  const before = await lockTopic(tx, id)
  await tx.db
    .updateTable("topics")
    .set({ deletedAt: tx.now })
    .where("orgId", "=", tx.orgId)
    .where("id", "=", id)
    .execute()
  announce(tx, "removed", before, null)
}

async function lockTopic(tx: Tx, id: string): Promise<Topic> {
  const row = await tx.db
    .selectFrom("topics")
    .select(["id", "name", "version"])
    .where("orgId", "=", tx.orgId)
    .where("id", "=", id)
    .where("deletedAt", "is", null)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw problem("not_found")
  return row
}

async function refuseTakenName(tx: Tx, name: string, except: string | null): Promise<void> {
  const taken = await findNamed(tx, "topics", name)
  if (taken !== undefined && taken !== except)
    throw problem("name_taken", { pointer: "#/name", topicId: taken }, `A topic called ${name} exists.`)
}

function announce(tx: Tx, action: "added" | "updated" | "removed", before: Topic | null, after: Topic | null): void {
  const topic = after ?? before
  if (!topic) return
  tx.event(`topic.${action}`, { topicId: topic.id, before, after })
  tx.audit({
    entityType: "topic",
    entityId: topic.id,
    entityName: topic.name,
    action,
    before: before ?? undefined,
    after: after ?? undefined,
  })
}
