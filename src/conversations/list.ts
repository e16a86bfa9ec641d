import { type Kysely, type RawBuilder, sql } from "kysely"
import type { ConversationStatus } from "../core/conversations/conversation.ts"
import type { DB } from "../store/tables.ts"
import { customersMatching, wordsQuery } from "./search.ts"
import { isSeen, type Sight } from "./sight.ts"

export const conversationSorts = [
  "dueAt",
  "-dueAt",
  "createdAt",
  "-createdAt",
  "updatedAt",
  "-updatedAt",
  "closedAt",
  "-closedAt",
  "lastMessageAt",
  "-lastMessageAt",
] as const
export type ConversationSort = (typeof conversationSorts)[number]
export type ConversationView = "mine" | "queue" | "closed"

export type ConversationFilter = {
  view?: ConversationView | undefined
  status?: readonly ConversationStatus[] | undefined
  inboxIds?: readonly string[] | undefined
  agentIds?: readonly string[] | undefined
  customerId?: string | undefined
  channels?: readonly string[] | undefined
  topicIds?: readonly string[] | undefined
  overdue?: boolean | undefined
  test?: boolean | undefined
  q?: string | undefined
  sort?: ConversationSort | undefined
}

export type ListedId = { id: string; key: string }

/** Sorted behind everything that has a date. */
const never = "9999-12-31T00:00:00Z"
const columnOf = {
  dueAt: sql`coalesce(c.due_at, ${never}::timestamptz)`,
  // Ids are made in the order of creation, and the primary key has them in order.
  createdAt: sql`c.id`,
  updatedAt: sql`c.updated_at`,
  closedAt: sql`c.closed_at`,
  lastMessageAt: sql`coalesce(c.last_message_at, c.created_at)`,
} as const

/**
 * Ids of the conversations that fit, in order, one more than `limit` where there are more. `after` is the key and id
 * of the last one shown; keys are texts that keep microseconds.
 */
export async function listConversationIds(
  db: Kysely<DB>,
  orgId: string,
  sight: Sight,
  filter: ConversationFilter,
  page: { limit: number; after: readonly [string, string] | null; now: Date; country: string },
): Promise<ListedId[]> {
  const sort = filter.sort ?? defaultSort(filter.view)
  const descending = sort.startsWith("-")
  const by = sort.replace("-", "") as keyof typeof columnOf
  const column = columnOf[by]
  const order = sql.raw(descending ? "DESC" : "ASC")
  const where = [isSeen(sight), ...conditions(orgId, sight, filter, page)]
  if (by === "closedAt") where.push(sql<boolean>`c.status = 'closed'`)
  if (page.after) {
    const [key, id] = page.after
    const last = by === "createdAt" ? sql`${key}::uuid` : sql`${key}::timestamptz`
    where.push(sql<boolean>`(${column}, c.id) ${sql.raw(descending ? "<" : ">")} (${last}, ${id}::uuid)`)
  }
  const { rows } = await sql<ListedId>`
    SELECT c.id, (${column})::text AS key FROM conversations c
    WHERE c.org_id = ${orgId} AND c.merged_into_id IS NULL AND ${sql.join(where, sql` AND `)}
    ORDER BY ${column} ${order}, c.id ${order} LIMIT ${page.limit + 1}`.execute(db)
  return rows
}

function defaultSort(view: ConversationView | undefined): ConversationSort {
  if (view === "closed") return "-closedAt"
  return view === undefined ? "-createdAt" : "dueAt"
}

function conditions(
  orgId: string,
  sight: Sight,
  filter: ConversationFilter,
  page: { now: Date; country: string },
): RawBuilder<boolean>[] {
  const where: RawBuilder<boolean>[] = []
  const add = (condition: RawBuilder<boolean>) => where.push(condition)
  if (filter.view === "mine") add(sql`c.agent_id = ${sight.agentId}`)
  if (filter.view === "queue") add(inQueue)
  if (filter.view === "closed") add(sql`c.status = 'closed'`)
  if (filter.status) add(sql`c.status = ANY(${[...filter.status]})`)
  if (filter.inboxIds) add(sql`c.inbox_id = ANY(${[...filter.inboxIds]}::uuid[])`)
  if (filter.agentIds) add(sql`c.agent_id = ANY(${[...filter.agentIds]}::uuid[])`)
  if (filter.customerId) add(sql`c.customer_id = ${filter.customerId}`)
  if (filter.channels) {
    add(
      sql`EXISTS (SELECT 1 FROM contacts k WHERE k.org_id = c.org_id AND k.conversation_id = c.id AND k.channel = ANY(${[...filter.channels]}))`,
    )
  }
  if (filter.topicIds) add(sql`c.topic_ids && ${[...filter.topicIds]}::uuid[]`)
  if (filter.overdue !== undefined) add(sql`(c.due_at IS NOT NULL AND c.due_at < ${page.now}) = ${filter.overdue}`)
  if (filter.test !== undefined) add(sql`c.test = ${filter.test}`)
  if (filter.q) add(matches(orgId, filter.q, page.country))
  return where
}

const inQueue = sql<boolean>`EXISTS (SELECT 1 FROM queue_items q WHERE q.org_id = c.org_id AND q.conversation_id = c.id
  AND q.state IN ('waiting', 'offered'))`

function matches(orgId: string, q: string, country: string): RawBuilder<boolean> {
  const words = wordsQuery(q)
  const inMessages = words
    ? sql`c.id IN (SELECT conversation_id FROM messages WHERE org_id = ${orgId} AND search @@ to_tsquery('simple', ${words}))`
    : sql`false`
  return sql`(${inMessages} OR c.customer_id IN (${customersMatching(orgId, q, country)}))`
}
