import { sql, type Transaction } from "kysely"
import { newId } from "../ids.ts"
import { type Collected, type CollectedStep, type PendingAudit, type PendingJob, run } from "./collected.ts"
import type { Committed } from "./committed.ts"
import { copyTable } from "./copy.ts"
import { eventCopies } from "./event-rows.ts"
import { eventsInsert, insertedEventsMax } from "./events-insert.ts"
import type { Statement } from "./statement.ts"
import type { DB } from "./tables.ts"
import { systemActor, type WriteInput } from "./write.ts"

/**
 * What was collected, and the commit. Of the rows that others may wait for, the position comes last: it stays locked
 * until the commit, so that positions rise as commits do.
 */
export async function finish(
  trx: Transaction<DB>,
  input: WriteInput,
  now: Date,
  collected: Collected,
): Promise<Committed | null> {
  const { audits, jobs, events } = collected
  const touched = collected.items.size + collected.agents.size > 0
  if (events.length === 0 && touched)
    events.push({ id: newId(), type: "internal.touched", data: {}, at: now, timeline: undefined, about: undefined })
  collected.put(auditsTable, input.orgId, auditRows(input, now, audits))
  const steps = [...collected.take(), ...jobs.map((job) => jobInsert(trx, input.orgId, job))]
  if (events.length === 0) {
    // Where rows are still to be judged, or nothing was collected, the commit is the transaction's own.
    if (steps.some((step) => "take" in step)) await run(trx, steps)
    else if (steps.length > 0) await run(trx, [...steps, commit], { commits: true })
    return null
  }
  const isSmall = events.length <= insertedEventsMax && !steps.some((step) => "take" in step)
  if (isSmall) return finishAtOnce(trx, input, collected, steps)
  const counted = await run(trx, [...steps, countEvents(trx, input.orgId, events.length)])
  const before = Number(counted.at(-1)?.[0]?.last) - events.length
  const committed = committedOf(input, collected, before)
  await run(trx, [...eventCopies(committed, collected), commit], { commits: true })
  return committed
}

/** The same in one round trip: the database gives the events their positions. For few, which cost more than by COPY. */
async function finishAtOnce(
  trx: Transaction<DB>,
  input: WriteInput,
  collected: Collected,
  steps: readonly CollectedStep[],
): Promise<Committed> {
  const unplaced = committedOf(input, collected, 0)
  const rows = await run(trx, [...steps, eventsInsert(unplaced, collected), commit], {
    commits: true,
  })
  const before = Number(rows.at(-2)?.[0]?.last) - unplaced.events.length
  return {
    ...unplaced,
    before,
    events: unplaced.events.map((event) => ({ ...event, position: before + event.position })),
  }
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
    ON CONFLICT (org_id, kind, key) DO UPDATE SET payload = excluded.payload, run_at = excluded.run_at, attempts = 0, claimed_until = NULL, failed_at = NULL`.compile(
    trx,
  )
}
