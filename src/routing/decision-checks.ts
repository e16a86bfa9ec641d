import { sql } from "kysely"
import { idOfSecondsAgo } from "../ids.ts"
import type { Check } from "./invariant-check.ts"

/** What must be true of what was done lately, by decisions and events; only so much of either is looked at. */

const lookedBackSeconds = 600
const decisionsMax = 1_000
const eventsMax = 10_000
/** So far apart stand the events of one act. */
const besideMax = 20
const headsMax = 5
/** What stood in the queue so long before a decision was known to it, however slow the machine. */
const knownSeconds = 10
/** Passed over once may be chance (it was just being given to somebody); again after so long is not. */
const passedOverSeconds = 2

const recentEvents = (orgId: string) => sql`
  e.org_id = ${orgId} AND e.position > (SELECT coalesce(max(last), 0) FROM event_positions WHERE org_id = ${orgId}) - ${eventsMax}`

export const decisionChecks: readonly Check[] = [
  {
    // Each decision writes down what it saw; here are the first in line of now, and who was served past them. A place that
    // they have in somebody's list of tries, an offer of that moment, or points are reasons.
    invariant: "I11",
    what: "no later one is served first without a reason",
    query: (orgId) => sql`
      WITH decided AS (
        SELECT d.agent_id, q.id, q.inbox_id, q.channel_group, q.due_at, q.first_queued_at,
          to_timestamp((d.because->'match'->>'decidedAt')::float8 / 1000) AS at
        FROM (SELECT * FROM routing_decisions WHERE org_id = ${orgId} AND id > ${idOfSecondsAgo(lookedBackSeconds)}
          AND kind IN ('offer', 'assign') ORDER BY id DESC LIMIT ${decisionsMax}) d
        JOIN queue_items q ON q.org_id = d.org_id AND q.id = d.queue_item_id
        WHERE (d.because->'match'->>'score')::float8 = 0
      )
      SELECT h.id FROM (SELECT DISTINCT inbox_id, channel_group FROM decided) b
      CROSS JOIN LATERAL (SELECT q.id, q.due_at, q.first_queued_at, q.queued_at FROM queue_items q
        WHERE q.org_id = ${orgId} AND q.inbox_id = b.inbox_id AND q.channel_group = b.channel_group AND q.state = 'waiting'
          AND q.message_count = 1 ORDER BY q.due_at LIMIT ${headsMax}) h
      JOIN decided d ON d.inbox_id = b.inbox_id AND d.channel_group = b.channel_group
        AND (h.due_at, h.first_queued_at, h.id) < (d.due_at, d.first_queued_at, d.id)
        AND h.queued_at < d.at - make_interval(secs => ${knownSeconds})
      WHERE NOT EXISTS (SELECT 1 FROM offers o WHERE o.org_id = ${orgId} AND o.queue_item_id = h.id
        AND (o.agent_id = d.agent_id OR (o.offered_at < d.at + make_interval(secs => ${knownSeconds})
          AND coalesce(o.decided_at, 'infinity') > d.at - make_interval(secs => ${knownSeconds}))))
      GROUP BY h.id HAVING max(d.at) - min(d.at) > make_interval(secs => ${passedOverSeconds})`,
  },
  {
    // By the positions of the events that were committed with them, which rise as commits do; clocks of two machines do not.
    invariant: "I12",
    what: "nothing is decided under an epoch after a higher one",
    query: (orgId) => sql`
      SELECT id FROM (
        SELECT d.id, d.epoch, max(d.epoch) OVER (ORDER BY e.position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM events e JOIN routing_decisions d ON d.org_id = e.org_id AND d.id = (e.data->>'decisionId')::uuid
        WHERE ${recentEvents(orgId)} AND d.epoch > 0 AND (e.type = 'contact.offered'
          OR (e.type = 'conversation_assignee.updated' AND e.data->>'reason' = 'automated_assignment'))
      ) d WHERE epoch < before`,
  },
  {
    // An answer ends one wait; where a later message had not been seen, the next begins with it in the same transaction.
    invariant: "I13",
    what: "a due date rises only by a transfer while the customer waits",
    query: (orgId) => sql`
      SELECT e.data->>'conversationId' AS id, e.position::text AS mark FROM events e
      WHERE ${recentEvents(orgId)} AND e.type = 'conversation_due.updated'
        AND (e.data->>'dueAt')::timestamptz > (e.data->>'fromDueAt')::timestamptz
        AND NOT EXISTS (SELECT 1 FROM events t WHERE t.org_id = e.org_id AND t.position BETWEEN e.position - ${besideMax} AND e.position + ${besideMax}
          AND t.type IN ('conversation_inbox.updated', 'contact.message_sent') AND t.data->>'conversationId' = e.data->>'conversationId')`,
  },
  {
    invariant: "I15",
    what: "every decision says why",
    query: (orgId) => sql`
      SELECT id FROM routing_decisions WHERE org_id = ${orgId} AND id > ${idOfSecondsAgo(lookedBackSeconds)}
        AND CASE kind WHEN 'placed' THEN because->'resolution' IS NULL WHEN 'offer' THEN because->'match' IS NULL
          WHEN 'assign' THEN because->'match' IS NULL ELSE because->'rule' IS NULL END`,
  },
]
