import { CompiledQuery, type Kysely, type RawBuilder, sql, type Transaction } from "kysely"
import type pg from "pg"
import type { Clock } from "../clock.ts"
import type { AgentFact, AssignedFact, MirroredRows, OfferFact, QueueItemFact } from "../core/routing/facts.ts"
import { chance, newId } from "../ids.ts"
import { Burst, isStatementOutdated, type Statement, type Step } from "./burst.ts"
import type { Bus } from "./bus.ts"
import { type Committed, lastPosition } from "./committed.ts"
import { Copy, type CopyTable, copyTable } from "./copy.ts"
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

export type EventOptions = {
  timeline?: TimelineEntry
  at?: Date
  /** Of an event of a conversation: the row, as it will be at the commit. Sockets of this process then need not look it up. */
  about?: { inboxId: string; agentId: string | null } | undefined
}

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
  /** Rows that the routing engine mirrors and that this transaction changed; `known`: as they are now, where that is certain. */
  touch(rows: {
    items?: readonly (string | null | undefined)[]
    agents?: readonly (string | null | undefined)[]
    known?: Partial<MirroredRows>
  }): void
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
  /** New rows, written together with all else that is put, at the latest before the commit. */
  put<Row extends object>(table: CopyTable<Row>, rows: readonly Row[]): void
  /** A change whose result nobody needs to see, written in its turn with what is put. */
  also(change: RawBuilder<unknown> | null): void
  /**
   * Statements whose rows are needed only just before the commit: they go with what is put, and `use` gets their rows
   * before the events are written. What `use` throws undoes everything.
   */
  late<const Statements extends readonly RawBuilder<unknown>[]>(
    statements: Statements,
    use: (rows: { -readonly [N in keyof Statements]: RowsOf<Statements[N]> }) => void,
  ): void
  /** What was put is there from now on, for statements that read it. */
  flush(): Promise<void>
  /**
   * Statements that do not depend on each other's results, in one round trip and in this order; the rows of each. What
   * several callers ask for in one turn goes together too.
   */
  together<const Statements extends readonly RawBuilder<unknown>[]>(
    statements: Statements,
  ): Promise<{ -readonly [N in keyof Statements]: RowsOf<Statements[N]> }>
}

type RowsOf<Statement> = Statement extends RawBuilder<infer Row> ? Row[] : never

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
  about: EventOptions["about"]
}
type PendingAudit = Parameters<Tx["audit"]>[0]
type PendingJob = { kind: string; payload: Record<string, unknown>; runAt: Date; key: string | null }

/** `take`: gets the rows as soon as they are there. */
type CollectedStep = Copy | (Statement & { take?: (rows: Rows) => void })

class Collected {
  /** Of copies that are put one table's rows together, at the place of the first. */
  readonly steps: CollectedStep[] = []
  readonly copies = new Map<string, Copy>()
  readonly events: PendingEvent[] = []
  readonly audits: PendingAudit[] = []
  readonly jobs: PendingJob[] = []
  /** Null: to be read again. */
  readonly items = new Map<string, QueueItemFact | null>()
  readonly agents = new Map<string, AgentFact | null>()
  readonly offers: OfferFact[] = []
  readonly assigned: AssignedFact[] = []
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
    let committed: Committed | null = null
    const result = await db.transaction().execute(async (trx) => {
      const value = await work(openTx(trx, input, now, collected))
      committed = await finish(trx, input, now, collected)
      return value
    })
    for (const act of collected.acts) act()
    if (committed !== null) bus.publish({ orgId: input.orgId, position: lastPosition(committed), committed })
    if (collected.jobs.length > 0) deps.onJob?.()
    return result
  }

  return { db, clock, write }
}

function openTx(db: Transaction<DB>, input: WriteInput, now: Date, collected: Collected): Tx {
  const asked = new Asked((steps) => run(db, steps))
  return {
    db,
    orgId: input.orgId,
    now,
    actor: input.actor ?? systemActor,
    requestId: input.requestId ?? null,
    event(type, data, options) {
      const id = newId()
      collected.events.push({
        id,
        type,
        data,
        at: options?.at ?? now,
        timeline: options?.timeline,
        about: options?.about,
      })
      return id
    },
    touch(rows) {
      for (const id of rows.items ?? []) if (id) collected.items.set(id, null)
      for (const id of rows.agents ?? []) if (id) collected.agents.set(id, null)
      const { items = [], agents = [], offers = [], assigned = [] } = rows.known ?? {}
      // A row that was changed before has another version than whoever changes it now believes.
      for (const item of items) collected.items.set(item.id, collected.items.has(item.id) ? null : item)
      for (const agent of agents) collected.agents.set(agent.id, collected.agents.has(agent.id) ? null : agent)
      collected.offers.push(...offers)
      collected.assigned.push(...assigned)
    },
    audit: (entry) => void collected.audits.push(entry),
    job: (kind, payload, options) =>
      void collected.jobs.push({ kind, payload, runAt: options?.runAt ?? now, key: options?.key ?? null }),
    afterCommit: (act) => void collected.acts.push(act),
    put: (table, rows) => put(collected, input.orgId, table, rows),
    also: (change) => void (change && collected.steps.push(quiet(change.compile(db)))),
    late: (statements, use) => {
      const rows: Rows[] = []
      for (const [index, statement] of statements.entries()) {
        const isLast = index === statements.length - 1
        const { sql: text, parameters } = statement.compile(db)
        const take = (found: Rows) => {
          rows.push(found)
          if (isLast) use(rows as never)
        }
        collected.steps.push({ sql: text, parameters, take })
      }
    },
    flush: async () => void (await run(db, take(collected))),
    together: (statements) => asked.ask(statements.map((statement) => statement.compile(db))) as never,
  }
}

