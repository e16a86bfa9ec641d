import { type Kysely, sql } from "kysely"
import type { DB } from "../../store/tables.ts"
import type { Store } from "../../store/write.ts"

/**
 * What a visitor's screen shows, numbered without gaps. Numbers are given under the visitor's row lock, after the commit of
 * the message itself: whoever comes first numbers everything that has none yet, in the order in which it was committed, so
 * that a crash in between loses nothing.
 */

export type VisitorItem = {
  seq: number
  id: string
  from: "visitor" | "agent" | "system"
  agentName: string | null
  text: string
  html: string | null
  attachments: { id: string; name: string; type: string }[]
  at: Date
  clientId: string | null
  /** An answer that no screen has taken yet. */
  undelivered: boolean
}

/** Visitors who share the screen of one customer on one chat app. */
export async function visitorsOf(
  db: Kysely<DB>,
  orgId: string,
  customerId: string,
  entryPointId: string,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT v.id FROM visitors v JOIN chat_apps a ON a.org_id = v.org_id AND a.id = v.chat_app_id
    WHERE v.org_id = ${orgId} AND v.customer_id = ${customerId} AND a.entry_point_id = ${entryPointId} AND v.ends_at > now()
    ORDER BY v.id`.execute(db)
  return rows.map((row) => row.id)
}

/** Numbers what the visitor has not got yet; answers the latest number. */
export async function numberItems(store: Store, orgId: string, visitorId: string): Promise<number> {
  return store.db.transaction().execute(async (trx) => {
    const visitor = await trx
      .selectFrom("visitors")
      .select(["customerId", "chatAppId", "address", "lastSeq"])
      .where("orgId", "=", orgId)
      .where("id", "=", visitorId)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (!visitor?.customerId) return visitor?.lastSeq ?? 0
    const numbered = await sql<{ seq: number }>`
      WITH fresh AS (
        SELECT m.id, m.direction, m.client_id, m.from_address, m.sent_at, u.name AS agent_name, m.author_type,
          row_number() OVER (ORDER BY t.position) AS n
        FROM messages m
        JOIN timeline_items t ON t.org_id = m.org_id AND t.thing_id = m.id AND t.kind = 'message' AND t.customer_id = ${visitor.customerId}
        LEFT JOIN users u ON u.org_id = m.org_id AND u.id = m.author_id AND m.author_type = 'agent'
        WHERE m.org_id = ${orgId} AND m.customer_id = ${visitor.customerId} AND m.channel = 'chat'
          AND m.entry_point_id = (SELECT entry_point_id FROM chat_apps WHERE org_id = ${orgId} AND id = ${visitor.chatAppId})
          AND NOT EXISTS (SELECT 1 FROM visitor_items i WHERE i.org_id = ${orgId} AND i.visitor_id = ${visitorId} AND i.message_id = m.id)
          AND (m.direction = 'inbound' OR EXISTS (SELECT 1 FROM deliveries d WHERE d.org_id = m.org_id AND d.message_id = m.id AND d.status NOT IN ('queued', 'canceled', 'failed')))
      )
      INSERT INTO visitor_items (org_id, visitor_id, seq, message_id, client_id, sender, agent_name, at)
      SELECT ${orgId}, ${visitorId}, ${visitor.lastSeq}::bigint + n, id, CASE WHEN from_address = ${visitor.address} THEN client_id END,
        CASE WHEN direction = 'inbound' THEN 'visitor' WHEN author_type IN ('agent', 'api_key') THEN 'agent' ELSE 'system' END,
        split_part(agent_name, ' ', 1), sent_at
      FROM fresh ORDER BY n
      RETURNING seq`.execute(trx)
    if (numbered.rows.length === 0) return visitor.lastSeq
    const lastSeq = visitor.lastSeq + numbered.rows.length
    await trx.updateTable("visitors").set({ lastSeq }).where("orgId", "=", orgId).where("id", "=", visitorId).execute()
    return lastSeq
  })
}

export async function readItems(
  db: Kysely<DB>,
  orgId: string,
  visitorId: string,
  afterSeq: number,
  limit: number,
): Promise<VisitorItem[]> {
  const { rows } = await sql<Omit<VisitorItem, "attachments"> & { attachments: VisitorItem["attachments"] | null }>`
    SELECT i.seq, i.message_id AS id, i.sender AS "from", i.agent_name, coalesce(m.text, '') AS text, m.html, i.at, i.client_id,
      i.sender <> 'visitor' AND EXISTS (SELECT 1 FROM deliveries d WHERE d.org_id = i.org_id AND d.message_id = i.message_id
        AND d.status IN ('queued', 'sending', 'sent', 'unknown')) AS undelivered,
      (SELECT jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name, 'type', a.type) ORDER BY a.sort_order, a.id)
        FROM attachments a WHERE a.org_id = i.org_id AND a.message_id = i.message_id) AS attachments
    FROM visitor_items i LEFT JOIN messages m ON m.org_id = i.org_id AND m.id = i.message_id
    WHERE i.org_id = ${orgId} AND i.visitor_id = ${visitorId} AND i.seq > ${afterSeq}
    ORDER BY i.seq LIMIT ${limit}`.execute(db)
  return rows.map((row) => ({ ...row, attachments: row.attachments ?? [] }))
}

export async function findItem(
  db: Kysely<DB>,
  orgId: string,
  visitorId: string,
  clientId: string,
): Promise<{ seq: number; messageId: string; at: Date } | null> {
  const row = await db
    .selectFrom("visitorItems")
    .select(["seq", "messageId", "at"])
    .where("orgId", "=", orgId)
    .where("visitorId", "=", visitorId)
    .where("clientId", "=", clientId)
    .executeTakeFirst()
  return row ?? null
}
