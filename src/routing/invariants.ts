import { type Kysely, type RawBuilder, sql } from "kysely"
import type { Clock } from "../clock.ts"
import type { DB } from "../store/tables.ts"
import type { Store } from "../store/write.ts"

/** What must always be true of the rows (routing.md 6), asked in SQL: in tests after each scenario, in a server each minute. */

export type Broken = { invariant: string; count: number; sampleIds: string[] }

type Check = {
  name: string
  /** A query that answers the `id`s of what breaks it. */
  query(orgId: string, now: Date): RawBuilder<{ id: string }>
  /** True between two commits too; otherwise it counts only when it lasts. */
  lasting?: boolean
}

/** Engines decide within this; what waits longer beside a free agent is stuck. */
const decideSecondsMax = 2
const graceSlackSeconds = 60

const checks: readonly Check[] = [
  {
    name: "I1 an event that arrived has effects, or is parked or discarded",
    query: (orgId) => sql`
      SELECT id FROM inbound_events WHERE org_id = ${orgId} AND receipt IS NULL AND parked_at IS NULL AND discarded_at IS NULL`,
  },
  {
    name: "I2 one active conversation for a customer",
    query: (orgId) => sql`
      SELECT customer_id AS id FROM conversations WHERE org_id = ${orgId} AND status <> 'closed' GROUP BY customer_id HAVING count(*) > 1`,
  },
  {
    name: "I3 one pending offer for an item",
    query: (orgId) => sql`
      SELECT queue_item_id AS id FROM offers WHERE org_id = ${orgId} AND state = 'pending' GROUP BY queue_item_id HAVING count(*) > 1`,
  },
  {
    name: "I4 the open assignment is the conversation's agent",
    query: (orgId) => sql`
      SELECT coalesce(c.id, a.conversation_id) AS id
      FROM (SELECT id, agent_id FROM conversations WHERE org_id = ${orgId} AND agent_id IS NOT NULL) c
      FULL JOIN (SELECT conversation_id, agent_id FROM assignments WHERE org_id = ${orgId} AND ended_at IS NULL) a
        ON a.conversation_id = c.id AND a.agent_id = c.agent_id
      WHERE c.id IS NULL OR a.conversation_id IS NULL`,
  },
  {
    name: "I5 an item is offered while its offer is pending",
    query: (orgId) => sql`
      SELECT coalesce(q.id, o.queue_item_id) AS id
      FROM (SELECT id FROM queue_items WHERE org_id = ${orgId} AND state = 'offered') q
      FULL JOIN (SELECT queue_item_id FROM offers WHERE org_id = ${orgId} AND state = 'pending') o ON o.queue_item_id = q.id
      WHERE q.id IS NULL OR o.queue_item_id IS NULL`,
  },
  {
    name: "I6 loads are what the seats say",
    query: (orgId) => sql`
      SELECT a.agent_id AS id FROM agent_states a LEFT JOIN (
        SELECT agent_id, count(*) FILTER (WHERE channel_group = 'voice') AS voice, count(*) FILTER (WHERE channel_group = 'messaging') AS messaging,
          count(*) FILTER (WHERE channel_group = 'mail') AS mail FROM seats WHERE org_id = ${orgId} GROUP BY agent_id) s ON s.agent_id = a.agent_id
      WHERE a.org_id = ${orgId} AND (a.voice_load, a.messaging_load, a.mail_load)
        <> (coalesce(s.voice, 0), coalesce(s.messaging, 0), coalesce(s.mail, 0))`,
  },
  {
    name: "I6 seats are pending offers and conversations that somebody works on",
    query: (orgId) => sql`
      SELECT coalesce(s.holder_id, t.holder_id) AS id
      FROM (SELECT holder_id, agent_id, channel_group FROM seats WHERE org_id = ${orgId}) s
      FULL JOIN (
        SELECT id AS holder_id, agent_id, channel_group FROM offers WHERE org_id = ${orgId} AND state = 'pending'
        UNION ALL
        SELECT c.id, c.agent_id, CASE WHEN bool_or(k.channel_group = 'messaging') THEN 'messaging' ELSE 'mail' END
        FROM conversations c JOIN contacts k ON k.org_id = c.org_id AND k.conversation_id = c.id AND k.state = 'active' AND k.channel <> 'voice'
        WHERE c.org_id = ${orgId} AND c.agent_id IS NOT NULL GROUP BY c.id, c.agent_id
      ) t ON t.holder_id = s.holder_id AND t.agent_id = s.agent_id AND t.channel_group = s.channel_group
      WHERE s.holder_id IS NULL OR t.holder_id IS NULL`,
  },
  {
    name: "I8 who waits without an agent stands in the queue of an active Inbox",
    query: (orgId) => sql`
      SELECT c.id FROM conversations c LEFT JOIN queue_items q ON q.org_id = c.org_id AND q.conversation_id = c.id AND q.state IN ('waiting', 'offered')
      LEFT JOIN inboxes i ON i.org_id = c.org_id AND i.id = q.inbox_id
      WHERE c.org_id = ${orgId} AND c.status = 'new' AND (q.id IS NULL OR i.id IS NULL OR i.deactivated_at IS NOT NULL OR q.inbox_id <> c.inbox_id)`,
  },
  {
    name: "I9 what waits for an absent agent is younger than the grace",
    lasting: true,
    query: (orgId, now) => sql`
      SELECT c.id FROM conversations c JOIN agent_states a ON a.org_id = c.org_id AND a.agent_id = c.agent_id
      CROSS JOIN LATERAL (SELECT coalesce(max(CASE WHEN k.channel_group = 'messaging' THEN 0 ELSE 1 END), 1) AS mail FROM contacts k
        WHERE k.org_id = c.org_id AND k.conversation_id = c.id AND k.state <> 'ended') g
      LEFT JOIN workflow_settings w ON w.org_id = c.org_id
      WHERE c.org_id = ${orgId} AND c.status = 'open' AND a.absent_since IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM queue_items q WHERE q.org_id = c.org_id AND q.conversation_id = c.id AND q.state IN ('waiting', 'offered'))
        AND greatest(a.absent_since, c.awaiting_since) + make_interval(secs => ${graceSlackSeconds} + CASE WHEN g.mail = 1
          THEN coalesce((w.settings->'absentGraceSeconds'->>'mail')::int, 14400)
          ELSE coalesce((w.settings->'absentGraceSeconds'->>'messaging')::int, 120) END) < ${now}`,
  },
  {
    name: "I10 nobody waits while an agent who may take it has room",
    lasting: true,
    query: (orgId, now) => sql`
      SELECT q.id FROM queue_items q
      WHERE q.org_id = ${orgId} AND q.state = 'waiting' AND q.lane = 'text' AND q.queued_at < ${new Date(now.getTime() - decideSecondsMax * 1000)}
        AND EXISTS (SELECT 1 FROM inbox_members m JOIN agent_states a ON a.org_id = m.org_id AND a.agent_id = m.agent_id
          WHERE m.org_id = q.org_id AND m.inbox_id = q.inbox_id AND a.status = 'logged_in' AND a.connected AND a.focused_at IS NULL
            AND a.paused_at IS NULL AND a.deactivated_at IS NULL AND coalesce(a.settings_until < clock_timestamp(), true)
            AND q.channel_group = ANY(a.available_for)
            AND CASE q.channel_group WHEN 'messaging' THEN a.messaging_load < a.standard_capacity AND a.voice_load = 0
              AND coalesce(a.acw_until < ${now}, true) AND coalesce(a.blocked_until_messaging < ${now}, true) ELSE a.mail_credit > 0 END
            AND NOT EXISTS (SELECT 1 FROM offers o WHERE o.org_id = q.org_id AND o.queue_item_id = q.id AND o.agent_id = a.agent_id))`,
  },
  {
    name: "I12 nothing is decided under an epoch after a higher one",
    query: (orgId, now) => sql`
      SELECT id FROM (SELECT id, epoch, max(epoch) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM routing_decisions WHERE org_id = ${orgId} AND epoch > 0 AND at > ${new Date(now.getTime() - 600_000)}) d WHERE epoch < before`,
  },
]

