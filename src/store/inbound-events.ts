import { type Kysely, type RawBuilder, sql } from "kysely"
import type { InboundEvent, Receipt } from "../intake/inbound-event.ts"
import { records } from "./records.ts"
import type { DB } from "./tables.ts"
import type { Tx } from "./write.ts"

/** An event as it is stored: under its key, before any effect. */
export type Arrival = { id: string; event: InboundEvent; receivedAt: Date }

/** What the first taking answered, without `duplicate`, which is told anew each time. */
export type StoredReceipt = Omit<Receipt, "duplicate">

/**
 * Stores what arrived, sorted by key (two batches with the same keys in another order would deadlock: routing.md 9 T2).
 * Waits for an undecided twin. Answers the ids of those that are new.
 */
export async function insertInboundEvents(
  tx: Tx,
  arrivals: readonly Arrival[],
  parked?: { reason: string },
): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    INSERT INTO inbound_events (org_id, id, entry_point_id, channel, external_id, received_at, raw, raw_sha256, typed, test,
      parked_at, parked_reason)
    SELECT ${tx.orgId}, r.id, r.entry_point_id, r.channel, r.external_id, r.received_at, decode(r.raw, 'base64'), r.raw_sha256,
      r.typed, r.test, ${parked ? tx.now : null}::timestamptz, ${parked?.reason ?? null}
    FROM ${records(
      arrivals.map(arrivalRow),
      `id uuid, entry_point_id uuid, channel text, external_id text, received_at timestamptz, raw text, raw_sha256 text,
       typed jsonb, test boolean`,
    )}
    ORDER BY entry_point_id, external_id
    ON CONFLICT (org_id, entry_point_id, external_id) DO NOTHING RETURNING id`.execute(tx.db)
  return new Set(rows.map((row) => row.id))
}

function arrivalRow({ id, event, receivedAt }: Arrival) {
  const { raw, orgId: _orgId, ...typed } = event
  return {
    id,
    entryPointId: event.entryPointId,
    channel: event.channel,
    externalId: event.externalId,
    receivedAt,
    raw: "bytes" in raw ? raw.bytes.toString("base64") : null,
    rawSha256: "sha256" in raw ? raw.sha256 : null,
    typed,
    test: event.test,
  }
}

/** Receipts of the first takings, by `entryPointId externalId`; a later statement than the insert, so that it sees a twin's commit. */
export async function readReceipts(
  tx: Tx,
  keys: readonly { entryPointId: string; externalId: string }[],
): Promise<Map<string, StoredReceipt>> {
  if (keys.length === 0) return new Map()
  const { rows } = await sql<InboundEventRow>`
    SELECT ${rowColumns} FROM inbound_events e JOIN ${records(
      keys.map(({ entryPointId, externalId }) => ({ entryPointId, externalId })),
      "entry_point_id uuid, external_id text",
    )} ON e.entry_point_id = r.entry_point_id AND e.external_id = r.external_id
    WHERE e.org_id = ${tx.orgId} AND e.entry_point_id = ANY(${keys.map((key) => key.entryPointId)}) AND e.external_id = ANY(${keys.map((key) => key.externalId)})`.execute(
    tx.db,
  )
  return new Map(
    rows.map((row) => [keyOf(row), row.receipt ?? emptyReceipt(row.id, row.parkedAt ? row.parkedReason : null)]),
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

export function receiptsUpdate(tx: Tx, receipts: readonly StoredReceipt[]): RawBuilder<unknown> | null {
  if (receipts.length === 0) return null
  return sql`
    UPDATE inbound_events e SET receipt = r.receipt
    FROM ${records(
      receipts.map((receipt) => ({ id: receipt.inboundEventId, receipt })),
      "id uuid, receipt jsonb",
    )}
    WHERE e.org_id = ${tx.orgId} AND e.id = r.id AND e.id = ANY(${receipts.map((receipt) => receipt.inboundEventId)})`
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
