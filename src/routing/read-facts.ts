import { type Kysely, sql } from "kysely"
import type {
  AgentFact,
  AssignedFact,
  MirroredRows,
  OfferFact,
  QueueItemFact,
  RoutingConfig,
} from "../core/routing/facts.ts"
import { agentColumns } from "../store/agents.ts"
import { type AgentAtWork, agentFact, itemFact, offerFact } from "../store/facts.ts"
import { offerColumns, type OfferRow } from "../store/offers.ts"
import { queueItemColumns, type QueueItemRow } from "../store/queue-item.ts"
import { readWorkflowSettings } from "../store/routing-settings.ts"
import type { DB } from "../store/tables.ts"

/** Rows as the engine takes them: by id, or all that live. */

export type FactIds = { items: readonly string[]; agents: readonly string[]; conversations: readonly string[] }

/** The named rows; of items their offers too, of agents the work that they have. */
export async function readFacts(db: Kysely<DB>, orgId: string, ids: FactIds): Promise<MirroredRows> {
  const [items, agents, offers, assigned] = await Promise.all([
    ids.items.length > 0 ? readItems(db, orgId, ids.items) : [],
    ids.agents.length > 0 ? readAgents(db, orgId, ids.agents) : [],
    ids.items.length > 0 ? readOffers(db, orgId, ids.items) : [],
    ids.conversations.length > 0 || ids.agents.length > 0 ? readAssigned(db, orgId, ids) : [],
  ])
  return { items, agents, offers, assigned }
}

/** Everything that lives, for a rebuild. */
export async function readAllFacts(db: Kysely<DB>, orgId: string): Promise<MirroredRows> {
  const items = await readItems(db, orgId, null)
  const agents = await readAgents(db, orgId, null)
  const offers = await readOffers(
    db,
    orgId,
    items.map((item) => item.id),
  )
  const assigned = await readAssigned(db, orgId, null)
  return { items, agents, offers, assigned }
}

/** The next live items by id, for an audit that walks through them. */
export async function readLiveItemIds(
  db: Kysely<DB>,
  orgId: string,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM queue_items WHERE org_id = ${orgId} AND partition_id = ${orgId} AND state IN ('waiting', 'offered')
      ${after === null ? sql`` : sql`AND id > ${after}`} ORDER BY id LIMIT ${limit}`.execute(db)
  return rows.map((row) => row.id)
}

async function readItems(db: Kysely<DB>, orgId: string, ids: readonly string[] | null): Promise<QueueItemFact[]> {
  const { rows } = await sql<QueueItemRow>`
    SELECT ${queueItemColumns} FROM queue_items WHERE org_id = ${orgId}
      AND ${ids ? sql`id = ANY(${[...ids]})` : sql`state IN ('waiting', 'offered')`}`.execute(db)
  return rows.map(itemFact)
}

async function readAgents(db: Kysely<DB>, orgId: string, ids: readonly string[] | null): Promise<AgentFact[]> {
  const { rows } = await sql<AgentAtWork>`
    SELECT ${agentColumns}, (paused_at IS NOT NULL OR coalesce(settings_until > clock_timestamp(), false)) AS in_settings,
      ARRAY(SELECT m.inbox_id FROM inbox_members m WHERE m.org_id = a.org_id AND m.agent_id = a.agent_id ORDER BY m.inbox_id) AS inbox_ids
    FROM agent_states a WHERE org_id = ${orgId} ${ids ? sql`AND agent_id = ANY(${[...ids]})` : sql``}`.execute(db)
  return rows.map(agentFact)
}

async function readOffers(db: Kysely<DB>, orgId: string, itemIds: readonly string[]): Promise<OfferFact[]> {
  const { rows } = await sql<OfferRow>`
    SELECT ${offerColumns} FROM offers WHERE org_id = ${orgId} AND queue_item_id = ANY(${[...itemIds]}) ORDER BY offered_at, id`.execute(
    db,
  )
  return rows.map(offerFact)
}

type AssignedRow = {
  id: string
  version: number
  agentId: string | null
  awaitingSince: Date | null
  isMessaging: boolean
}

/** Of agents: only what awaits an answer and whose agent is absent; the grace counts for no other. */
async function readAssigned(db: Kysely<DB>, orgId: string, ids: FactIds | null): Promise<AssignedFact[]> {
  const held = sql`SELECT id FROM conversations WHERE org_id = ${orgId} AND agent_id IS NOT NULL AND status = 'open'`
  const chosen = ids
    ? sql`SELECT unnest(${[...ids.conversations]}::uuid[]) UNION ${held} AND agent_id IN (SELECT agent_id FROM agent_states
        WHERE org_id = ${orgId} AND agent_id = ANY(${[...ids.agents]}) AND absent_since IS NOT NULL)`
    : held
  const { rows } = await sql<AssignedRow>`
    SELECT c.id, c.version, c.agent_id, c.awaiting_since, EXISTS (SELECT 1 FROM contacts k WHERE k.org_id = c.org_id
      AND k.conversation_id = c.id AND k.state <> 'ended' AND k.channel_group = 'messaging') AS is_messaging
    FROM conversations c WHERE c.org_id = ${orgId} AND c.id IN (${chosen})`.execute(db)
  return rows.map((row) => ({
    id: row.id,
    version: row.version,
    agentId: row.agentId,
    awaitingSince: row.awaitingSince?.getTime() ?? null,
    group: row.isMessaging ? "messaging" : "mail",
  }))
}

export async function readConfig(db: Kysely<DB>, orgId: string): Promise<RoutingConfig> {
  const { settings, version } = await readWorkflowSettings(db, orgId)
  return {
    version,
    ringSeconds: settings.voice.ringSeconds,
    declineDelaySeconds: settings.voice.declineDelaySeconds,
    messagingDuringCall: settings.voice.messagingDuringCall,
    offerBanner: settings.messaging.offerBanner,
    offerSeconds: settings.messaging.offerSeconds,
    routingDelaySeconds: settings.messaging.routingDelaySeconds,
    absentGraceSeconds: settings.absentGraceSeconds,
  }
}
