import { type Kysely, sql } from "kysely"
import { type DraftContent, emptyDraft } from "../core/conversations/draft.ts"
import type { DB } from "../store/tables.ts"
import type { Tx } from "../store/write.ts"

export type Draft = DraftContent & { channel: string; updatedAt: string | null }
type Key = { orgId: string; conversationId: string; userId: string; channel: string }

export async function readDraft(db: Kysely<DB>, key: Key): Promise<Draft | null> {
  const row = await db
    .selectFrom("drafts")
    .select(["content", "updatedAt"])
    .where("orgId", "=", key.orgId)
    .where("conversationId", "=", key.conversationId)
    .where("userId", "=", key.userId)
    .where("channel", "=", key.channel)
    .executeTakeFirst()
  if (!row) return null
  const content = row.content as Partial<DraftContent>
  return { ...emptyDraft, ...content, channel: key.channel, updatedAt: row.updatedAt.toISOString() }
}

export async function putDraft(tx: Tx, key: Omit<Key, "orgId">, content: DraftContent): Promise<Draft> {
  const { rowCount } = await changed(
    tx,
    sql`
      INSERT INTO drafts (org_id, conversation_id, user_id, channel, content, updated_at)
      VALUES (${tx.orgId}, ${key.conversationId}, ${key.userId}, ${key.channel}, ${JSON.stringify(content)}::jsonb, ${tx.now})
      ON CONFLICT (org_id, conversation_id, user_id, channel) DO UPDATE SET content = excluded.content, updated_at = excluded.updated_at
      WHERE drafts.content IS DISTINCT FROM excluded.content`,
  )
  if (rowCount > 0) tx.event("draft.updated", { ...key, ...content })
  return { ...content, channel: key.channel, updatedAt: tx.now.toISOString() }
}

export async function removeDraft(tx: Tx, key: Omit<Key, "orgId">): Promise<void> {
  const { rowCount } = await changed(
    tx,
    sql`DELETE FROM drafts WHERE org_id = ${tx.orgId} AND conversation_id = ${key.conversationId} AND user_id = ${key.userId} AND channel = ${key.channel}`,
  )
  if (rowCount > 0) tx.event("draft.updated", { ...key, ...emptyDraft })
}

async function changed(tx: Tx, statement: ReturnType<typeof sql>): Promise<{ rowCount: number }> {
  const { numAffectedRows } = await statement.execute(tx.db)
  return { rowCount: Number(numAffectedRows ?? 0n) }
}
