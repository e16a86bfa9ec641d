import { CompiledQuery, type Transaction } from "kysely"
import type { AgentFact, AssignedFact, OfferFact, QueueItemFact } from "../core/routing/facts.ts"
import { newId } from "../ids.ts"
import { Burst, type Step } from "./burst.ts"
import { Copy, type CopyTable } from "./copy.ts"
import type { Statement } from "./statement.ts"
import type { DB } from "./tables.ts"
import { type EventOptions, systemActor, type TimelineEntry, type Tx, type WriteInput } from "./write.ts"

export type PendingEvent = {
  id: string
  type: string
  data: Record<string, unknown>
  at: Date
  timeline: TimelineEntry | undefined
  about: EventOptions["about"]
}
export type PendingAudit = Parameters<Tx["audit"]>[0]
export type PendingJob = { kind: string; payload: Record<string, unknown>; runAt: Date; key: string | null }

/** `take`: gets the rows as soon as they are there. */
export type CollectedStep = Copy | (Statement & { take?: (rows: Rows) => void })

/** What a transaction under way is to write. */
export class Collected {
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

  put<Row extends object>(table: CopyTable<Row>, orgId: string, rows: readonly Row[]): void {
    if (rows.length === 0) return
    let copy = this.copies.get(table.text)
    if (!copy) {
      copy = new Copy(table)
      this.copies.set(table.text, copy)
      this.steps.push(copy)
    }
    copy.add(table, orgId, rows)
  }

  /** The steps so far, which are written now. */
  take(): CollectedStep[] {
    this.copies.clear()
    return this.steps.splice(0)
  }
}

/** A transaction as those who change state see it; `Tx` says what each part does. */
export function openTx(db: Transaction<DB>, input: WriteInput, now: Date, collected: Collected): Tx {
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
    put: (table, rows) => collected.put(table, input.orgId, rows),
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
    flush: async () => void (await run(db, collected.take())),
    together: (statements) => asked.ask(statements.map((statement) => statement.compile(db))) as never,
  }
}

function quiet({ sql, parameters }: CompiledQuery): Statement {
  return { sql, parameters, quiet: true }
}

export type Rows = Record<string, unknown>[]

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

/** Sends steps in one round trip; `take` of each gets its rows. */
export async function run(
  trx: Transaction<DB>,
  steps: readonly CollectedStep[],
  options: { commits?: boolean } = {},
): Promise<Rows[]> {
  if (steps.length === 0) return []
  const burst = new Burst(
    steps.map((step) => (step instanceof Copy ? (step.asInsert() ?? step) : step)),
    options,
  )
  await trx.executeQuery(CompiledQuery.raw("burst", [burst]))
  const rows = await burst.done
  for (const [index, step] of steps.entries()) if ("take" in step) step.take?.(rows[index] ?? [])
  return rows
}
