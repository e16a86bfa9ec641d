import { type Kysely, sql } from "kysely"
import type { ChannelName, EntryPointKind } from "../core/channels.ts"
import type { Offer } from "../core/routing/offer.ts"
import type { OfferState } from "../store/offers.ts"
import type { DB } from "../store/tables.ts"

export type OfferFilter = {
  /** Whose; the API shows an agent his own. */
  agentId: string
  ids?: readonly string[]
  status?: readonly OfferState[]
  limit?: number
  /** Those before this one, for the next page. */
  beforeId?: string | null
}

type Row = {
  id: string
  agentId: string
  contactId: string
  conversationId: string
  channel: ChannelName
  inboxId: string
  matchReasons: string[]
  state: OfferState
  offeredAt: Date
  endsAt: Date
  customerId: string
  customerName: string | null
  preview: string | null
  entryPointId: string | null
  entryPointChannel: ChannelName
  kind: EntryPointKind
  address: string
  displayName: string
}

/** Newest first; one more than `limit`. */
export async function readOffers(db: Kysely<DB>, orgId: string, filter: OfferFilter): Promise<Offer[]> {
  const { rows } = await sql<Row>`
    SELECT o.id, o.agent_id, o.contact_id, o.conversation_id, o.channel, o.inbox_id, o.match_reasons, o.state, o.offered_at, o.ends_at,
      c.customer_id, coalesce(u.name, (SELECT d.value FROM customer_addresses d WHERE d.org_id = u.org_id AND d.customer_id = u.id
        AND d.kind IN ('phone', 'email') ORDER BY d.proved_at, d.id LIMIT 1)) AS customer_name, c.last_message_preview AS preview, e.id AS entry_point_id, e.channel AS entry_point_channel,
      e.kind, e.address, e.display_name
    FROM offers o JOIN conversations c ON c.org_id = o.org_id AND c.id = o.conversation_id
    JOIN customers u ON u.org_id = o.org_id AND u.id = c.customer_id
    LEFT JOIN contacts k ON k.org_id = o.org_id AND k.id = o.contact_id
    LEFT JOIN entry_points e ON e.org_id = o.org_id AND e.id = k.entry_point_id
    WHERE o.org_id = ${orgId} AND o.agent_id = ${filter.agentId}
      ${filter.ids ? sql`AND o.id = ANY(${[...filter.ids]})` : sql``}
      ${filter.status ? sql`AND o.state = ANY(${[...filter.status]})` : sql``}
      ${filter.beforeId ? sql`AND o.id < ${filter.beforeId}` : sql``}
    ORDER BY o.id DESC ${filter.limit === undefined ? sql`` : sql`LIMIT ${filter.limit + 1}`}`.execute(db)
  return rows.map(show)
}

function show(row: Row): Offer {
  const { entryPointId: id, entryPointChannel: channel, kind, address, displayName } = row
  return {
    id: row.id,
    agentId: row.agentId,
    contactId: row.contactId,
    conversationId: row.conversationId,
    channel: row.channel,
    inboxId: row.inboxId,
    entryPoint: id ? { id, channel, kind, address, displayName } : null,
    customer: { id: row.customerId, name: row.customerName },
    matchReasons: row.matchReasons,
    preview: row.preview,
    status: row.state,
    offeredAt: row.offeredAt.toISOString(),
    endsAt: row.endsAt.toISOString(),
  }
}