function quiet({ sql, parameters }: CompiledQuery): Statement {
  return { sql, parameters, quiet: true }
}

type Rows = Record<string, unknown>[]

/** Collects what is asked for in one turn. */
class Asked {
  readonly #run: (steps: readonly Step[]) => Promise<Rows[]>
  #turn: { steps: Step[]; rows: Promise<Rows[]> } | null = null

  constructor(run: (steps: readonly Step[]) => Promise<Rows[]>) {
    this.#run = run
  }

  async ask(statements: readonly Statement[]): Promise<Rows[]> {
    const turn = this.#turn ?? this.#begin()
    const from = turn.steps.length
    turn.steps.push(...statements)
    const rows = await turn.rows
    return rows.slice(from, from + statements.length)
  }

  #begin(): { steps: Step[]; rows: Promise<Rows[]> } {
    const steps: Step[] = []
    const rows = Promise.resolve().then(() => {
      this.#turn = null
      return this.#run(steps)
    })
    this.#turn = { steps, rows }
    return this.#turn
  }
}

function put<Row extends object>(
  collected: Collected,
  orgId: string,
  table: CopyTable<Row>,
  rows: readonly Row[],
): void {
  if (rows.length === 0) return
  let copy = collected.copies.get(table.text)
  if (!copy) {
    copy = new Copy(table.text)
    collected.copies.set(table.text, copy)
    collected.steps.push(copy)
  }
  copy.add(table, orgId, rows)
}

function take(collected: Collected): CollectedStep[] {
  collected.copies.clear()
  return collected.steps.splice(0)
}

async function run(
  trx: Transaction<DB>,
  steps: readonly CollectedStep[],
  options: { commits?: boolean } = {},
): Promise<Rows[]> {
  if (steps.length === 0) return []
  const burst = new Burst(steps, options)
  await trx.executeQuery(CompiledQuery.raw("burst", [burst]))
  const rows = await burst.done
  for (const [index, step] of steps.entries()) if ("take" in step) step.take?.(rows[index] ?? [])
  return rows
}

/**
 * What was collected, and the commit. Of the rows that others may wait for, the position comes last: it stays locked
 * until the commit, so that positions rise as commits do.
 */
async function finish(
  trx: Transaction<DB>,
  input: WriteInput,
  now: Date,
  collected: Collected,
): Promise<Committed | null> {
  const { audits, jobs, events } = collected
  const touched = collected.items.size + collected.agents.size > 0
  if (events.length === 0 && touched)
    events.push({ id: newId(), type: "internal.touched", data: {}, at: now, timeline: undefined, about: undefined })
  put(collected, input.orgId, auditsTable, auditRows(input, now, audits))
  const steps = [...take(collected), ...jobs.map((job) => jobInsert(trx, input.orgId, job))]
  if (events.length === 0) {
    // Where rows are still to be judged, or nothing was collected, the commit is the transaction's own.
    if (steps.some((step) => "take" in step)) await run(trx, steps)
    else if (steps.length > 0) await run(trx, [...steps, commit], { commits: true })
    return null
  }
  const counted = await run(trx, [...steps, countEvents(trx, input.orgId, events.length)])
  const before = Number(counted.at(-1)?.[0]?.last) - events.length
  const committed = committedOf(input, collected, before)
  await run(trx, [...eventCopies(committed, collected), commit], { commits: true })
  return committed
}

function committedOf(
  input: WriteInput,
  { events, items, agents, offers, assigned }: Collected,
  before: number,
): Committed {
  const isKnown = <Fact>(fact: Fact | null) => fact !== null
  return {
    orgId: input.orgId,
    before,
    actor: input.actor ?? systemActor,
    actorJson: JSON.stringify(input.actor ?? systemActor),
    requestId: input.requestId ?? null,
    events: events.map(({ id, type, at, data, about }, index) => ({
      position: before + index + 1,
      id,
      type,
      at,
      data,
      json: JSON.stringify(data),
      about,
    })),
    touched: items.size + agents.size > 0 ? { items: [...items.keys()], agents: [...agents.keys()] } : null,
    known: {
      items: [...items.values()].filter(isKnown),
      agents: [...agents.values()].filter(isKnown),
      offers,
      assigned,
    },
  }
}