const samplesMax = 5

/** Everything that is broken now. `settled`: nothing is under way, so what is usually passing counts too. */
export async function findBroken(
  db: Kysely<DB>,
  orgId: string,
  now: Date,
  options: { settled?: boolean } = {},
): Promise<Broken[]> {
  const broken: Broken[] = []
  for (const check of checks) {
    if (check.lasting && options.settled === false) continue
    const { rows } = await check.query(orgId, now).execute(db)
    if (rows.length > 0)
      broken.push({
        invariant: check.name,
        count: rows.length,
        sampleIds: rows.slice(0, samplesMax).map((row) => row.id),
      })
  }
  return broken
}

/** Looks each minute; what is broken twice in a row is said once: event `invariant.broken`, log and metric by `onBroken`. */
export interface InvariantWatch {
  start(): void
  stop(): Promise<void>
  /** What was broken at the last look. */
  readonly broken: ReadonlyMap<string, readonly Broken[]>
  look(): Promise<void>
}

const lookMs = 60_000
const confirmMs = 3_000

export function createInvariantWatch(deps: {
  store: Store
  clock: Clock
  onBroken: (orgId: string, broken: Broken) => void
  onError: (error: unknown) => void
}): InvariantWatch {
  const { store, clock } = deps
  const broken = new Map<string, readonly Broken[]>()
  let handle: NodeJS.Timeout | null = null
  let looking: Promise<void> | null = null

  async function look(): Promise<void> {
    const orgs = await store.db.selectFrom("organizations").select("id").execute()
    for (const { id: orgId } of orgs) {
      const first = await findBroken(store.db, orgId, clock.now())
      const found = first.length === 0 ? [] : await confirmed(orgId, first)
      const known = new Set(broken.get(orgId)?.map((one) => one.invariant))
      broken.set(orgId, found)
      for (const one of found) if (!known.has(one.invariant)) await tell(orgId, one)
    }
  }

  /** The same things, still broken a moment later. */
  async function confirmed(orgId: string, first: readonly Broken[]): Promise<Broken[]> {
    await clock.sleep(confirmMs)
    const second = await findBroken(store.db, orgId, clock.now())
    return second.filter((one) =>
      first.some(
        (before) => before.invariant === one.invariant && before.sampleIds.some((id) => one.sampleIds.includes(id)),
      ),
    )
  }

  async function tell(orgId: string, one: Broken): Promise<void> {
    deps.onBroken(orgId, one)
    await store.write({ orgId, kind: "act" }, async (tx) => void tx.event("invariant.broken", one))
  }

  return {
    broken,
    look,
    start() {
      handle = setInterval(() => {
        looking ??= look()
          .catch(deps.onError)
          .finally(() => {
            looking = null
          })
      }, lookMs)
    },
    async stop() {
      if (handle) clearInterval(handle)
      await looking
    },
  }
}
