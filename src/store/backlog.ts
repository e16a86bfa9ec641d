import { type Kysely, sql } from "kysely"
import type { DB } from "./tables.ts"

/** What waits, of all organizations: what an operator watches, at each scrape of `/metrics`. */
export const backlogHelp = {
  queue_items_waiting: "Conversations that wait for an agent",
  queue_items_overdue: "Of them, those whose due date has passed",
  queue_oldest_waiting_seconds: "How long the oldest of them waits",
  deliveries_waiting: "Messages that are to leave and have not left",
  deliveries_oldest_waiting_seconds: "How long the oldest of them waits",
  deliveries_retrying: "Of them, those that failed at least once and are tried again",
  jobs_failed: "Jobs that were given up",
  inbound_events_parked: "Inbound events that could not be processed and wait to be looked at",
  carrier_accounts_failing: "Carrier accounts that refuse us or cannot be reached",
} as const

export type Backlog = { [name in keyof typeof backlogHelp]: number }

export async function readBacklog(db: Kysely<DB>, now: Date): Promise<Backlog> {
  const seconds = (column: string) =>
    sql`greatest(0, coalesce(extract(epoch FROM ${now}::timestamptz - min(${sql.ref(column)})), 0))::float8`
  const { rows } = await sql<{ backlog: Backlog }>`
    SELECT json_build_object(
      'queue_items_waiting', q.waiting, 'queue_items_overdue', q.overdue, 'queue_oldest_waiting_seconds', q.oldest,
      'deliveries_waiting', d.waiting, 'deliveries_oldest_waiting_seconds', d.oldest, 'deliveries_retrying', d.retrying,
      'jobs_failed', (SELECT count(*) FROM jobs WHERE failed_at IS NOT NULL),
      'inbound_events_parked', (SELECT count(*) FROM inbound_events WHERE parked_at IS NOT NULL),
      'carrier_accounts_failing', (SELECT count(*) FROM carrier_accounts WHERE status <> 'active')) AS backlog
    FROM
      (SELECT count(*) AS waiting, count(*) FILTER (WHERE due_at < ${now}) AS overdue, ${seconds("first_queued_at")} AS oldest
        FROM queue_items WHERE state IN ('waiting', 'offered')) q,
      (SELECT count(*) AS waiting, ${seconds("created_at")} AS oldest, count(*) FILTER (WHERE failure IS NOT NULL) AS retrying
        FROM deliveries WHERE status IN ('queued', 'sending')) d`.execute(db)
  const [row] = rows
  if (!row) throw new Error("the database counts nothing")
  return row.backlog
}
