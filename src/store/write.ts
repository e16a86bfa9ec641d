import { type Kysely, sql, type Transaction } from "kysely"
import type pg from "pg"
import type { Clock } from "../clock.ts"
import { chance, newId } from "../ids.ts"
import type { Bus } from "./bus.ts"
import { Gates, type WriteKind } from "./gate.ts"
import type { DB } from "./tables.ts"

/** Who does something: shown with events, audit entries and notes. */
export type Actor = { type: "user" | "api_key" | "system" | "rule" | "customer"; id: string | null; name: string }

export const systemActor: Actor = { type: "system", id: null, name: "Switchboard" }

/** What a timeline shows for an event; the item's id, position and time are the event's own. */
export type TimelineEntry = {
  kind:
    | "message"
    | "call"
    | "voicemail"
    | "note"
    | "status_change"
    | "assignment_change"
    | "topic_change"
    | "task"
    | "rule_run"
    | "opt_out_change"
    | "merge"
  conversationId: string
  customerId: string
  contactId?: string | null
  /** The message or note that is shown; for the other kinds `thing` says all. */
  thingId?: string | null
  thing?: Record<string, unknown>
  /** The provider's own time where it has one, never later than received. */
  at?: Date
}

export type EventOptions = { timeline?: TimelineEntry; at?: Date }

/** A change of business state under way: everything it causes is collected here and written with it. */
export interface Tx {
  readonly db: Transaction<DB>
  readonly orgId: string
  /** The business instant of this transaction. */
  readonly now: Date
  readonly actor: Actor
  readonly requestId: string | null
  /** A domain event (api.md 5), written with the next positions of the organization as the last statement. Answers its id. */
  event(type: string, data: Record<string, unknown>, options?: EventOptions): string
  /** Rows that the routing engine mirrors and that this transaction changed. */
  touch(rows: { items?: readonly (string | null | undefined)[]; agents?: readonly (string | null | undefined)[] }): void
  /** A change of a setting, with what it was and what it is. */
  audit(entry: {
    entityType: string
    entityId: string
    entityName: string
    action: "added" | "updated" | "removed"
    before?: unknown
    after?: unknown
  }): void
  /** Work to be done after the commit, at least once (jobs/worker.ts). `key` replaces an earlier job of the same kind and key. */
  job(kind: string, payload: Record<string, unknown>, options?: { runAt?: Date; key?: string }): void
  afterCommit(act: () => void): void
}

export type WriteInput = { orgId: string; kind: WriteKind; actor?: Actor; requestId?: string | null }

/** The database with its one way of changing business state. */
export interface Store {
  readonly db: Kysely<DB>
  readonly clock: Clock
  /**
   * Runs `work` in one READ COMMITTED transaction behind the gate of its organization and commits it together with the
   * events, audit entries and jobs that it collected. Deadlocks, serialization failures and lost races on a unique
   * index that `work` marks by `RetryWrite` run it again, at most three times.
   */
  write<T>(input: WriteInput, work: (tx: Tx) => Promise<T>): Promise<T>
}

/** Thrown inside `write` when facts turned out stale: roll back and run again. */
export class RetryWrite extends Error {
  constructor(why: string) {
    super(`stale facts: ${why}`)
    this.name = "RetryWrite"
  }
}

type PendingEvent = {
  id: string
  type: string
  data: Record<string, unknown>
  at: Date
  timeline: TimelineEntry | undefined
}
type PendingAudit = Parameters<Tx["audit"]>[0]
type PendingJob = { kind: string; payload: Record<string, unknown>; runAt: Date; key: string | null }

class Collected {
  readonly events: PendingEvent[] = []
  readonly audits: PendingAudit[] = []
  readonly jobs: PendingJob[] = []
  readonly items = new Set<string>()
  readonly agents = new Set<string>()
  readonly acts: (() => void)[] = []
}

const triesMax = 4
const retryMsMin = 5
const retryMsMax = 50

export function createStore(deps: {
  db: Kysely<DB>
  clock: Clock
  bus: Bus
  onGateWait?: (seconds: number) => void
  onJob?: () => void
}): Store {
  const { db, clock, bus } = deps
  const gates = new Gates(deps.onGateWait)

  async function write<T>(input: WriteInput, work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await gates.pass(input.orgId, input.kind, () => once(input, work))
      } catch (error) {
        if (attempt >= triesMax || !isRetryable(error)) throw error
        await clock.sleep(retryMsMin + chance() * (retryMsMax - retryMsMin))
      }
    }
  }

  async function once<T>(input: WriteInput, work: (tx: Tx) => Promise<T>): Promise<T> {
    const collected = new Collected()
    const now = clock.now()
    let position: number | null = null
    const result = await db.transaction().execute(async (trx) => {
      const value = await work(openTx(trx, input, now, collected))
      await insertAudits(trx, input, now, collected.audits)
      await insertJobs(trx, input.orgId, collected.jobs)
      position = await appendEvents(trx, input, now, collected)
      return value
    })
    for (const act of collected.acts) act()
    if (position !== null) bus.publish({ orgId: input.orgId, position })
    if (collected.jobs.length > 0) deps.onJob?.()
    return result
  }

  return { db, clock, write }
}