const commit: Statement = { sql: "COMMIT", parameters: [], quiet: true }

function countEvents(trx: Transaction<DB>, orgId: string, count: number): Statement {
  return sql`
    INSERT INTO event_positions (org_id, last) VALUES (${orgId}, ${count})
    ON CONFLICT (org_id) DO UPDATE SET last = event_positions.last + excluded.last RETURNING last`.compile(trx)
}

type EventRow = Pick<PendingEvent, "id" | "type" | "at"> & {
  position: number
  data: string
  actor: string
  requestId: string | null
  touched: object | null
}

const eventsTable = copyTable<EventRow>("events", {
  position: "bigint",
  id: "uuid",
  type: "text",
  at: "timestamptz",
  actor: "json",
  requestId: "text",
  data: "json",
  touched: "json",
})

type TimelineRow = Omit<TimelineEntry, "at"> & { id: string; position: number; at: Date; actor: string }

const timelineTable = copyTable<TimelineRow>("timeline_items", {
  id: "uuid",
  position: "bigint",
  customerId: "uuid",
  conversationId: "uuid",
  contactId: "uuid",
  kind: "text",
  thingId: "uuid",
  thing: "json",
  at: "timestamptz",
  actor: "json",
})

/** An item of the timeline has id and position of the event that it shows. */
function eventCopies(committed: Committed, collected: Collected): Copy[] {
  const { orgId, events, touched, requestId, actorJson: actor } = committed
  const rows = events.map(({ position, id, type, at, json }, index) => ({
    position,
    id,
    type,
    at,
    data: json,
    actor,
    requestId,
    touched: index === events.length - 1 ? touched : null,
  }))
  const shown = events.flatMap(({ id, at, position }, index) => {
    const timeline = collected.events[index]?.timeline
    return timeline ? [{ ...timeline, id, position, at: timeline.at ?? at, actor }] : []
  })
  const copies = [new Copy(eventsTable.text)]
  copies[0]?.add(eventsTable, orgId, rows)
  if (shown.length > 0) {
    const copy = new Copy(timelineTable.text)
    copy.add(timelineTable, orgId, shown)
    copies.push(copy)
  }
  return copies
}

type AuditRow = PendingAudit & { id: string; at: Date; actor: string; requestId: string | null }

const auditsTable = copyTable<AuditRow>("audit_entries", {
  id: "uuid",
  at: "timestamptz",
  actor: "jsonb",
  entityType: "text",
  entityId: "text",
  entityName: "text",
  action: "text",
  before: "jsonb",
  after: "jsonb",
  requestId: "text",
})

function auditRows(input: WriteInput, now: Date, audits: readonly PendingAudit[]): AuditRow[] {
  return audits.map((entry) => ({
    ...entry,
    id: newId(),
    at: now,
    actor: JSON.stringify(input.actor ?? systemActor),
    before: jsonOf(entry.before),
    after: jsonOf(entry.after),
    requestId: input.requestId ?? null,
  }))
}

/** A text is JSON too: written as such, not as itself. */
function jsonOf(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}

function jobInsert(trx: Transaction<DB>, orgId: string, job: PendingJob): Statement {
  return sql`
    INSERT INTO jobs (org_id, id, kind, key, payload, run_at)
    VALUES (${orgId}, ${newId()}, ${job.kind}, ${job.key}, ${JSON.stringify(job.payload)}::jsonb, ${job.runAt})
    ON CONFLICT (org_id, kind, key) DO UPDATE SET payload = excluded.payload, run_at = excluded.run_at, attempts = 0, claimed_until = NULL`.compile(
    trx,
  )
}

function isRetryable(error: unknown): boolean {
  if (error instanceof RetryWrite || isStatementOutdated(error)) return true
  const { code, constraint } = (error ?? {}) as Partial<pg.DatabaseError>
  if (code === "40P01" || code === "40001") return true
  return code === "23505" && constraint !== undefined && racedIndexes.has(constraint)
}

/** Unique indexes that decide races (routing.md 2): whoever comes second runs again and sees the first one's rows. */
const racedIndexes = new Set([
  "inbound_events_key",
  "customer_addresses_pkey",
  "conversations_one_active",
  "contacts_one_live",
  "queue_items_one_live_text",
  "queue_items_one_live_call",
  "offers_one_pending",
  "offers_one_voice",
  "assignments_one_open",
  "seats_pkey",
])
