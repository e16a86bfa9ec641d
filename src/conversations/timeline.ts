import { type Kysely, sql } from "kysely"
import type { Note } from "../core/conversations/message.ts"
import type { TimelineItem } from "../core/conversations/timeline-item.ts"
import type { Person } from "../core/people/person.ts"
import type { DB } from "../store/tables.ts"
import { type MessageReader, presentMessages } from "./messages.ts"
import { isSeen, type Sight } from "./sight.ts"

export type TimelineOrder = "oldest" | "newest"

type Row = {
  id: string
  position: number
  kind: TimelineItem["kind"]
  at: Date
  conversationId: string
  contactId: string | null
  actor: Person
  thingId: string | null
  thing: Record<string, unknown> | null
}

type Page = { limit: number; after: number | null; order: TimelineOrder }

/** A page of one conversation; the caller has judged that it may be seen. One item more than `limit` where there are more. */
export async function readTimeline(
  db: Kysely<DB>,
  reader: MessageReader,
  conversationId: string,
  page: Page,
): Promise<TimelineItem[]> {
  const rows = await readRows(db, reader.orgId, sql`i.conversation_id = ${conversationId}`, page)
  return present(db, reader, rows)
}

/** A page of all conversations of a customer that may be seen, and how many items of others are hidden. */
export async function readCustomerTimeline(
  db: Kysely<DB>,
  reader: MessageReader,
  sight: Sight,
  customerId: string,
  page: Page,
): Promise<{ items: TimelineItem[]; hiddenItems: number }> {
  const seen = sql`EXISTS (SELECT 1 FROM conversations c WHERE c.org_id = i.org_id AND c.id = i.conversation_id AND ${isSeen(sight)})`
  const [rows, hidden] = await Promise.all([
    readRows(db, reader.orgId, sql`i.customer_id = ${customerId} AND ${seen}`, page),
    sql<{ count: number }>`
      SELECT count(*)::int AS count FROM timeline_items i
      WHERE i.org_id = ${reader.orgId} AND i.customer_id = ${customerId} AND NOT ${seen}`.execute(db),
  ])
  return { items: await present(db, reader, rows), hiddenItems: hidden.rows[0]?.count ?? 0 }
}

async function readRows(db: Kysely<DB>, orgId: string, of: ReturnType<typeof sql>, page: Page): Promise<Row[]> {
  const newest = page.order === "newest"
  const further =
    page.after === null ? sql`true` : newest ? sql`i.position < ${page.after}` : sql`i.position > ${page.after}`
  const { rows } = await sql<Row>`
    SELECT i.id, i.position, i.kind, i.at, i.conversation_id, i.contact_id, i.actor, i.thing_id, i.thing
    FROM timeline_items i WHERE i.org_id = ${orgId} AND ${of} AND ${further}
    ORDER BY i.position ${sql.raw(newest ? "DESC" : "ASC")} LIMIT ${page.limit + 1}`.execute(db)
  return rows
}

async function present(db: Kysely<DB>, reader: MessageReader, rows: readonly Row[]): Promise<TimelineItem[]> {
  const idsOf = (kind: Row["kind"]) => rows.flatMap((row) => (row.kind === kind && row.thingId ? [row.thingId] : []))
  const [messages, notes] = await Promise.all([
    presentMessages(db, reader, idsOf("message")),
    readNotes(db, reader.orgId, idsOf("note")),
  ])
  return rows.map((row): TimelineItem => {
    const { thing, thingId, actor, ...item } = row
    const message = row.kind === "message" && thingId ? messages.get(thingId) : undefined
    const note = row.kind === "note" && thingId ? notes.get(thingId) : undefined
    return {
      ...item,
      at: row.at.toISOString(),
      actor: { type: actor.type, id: actor.id, name: actor.name },
      ...(message && { message }),
      ...(note && { note }),
      ...(!message && !note && thing && { [fieldOf(row.kind)]: thing }),
    }
  })
}

/** api.md 11: a field named as its kind in camelCase. */
function fieldOf(kind: Row["kind"]): string {
  return kind.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())
}

async function readNotes(db: Kysely<DB>, orgId: string, ids: readonly string[]): Promise<Map<string, Note>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom("notes")
    .select(["id", "conversationId", "author", "text", "mentionUserIds", "createdAt"])
    .where("orgId", "=", orgId)
    .where("id", "in", [...ids])
    .where("deletedAt", "is", null)
    .execute()
  return new Map(
    rows.map((row) => [row.id, { ...row, author: row.author as Person, createdAt: row.createdAt.toISOString() }]),
  )
}
