import type { Decision, Engine } from "../core/routing/facts.ts"
import type { ContactRow } from "../store/contacts.ts"
import type { ConversationRow } from "../store/conversations.ts"
import { itemFact } from "../store/facts.ts"
import { LeaseLost } from "../store/leases.ts"
import type { QueueItemRow } from "../store/queue-items.ts"
import type { Tx } from "../store/write.ts"
import { commitDecisions, type Lease } from "./commit-decisions.ts"

type Arrived = { conversation: ConversationRow; contacts: readonly ContactRow[]; item: QueueItemRow }

export type OpenFusion = { refused: Decision[]; unknown: Decision[] }

/**
 * The decisions of one batch of intake (routing.md 3.1, fused): the engine reserves an agent for each new item, the guards
 * of every other decision judge them in the transaction of the arrival. What they refuse simply waits; intake commits.
 */
export class PartitionFusion {
  readonly #lease: Lease
  readonly #engine: Engine
  readonly #now: () => number
  readonly #settle: (open: OpenFusion) => void
  #decisions: Decision[] = []
  #accepted: ReadonlySet<number> = new Set()

  constructor(lease: Lease, engine: Engine, now: () => number, settle: (open: OpenFusion) => void) {
    this.#lease = lease
    this.#engine = engine
    this.#now = now
    this.#settle = settle
  }

  /** A new try of the transaction: the former one was rolled back, and so were its decisions. */
  begin(): void {
    this.#answer(this.#decisions, "dropped")
    this.#decisions = []
    this.#accepted = new Set()
  }

  readonly assign = async (tx: Tx, arrived: readonly Arrived[]): Promise<void> => {
    const conversations = new Map(arrived.map(({ conversation }) => [conversation.id, conversation]))
    const items = new Map(arrived.map(({ item }) => [item.id, item]))
    const contacts = new Map(arrived.map(({ conversation, contacts }) => [conversation.id, contacts]))
    this.#decisions = arrived.flatMap(({ item }) => this.#engine.reserve(itemFact(item), this.#now()) ?? [])
    if (this.#decisions.length === 0) return
    try {
      this.#accepted = await commitDecisions(tx, this.#lease, this.#decisions, { conversations, items, contacts })
      // Before anybody hears of the rows: the engine must not count an assignment twice.
      tx.afterCommit(() => this.committed())
    } catch (error) {
      // Another process plans now: it will find the items waiting. Nothing else of the transaction is concerned.
      if (!(error instanceof LeaseLost)) throw error
      this.begin()
    }
  }

  committed(): void {
    const accepted = this.#decisions.filter((decision) => this.#accepted.has(decision.id))
    const refused = this.#decisions.filter((decision) => !this.#accepted.has(decision.id))
    this.#answer(accepted, "accepted")
    this.#decisions = []
    if (refused.length > 0) this.#settle({ refused, unknown: [] })
  }

  failed(): void {
    const unknown = this.#decisions
    this.#decisions = []
    if (unknown.length > 0) this.#settle({ refused: [], unknown })
  }

  #answer(decisions: readonly Decision[], outcome: "accepted" | "dropped"): void {
    for (const decision of decisions)
      this.#engine.apply({ at: this.#now(), type: "commit_answered", decisionId: decision.id, outcome })
  }
}
