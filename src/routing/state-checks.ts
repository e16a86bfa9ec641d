import { sql } from "kysely"
import { idOfSecondsAgo } from "../ids.ts"
import type { Check } from "./invariant-check.ts"

/** What must be true of the rows as they stand: what they cost grows with what is alive, not with what has been. */

/** Engines decide within this; what waits longer beside a free agent is stuck. */
const decideSecondsMax = 2
const graceSlackSeconds = 60
/** What arrived before was looked at while it was young. */
const arrivedSecondsMax = 3_600

export const stateChecks: readonly Check[] = [
  {
    invariant: "I1",
    what: "an event that arrived has effects, or is parked or discarded",
    query: (orgId) => sql`
      SELECT id FROM inbound_events WHERE org_id = ${orgId} AND id > ${idOfSecondsAgo(arrivedSecondsMax)}
        AND receipt IS NULL AND parked_at IS NULL AND discarded_at IS NULL`,
  },
  {
    invariant: "I2",
    what: "one active conversation for a customer",
    query: (orgId) => sql`
      SELECT customer_id AS id FROM conversations WHERE org_id = ${orgId} AND status <> 'closed' GROUP BY customer_id HAVING count(*) > 1`,
  },
  {
    invariant: "I3",
    what: "one pending offer for an item",
    query: (orgId) => sql`
      SELECT queue_item_id AS id FROM offers WHERE org_id = ${orgId} AND state = 'pending' GROUP BY queue_item_id HAVING count(*) > 1`,
  },
  {
    invariant: "I4",
    what: "the open assignment is the conversation's agent",
    query: (orgId) => sql`
      SELECT coalesce(c.id, a.conversation_id) AS id
      FROM (SELECT id, agent_id FROM conversations WHERE org_id = ${orgId} AND agent_id IS NOT NULL) c
      FULL JOIN (SELECT conversation_id, agent_id FROM assignments WHERE org_id = ${orgId} AND ended_at IS NULL) a
        ON a.conversation_id = c.id AND a.agent_id = c.agent_id
      WHERE c.id IS NULL OR a.conversation_id IS NULL`,
  },
  {
    invariant: "I5",
    what: "an item is offered while its offer is pending",
    query: (orgId) => sql`
      SELECT coalesce(q.id, o.queue_item_id) AS id
      FROM (SELECT id FROM queue_items WHERE org_id = ${orgId} AND state = 'offered') q
      FULL JOIN (SELECT queue_item_id FROM offers WHERE org_id = ${orgId} AND state = 'pending') o ON o.queue_item_id = q.id
      WHERE q.id IS NULL OR o.queue_item_id IS NULL`,
  },
  {
    invariant: "I6",
    what: "loads are what the seats say",
    query: (orgId) => sql`
      SELECT a.agent_id AS id FROM agent_states a LEFT JOIN (
        SELECT agent_id, count(*) FILTER (WHERE channel_group = 'voice') AS voice, count(*) FILTER (WHERE channel_group = 'messaging') AS messaging,
          count(*) FILTER (WHERE channel_group = 'mail') AS mail FROM seats WHERE org_id = ${orgId} GROUP BY agent_id) s ON s.agent_id = a.agent_id
      WHERE a.org_id = ${orgId} AND (a.voice_load, a.messaging_load, a.mail_load)
        <> (coalesce(s.voice, 0), coalesce(s.messaging, 0), coalesce(s.mail, 0))`,
  },
  {
    invariant: "I6",
    what: "seats are pending offers and conversations that somebody works on",
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
    // Of what the engine gave: each was written while all of them that are still there, and itself, were within the limit.
    // The limit may have been lowered since, so the highest counts that one of them was decided by.
    invariant: "I7",
    what: "push stays within the standard capacity, Next within the maximum",
    query: (orgId) => sql`
      SELECT g.agent_id AS id FROM agent_states g JOIN (
        SELECT s.agent_id, s.via, (d.because->'match'->'chosen'->>'capacity')::int AS allowed FROM seats s
        LEFT JOIN offers o ON o.org_id = s.org_id AND o.id = s.holder_id
        LEFT JOIN assignments a ON a.org_id = s.org_id AND a.conversation_id = s.holder_id AND a.ended_at IS NULL
        LEFT JOIN routing_decisions d ON d.org_id = s.org_id AND d.id = coalesce(o.decision_id, a.decision_id)
        WHERE s.org_id = ${orgId} AND s.channel_group = 'messaging' AND s.via IN ('push', 'pull')
      ) h ON h.agent_id = g.agent_id
      WHERE g.org_id = ${orgId} GROUP BY g.agent_id, g.standard_capacity, g.maximum_capacity
      HAVING bool_and(h.allowed IS NOT NULL) AND (
        count(*) FILTER (WHERE h.via = 'push') > greatest(max(h.allowed) FILTER (WHERE h.via = 'push'), g.standard_capacity)
        OR count(*) > greatest(max(h.allowed), g.maximum_capacity))`,
  },
  {
    invariant: "I8",
    what: "who waits without an agent stands in the queue of an active Inbox",
    query: (orgId) => sql`
      SELECT c.id FROM conversations c LEFT JOIN queue_items q ON q.org_id = c.org_id AND q.conversation_id = c.id AND q.state IN ('waiting', 'offered')
      LEFT JOIN inboxes i ON i.org_id = c.org_id AND i.id = q.inbox_id
      WHERE c.org_id = ${orgId} AND c.status = 'new' AND (q.id IS NULL OR i.id IS NULL OR i.deactivated_at IS NOT NULL OR q.inbox_id <> c.inbox_id)`,
  },
  {
    invariant: "I8",
    what: "what stands in the queue is of a conversation that waits",
    query: (orgId) => sql`
      SELECT q.id FROM queue_items q LEFT JOIN conversations c ON c.org_id = q.org_id AND c.id = q.conversation_id
      WHERE q.org_id = ${orgId} AND q.state IN ('waiting', 'offered') AND (c.id IS NULL OR c.status = 'closed' OR (q.lane = 'text' AND c.awaiting_since IS NULL))`,
  },
  {
    invariant: "I9",
    what: "what waits for an absent agent is younger than the grace",
    query: (orgId, now) => sql`
      SELECT c.id FROM conversations c LEFT JOIN agent_states a ON a.org_id = c.org_id AND a.agent_id = c.agent_id
      CROSS JOIN LATERAL (SELECT coalesce(max(CASE WHEN k.channel_group = 'messaging' THEN 0 ELSE 1 END), 1) AS mail FROM contacts k
        WHERE k.org_id = c.org_id AND k.conversation_id = c.id AND k.state <> 'ended') g
      LEFT JOIN workflow_settings w ON w.org_id = c.org_id
      WHERE c.org_id = ${orgId} AND c.status = 'open' AND (a.agent_id IS NULL OR a.absent_since IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM queue_items q WHERE q.org_id = c.org_id AND q.conversation_id = c.id AND q.state IN ('waiting', 'offered'))
        AND greatest(a.absent_since, c.awaiting_since) + make_interval(secs => ${graceSlackSeconds} + CASE WHEN g.mail = 1
          THEN coalesce((w.settings->'absentGraceSeconds'->>'mail')::int, 14400)
          ELSE coalesce((w.settings->'absentGraceSeconds'->>'messaging')::int, 120) END) < ${now}`,
  },
  {
    // The mark is the agent's row: the same one, unchanged, still free beside what waits. A queue under load has at any
    // instant some agent who has just become free. Who decides is told by the lease; without one there is nobody to.
    invariant: "I10",
    what: "nobody waits while an agent who may take it has room",
    query: (orgId, now) => {
      const since = new Date(now.getTime() - decideSecondsMax * 1000)
      return sql`
        SELECT w.id, concat_ws(' ', a.agent_id, a.version, l.epoch) AS mark
        FROM agent_states a JOIN leases l ON l.org_id = a.org_id AND l.partition_id = a.org_id AND l.expires_at > clock_timestamp()
        LEFT JOIN workflow_settings s ON s.org_id = a.org_id
        CROSS JOIN LATERAL (SELECT coalesce((s.settings->'voice'->>'messagingDuringCall')::boolean, false) AS during_call,
          greatest(60, coalesce((s.settings->'voice'->>'declineDelaySeconds')::int, 0)) AS tried_seconds,
          coalesce((s.settings->'messaging'->>'routingDelaySeconds')::int, 0) > 0 AND EXISTS (SELECT 1 FROM offers p
            WHERE p.org_id = a.org_id AND p.agent_id = a.agent_id AND p.state = 'pending' AND p.channel_group = 'messaging') AS delayed) v
        CROSS JOIN LATERAL (SELECT ARRAY[
          CASE WHEN a.voice_load = 0 AND coalesce(a.acw_until < ${since}, true) AND coalesce(a.blocked_until_voice < ${since}, true) THEN 'voice' END,
          CASE WHEN a.messaging_load < a.standard_capacity AND coalesce(a.blocked_until_messaging < ${since}, true)
            AND NOT v.delayed AND (v.during_call OR (a.voice_load = 0 AND coalesce(a.acw_until < ${since}, true))) THEN 'messaging' END,
          CASE WHEN a.mail_credit > 0 THEN 'mail' END] AS groups) r
        JOIN inbox_members m ON m.org_id = a.org_id AND m.agent_id = a.agent_id
        CROSS JOIN LATERAL (SELECT q.id FROM queue_items q
          WHERE q.org_id = m.org_id AND q.inbox_id = m.inbox_id AND q.state = 'waiting' AND q.queued_at < ${since}
            AND q.channel_group = ANY(r.groups) AND q.channel_group = ANY(a.available_for)
            AND NOT EXISTS (SELECT 1 FROM offers o WHERE o.org_id = q.org_id AND o.queue_item_id = q.id
              AND (o.state = 'pending' OR (o.agent_id = a.agent_id AND o.state IN ('declined', 'missed', 'device_error')
                AND o.decided_at > ${since}::timestamptz - make_interval(secs => v.tried_seconds))))
          ORDER BY q.due_at LIMIT 1) w
        WHERE a.org_id = ${orgId} AND a.status = 'logged_in' AND a.connected AND a.focused_at IS NULL AND a.paused_at IS NULL
          AND a.deactivated_at IS NULL AND coalesce(a.settings_until < clock_timestamp() - make_interval(secs => ${decideSecondsMax}), true)`
    },
  },
  {
    invariant: "I15",
    what: "every conversation that lives has an Inbox",
    query: (orgId) => sql`
      SELECT c.id FROM conversations c LEFT JOIN inboxes i ON i.org_id = c.org_id AND i.id = c.inbox_id
      WHERE c.org_id = ${orgId} AND c.status <> 'closed' AND i.id IS NULL`,
  },
]
