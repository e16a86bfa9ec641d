import { type Kysely, type RawBuilder, sql } from "kysely"
import type { InboundEvent, Receipt } from "../intake/inbound-event.ts"
import { copyTable } from "./copy.ts"
import type { DB } from "./tables.ts"
import type { Tx } from "./write.ts"

/** An event as it is stored: under its key, before any effect. */
export type Arrival = { id: string; event: InboundEvent; receivedAt: Date }

/** What the first taking answered, without `duplicate`, which is told anew each time. */
export type StoredReceipt = Omit<Receipt, "duplicate">

/** What is stored of an arrival: its receipt with it, or why it was parked. */
export type StoredArrival = { arrival: Arrival; receipt: StoredReceipt | null; parked?: { at: Date; reason: string } }

/**
 * Stores what arrived, sorted by key (two transactions with the same keys in another order would deadlock: routing.md 9
 * T2). Whoever stores a key that another transaction has just stored fails on `inbound_events_key`, which runs `write`
 * again: then `takenEvents` finds it.
 */
export function putInboundEvents(tx: Tx, stored: readonly StoredArrival[]): void {
  tx.put(
    inboundEventsTable,
    stored.map(inboundEventRow).sort((a, b) => (a.key < b.key ? -1 : 1)),
  )
}

function inboundEventRow({ arrival, receipt, parked }: StoredArrival) {
  const { id, event, receivedAt } = arrival
  const { raw, orgId: _orgId, ...typed } = event
  return {
    id,
    entryPointId: event.entryPointId,
    channel: event.channel,
    externalId: event.externalId,
    receivedAt,
    raw: "bytes" in raw ? raw.bytes : null,
    rawSha256: "sha256" in raw ? raw.sha256 : null,
    typed,
    test: event.test,
    receipt,
    parkedAt: parked?.at ?? null,
    parkedReason: parked?.reason ?? null,
    key: keyOf(event),
  }
}

const inboundEventsTable = copyTable<ReturnType<typeof inboundEventRow>>("inbound_events", {
  id: "uuid",
  entryPointId: "uuid",
  channel: "text",
  externalId: "text",
  receivedAt: "timestamptz",
  raw: "bytea",
  rawSha256: "text",
  typed: "json",
  test: "boolean",
  receipt: "json",
  parkedAt: "timestamptz",
  parkedReason: "text",
})

/** Those of these events that are stored already, whatever became of them. */
export function takenEvents(
  tx: Tx,
  events: readonly { entryPointId: string; externalId: string }[],
): RawBuilder<TakenEvent> {
  return sql<TakenEvent>`
    SELECT id, entry_point_id, external_id, receipt, parked_at, parked_reason FROM inbound_events
    WHERE org_id = ${tx.orgId} AND entry_point_id = ANY(${[...new Set(events.map((event) => event.entryPointId))]}::uuid[])
      AND external_id = ANY(${events.map((event) => event.externalId)}::text[])`
}

export type TakenEvent = Pick<
  InboundEventRow,
  "id" | "entryPointId" | "externalId" | "receipt" | "parkedAt" | "parkedReason"
>

/** What the first taking answered, by `keyOf`. */
export function receiptsOf(taken: readonly TakenEvent[]): Map<string, StoredReceipt> {
  return new Map(
    taken.map((row) => [keyOf(row), row.receipt ?? emptyReceipt(row.id, row.parkedAt ? row.parkedReason : null)]),
  )
}

export function keyOf(event: { entryPointId: string; externalId: string }): string {
  return `${event.entryPointId} ${event.externalId}`
}

/** Of an event without effects: it was parked for this reason. */
export function emptyReceipt(inboundEventId: string, parkedReason: string | null): StoredReceipt {
  return {
    inboundEventId,
    parked: parkedReason !== null,
    parkedReason,
    messageId: null,
    contactId: null,
    conversationId: null,
    customerId: null,
    resolution: null,
    dueAt: null,
  }
}

export type InboundEventRow = {
  id: string
  entryPointId: string
  channel: string
  externalId: string
  receivedAt: Date
  typed: Record<string, unknown>
  raw: Buffer | null
  rawSha256: string | null
  parkedAt: Date | null
  parkedReason: string | null
  discardedAt: Date | null
  discardedReason: string | null
  attempts: number
  receipt: StoredReceipt | null
  test: boolean
}

const rowColumns =
  sql.raw(`e.id, e.entry_point_id, e.channel, e.external_id, e.received_at, e.typed, e.raw, e.raw_sha256, e.parked_at,
  e.parked_reason, e.discarded_at, e.discarded_reason, e.attempts, e.receipt, e.test`)

export async function findInboundEvent(db: Kysely<DB>, orgId: string, id: string): Promise<InboundEventRow | null> {
  const { rows } = await sql<InboundEventRow>`
    SELECT ${rowColumns} FROM inbound_events e WHERE e.org_id = ${orgId} AND e.id = ${id}`.execute(db)
  return rows[0] ?? null
}

/** Locked until the commit, for a replay or a discard. */
export async function lockInboundEvent(tx: Tx, id: string): Promise<InboundEventRow | null> {
  const { rows } = await sql<InboundEventRow>`
    SELECT ${rowColumns} FROM inbound_events e WHERE e.org_id = ${tx.orgId} AND e.id = ${id} FOR NO KEY UPDATE`.execute(
    tx.db,
  )
  return rows[0] ?? null
}

/** Newest first, one page and one more; without the raw bytes. */
export async function listInboundEvents(
  db: Kysely<DB>,
  orgId: string,
  filter: { parked?: boolean | undefined; channel?: string | undefined; limit: number; beforeId?: string | null },
): Promise<InboundEventRow[]> {
  const { rows } = await sql<InboundEventRow>`
    SELECT ${rowColumns} FROM inbound_events e WHERE e.org_id = ${orgId}
      AND (${filter.parked ?? null}::boolean IS NULL OR (e.parked_at IS NOT NULL) = ${filter.parked ?? null})
      AND (${filter.channel ?? null}::text IS NULL OR e.channel = ${filter.channel ?? null})
      AND (${filter.beforeId ?? null}::uuid IS NULL OR e.id < ${filter.beforeId ?? null})
    ORDER BY e.id DESC LIMIT ${filter.limit + 1}`.execute(db)
  return rows
}

/** After a replay: taken (no reason), or parked again with the new reason. */
export async function settleReplay(
  tx: Tx,
  id: string,
  outcome: { receipt: StoredReceipt } | { reason: string },
): Promise<void> {
  const reason = "reason" in outcome ? outcome.reason : null
  const receipt = "receipt" in outcome ? JSON.stringify(outcome.receipt) : null
  await sql`
    UPDATE inbound_events SET attempts = attempts + 1, parked_at = CASE WHEN ${reason}::text IS NULL THEN NULL ELSE parked_at END,
      parked_reason = ${reason}, receipt = ${receipt}::jsonb
    WHERE org_id = ${tx.orgId} AND id = ${id}`.execute(tx.db)
}

export async function discardInboundEvent(tx: Tx, id: string, reason: string | null): Promise<void> {
  await sql`
    UPDATE inbound_events SET parked_at = NULL, discarded_at = ${tx.now}, discarded_reason = ${reason}
    WHERE org_id = ${tx.orgId} AND id = ${id}`.execute(tx.db)
}
