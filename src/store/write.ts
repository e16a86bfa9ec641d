import type { Kysely, RawBuilder, Transaction } from "kysely"
import type { Clock } from "../clock.ts"
import type { MirroredRows } from "../core/routing/facts.ts"
import type { CopyTable } from "./copy.ts"
import type { WriteKind } from "./gate.ts"
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