function openTx(db: Transaction<DB>, input: WriteInput, now: Date, collected: Collected): Tx {
  return {
    db,
    orgId: input.orgId,
    now,
    actor: input.actor ?? systemActor,
    requestId: input.requestId ?? null,
    event(type, data, options) {
      const id = newId()
      collected.events.push({ id, type, data, at: options?.at ?? now, timeline: options?.timeline })
      return id
    },
    touch(rows) {
      for (const id of rows.items ?? []) if (id) collected.items.add(id)
      for (const id of rows.agents ?? []) if (id) collected.agents.add(id)
    },
    audit: (entry) => void collected.audits.push(entry),
    job: (kind, payload, options) =>
      void collected.jobs.push({ kind, payload, runAt: options?.runAt ?? now, key: options?.key ?? null }),
    afterCommit: (act) => void collected.acts.push(act),
  }
}

/** The last statement before the commit: the position row stays locked until then, so that positions rise as commits do. */
async function appendEvents(
  trx: Transaction<DB>,
  input: WriteInput,
  now: Date,
  collected: Collected,
): Promise<number | null> {
  const touched = collected.items.size + collected.agents.size > 0
  if (collected.events.length === 0 && !touched) return null
  if (collected.events.length === 0) {
    collected.events.push({ id: newId(), type: "internal.touched", data: {}, at: now, timeline: undefined })
  }
  const actor = input.actor ?? systemActor
  const rows = collected.events.map((event, index) => ({
    id: event.id,
    type: event.type,
    at: event.at,
    data: event.data,
    touched:
      touched && index === collected.events.length - 1
        ? { items: [...collected.items], agents: [...collected.agents] }
        : null,
    timeline: event.timeline ?? null,
  }))
  const shown = rows.some((row) => row.timeline)
  const appended = await sql<{ last: number }>`
    WITH counted AS (
      INSERT INTO event_positions (org_id, last) VALUES (${input.orgId}, ${rows.length})
      ON CONFLICT (org_id) DO UPDATE SET last = event_positions.last + excluded.last
      RETURNING last
    ), numbered AS (
      SELECT e.*, counted.last - ${rows.length} + e.n AS position
      FROM counted, jsonb_to_recordset(${JSON.stringify(rows.map((row, n) => ({ ...row, n: n + 1 })))}::jsonb)
        AS e(n int, id uuid, type text, at timestamptz, data jsonb, touched jsonb, timeline jsonb)
    ), written AS (
      INSERT INTO events (org_id, position, id, type, at, actor, request_id, data, touched)
      SELECT ${input.orgId}, position, id, type, at, ${JSON.stringify(actor)}::jsonb, ${input.requestId ?? null}, data, touched FROM numbered
    )
    ${
      shown
        ? sql`, shown AS (
      INSERT INTO timeline_items (org_id, id, position, customer_id, conversation_id, contact_id, kind, thing_id, thing, at, actor)
      SELECT ${input.orgId}, id, position, (timeline->>'customerId')::uuid, (timeline->>'conversationId')::uuid,
        (timeline->>'contactId')::uuid, timeline->>'kind', (timeline->>'thingId')::uuid, timeline->'thing',
        coalesce((timeline->>'at')::timestamptz, at), ${JSON.stringify(actor)}::jsonb
      FROM numbered WHERE timeline IS NOT NULL
    )`
        : sql``
    }
    SELECT last FROM counted`.execute(trx)
  return appended.rows[0]?.last ?? null
}

async function insertAudits(
  trx: Transaction<DB>,
  input: WriteInput,
  now: Date,
  audits: readonly PendingAudit[],
): Promise<void> {
  if (audits.length === 0) return
  await trx
    .insertInto("auditEntries")
    .values(
      audits.map((entry) => ({
        orgId: input.orgId,
        id: newId(),
        at: now,
        actor: JSON.stringify(input.actor ?? systemActor),
        entityType: entry.entityType,
        entityId: entry.entityId,
        entityName: entry.entityName,
        action: entry.action,
        before: entry.before === undefined ? null : JSON.stringify(entry.before),
        after: entry.after === undefined ? null : JSON.stringify(entry.after),
        requestId: input.requestId ?? null,
      })),
    )
    .execute()
}

async function insertJobs(trx: Transaction<DB>, orgId: string, jobs: readonly PendingJob[]): Promise<void> {
  for (const job of jobs) {
    await sql`
      INSERT INTO jobs (org_id, id, kind, key, payload, run_at)
      VALUES (${orgId}, ${newId()}, ${job.kind}, ${job.key}, ${JSON.stringify(job.payload)}::jsonb, ${job.runAt})
      ON CONFLICT (org_id, kind, key) DO UPDATE SET payload = excluded.payload, run_at = excluded.run_at, attempts = 0, claimed_until = NULL`.execute(
      trx,
    )
  }
}

function isRetryable(error: unknown): boolean {
  if (error instanceof RetryWrite) return true
  const { code, constraint } = (error ?? {}) as Partial<pg.DatabaseError>
  if (code === "40P01" || code === "40001") return true
  return code === "23505" && constraint !== undefined && racedIndexes.has(constraint)
}

/** Unique indexes that decide races (routing.md 2): whoever comes second runs again and sees the first one's rows. */
const racedIndexes = new Set([
  "conversations_one_active",
  "contacts_one_live",
  "queue_items_one_live_text",
  "queue_items_one_live_call",
  "offers_one_pending",
  "offers_one_voice",
  "assignments_one_open",
  "seats_pkey",
])
