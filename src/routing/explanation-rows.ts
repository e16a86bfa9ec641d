import { type Kysely, type RawBuilder, sql } from "kysely"
import type { ChannelName } from "../core/channels.ts"
import type { OfferEnd } from "../core/routing/explain.ts"
import type { DB } from "../store/tables.ts"

/** What an explanation needs besides decisions: rows, and the names that ids have now. */

export type OfferEndRow = {
  id: string
  agentId: string
  state: OfferEnd | "pending"
  withdrawnReason: string | null
  endsAt: Date
  decidedAt: Date | null
  decisionId: string
}

export type AssignmentRow = {
  agentId: string
  reason: string
  startedAt: Date
  endedAt: Date | null
  endedReason: string | null
  decisionId: string | null
}

export type Names = {
  people: ReadonlyMap<string, string>
  inboxes: ReadonlyMap<string, { name: string; slaSeconds: number; slaMinutesText: string }>
  entryPoints: ReadonlyMap<string, { channel: ChannelName; address: string; slaTexts: ReadonlyMap<number, string> }>
  customer: string | null
}

export async function readOfferEnds(db: Kysely<DB>, orgId: string, conversationId: string): Promise<OfferEndRow[]> {
  const { rows } = await sql<OfferEndRow>`
    SELECT o.id, o.agent_id, o.state, o.withdrawn_reason, o.ends_at, o.decided_at, o.decision_id
    FROM queue_items q JOIN offers o ON o.org_id = q.org_id AND o.queue_item_id = q.id
    WHERE q.org_id = ${orgId} AND q.conversation_id = ${conversationId} ORDER BY o.id`.execute(db)
  return rows
}

export async function readAssignments(db: Kysely<DB>, orgId: string, conversationId: string): Promise<AssignmentRow[]> {
  const { rows } = await sql<AssignmentRow>`
    SELECT agent_id, reason, started_at, ended_at, ended_reason, decision_id FROM assignments
    WHERE org_id = ${orgId} AND conversation_id = ${conversationId} ORDER BY started_at, id`.execute(db)
  return rows
}

export async function readNames(db: Kysely<DB>, orgId: string, conversationId: string): Promise<Names> {
  const customer = await sql<{ name: string | null }>`
    SELECT u.name FROM conversations c JOIN customers u ON u.org_id = c.org_id AND u.id = c.customer_id
    WHERE c.org_id = ${orgId} AND c.id = ${conversationId}`.execute(db)
  const used = sql`SELECT entry_point_id FROM contacts WHERE org_id = ${orgId} AND conversation_id = ${conversationId}
    UNION SELECT entry_point_id FROM messages WHERE org_id = ${orgId} AND conversation_id = ${conversationId}`
  return namesWith(db, orgId, used, customer.rows[0]?.name ?? null)
}

/** Names for a request that nobody sent. */
export async function readImaginedNames(
  db: Kysely<DB>,
  orgId: string,
  { entryPointId, customer }: { entryPointId: string; customer: string | null },
): Promise<Names> {
  return namesWith(db, orgId, sql`SELECT ${entryPointId}::uuid`, customer)
}

async function namesWith(
  db: Kysely<DB>,
  orgId: string,
  entryPointIds: RawBuilder<unknown>,
  customer: string | null,
): Promise<Names> {
  const people = await db.selectFrom("users").select(["id", "name"]).where("orgId", "=", orgId).execute()
  const inboxes = await db
    .selectFrom("inboxes")
    .select(["id", "name", "slaSeconds", "slaMinutesText"])
    .where("orgId", "=", orgId)
    .execute()
  return {
    people: new Map(people.map((row) => [row.id, row.name])),
    inboxes: new Map(inboxes.map((row) => [row.id, row])),
    entryPoints: await readEntryPoints(db, orgId, entryPointIds),
    customer,
  }
}

type EntryPointRow = {
  id: string
  channel: ChannelName
  address: string
  exceptionSeconds: number | null
  exceptionText: string | null
  defaultSeconds: number | null
  defaultText: string | null
}

/** With the texts in which their SLAs were typed, by seconds: shown where the amount is still the same. */
async function readEntryPoints(db: Kysely<DB>, orgId: string, ids: RawBuilder<unknown>): Promise<Names["entryPoints"]> {
  const { rows } = await sql<EntryPointRow>`
    SELECT e.id, e.channel, e.address, x.sla_seconds AS exception_seconds, x.sla_minutes_text AS exception_text,
      c.default_sla_seconds AS default_seconds, c.default_sla_minutes_text AS default_text
    FROM entry_points e LEFT JOIN entry_point_exceptions x ON x.org_id = e.org_id AND x.entry_point_id = e.id
    LEFT JOIN channel_routings c ON c.org_id = e.org_id AND c.section = e.section
    WHERE e.org_id = ${orgId} AND e.id IN (${ids})`.execute(db)
  return new Map(
    rows.map((row) => {
      const slaTexts = new Map<number, string>()
      if (row.defaultSeconds !== null && row.defaultText !== null) slaTexts.set(row.defaultSeconds, row.defaultText)
      if (row.exceptionSeconds !== null && row.exceptionText !== null)
        slaTexts.set(row.exceptionSeconds, row.exceptionText)
      return [row.id, { channel: row.channel, address: row.address, slaTexts }]
    }),
  )
}
