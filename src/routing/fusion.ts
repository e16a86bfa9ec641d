import type { AgentFact, Decision, Engine } from "../core/routing/facts.ts"
import type { WorkflowSettings } from "../core/workflow/settings.ts"
import type { ContactRow } from "../store/contacts.ts"
import type { ConversationRow } from "../store/conversations.ts"
import { itemFact } from "../store/facts.ts"
import type { QueueItemRow } from "../store/queue-item.ts"
import { isRefusal } from "../store/refusals.ts"
import type { Tx } from "../store/write.ts"
import { ArrivalsRefused, commitArrivals } from "./commit-arrivals.ts"
import type { Lease } from "../store/leases.ts"

type Arrived = { conversation: ConversationRow; contacts: readonly ContactRow[]; item: QueueItemRow }

export type OpenFusion = { refused: Decision[]; unknown: Decision[] }

/**
 * The decisions of one batch of intake (routing.md 3.1, fused): the engine reserves an agent for each new item, the guard
 * of every other decision judges them in the transaction of the arrival. What it refuses is taken in without.
 */
export class PartitionFusion {
  readonly #lease: Lease
  readonly #engine: Engine
  readonly #now: () => number
  readonly #settle: (open: OpenFusion) => void
  #decisions: Decision[] = []

  constructor(lease: Lease, engine: Engine, now: () => number, settle: (open: OpenFusion) => void) {
    this.#lease = lease
    this.#engine = engine
    this.#now = now
    this.#settle = settle
  }

  /** A new try of the transaction: the former one was rolled back, and so were its decisions. */
  begin(): void {
    this.#answer("dropped", this.#decisions)
    this.#decisions = []
  }

  readonly assign = (
    tx: Tx,
    arrived: readonly Arrived[],
    settings: WorkflowSettings,
    held: ReadonlySet<string>,
  ): void => {
    const conversations = new Map(arrived.map(({ conversation }) => [conversation.id, conversation]))
    const items = new Map(arrived.map(({ item }) => [item.id, item]))
    const contacts = new Map(arrived.map(({ conversation, contacts }) => [conversation.id, contacts]))
    const reserved = arrived.flatMap(({ item }) => this.#engine.reserve(itemFact(item), this.#now()) ?? [])
    // Agents are locked in the order of their ids: one who comes before those that are held is given his after the commit.
    const last = [...held].sort().at(-1) ?? ""
    const isInOrder = ({ agentId }: Decision) => agentId > last || held.has(agentId)
    this.#decisions = reserved.filter(isInOrder)
    this.#answer(
      "dropped",
      reserved.filter((decision) => !isInOrder(decision)),
    )
    const matches = this.#decisions.filter((decision) => decision.type === "offer" || decision.type === "assign")
    if (matches.length === 0) return
    const { routingDelaySeconds } = settings.messaging
    const own = { conversations, items, contacts }
    commitArrivals(tx, this.#lease, matches, own, { routingDelaySeconds }, this.#agentsOf(matches, held))
    // Before anybody hears of the rows: the engine must not count an assignment twice.
    tx.afterCommit(() => {
      this.#answer("accepted", this.#decisions)
      this.#decisions = []
    })
  }

  /** Null where another commit about one of them is under way, or this one had him before: he will have changed. */
  #agentsOf(matches: readonly Decision[], held: ReadonlySet<string>): Map<string, AgentFact> | null {
    const agents = new Map<string, AgentFact>()
    for (const { agentId } of matches) {
      if (held.has(agentId)) return null
      const known = this.#engine.agentOf(agentId)
      const ours = matches.filter((match) => match.agentId === agentId).length
      if (!known || known.holds > ours) return null
      agents.set(agentId, known.fact)
    }
    return agents
  }

  /** Nothing of it was written, or nobody knows. */
  failed(error: unknown): void {
    const decisions = this.#decisions
    this.#decisions = []
    if (decisions.length === 0) return
    if (isRefusal(error)) {
      // An agent has changed, which comes with the events; held against nobody.
      this.#answer("dropped", decisions)
      this.#settle({ refused: [], unknown: [] })
      return
    }
    if (!(error instanceof ArrivalsRefused)) {
      this.#settle({ refused: [], unknown: decisions })
      return
    }
    const refused = new Set(error.refused)
    // What was undone with it is held against nobody.
    this.#answer(
      "dropped",
      decisions.filter((decision) => !refused.has(decision)),
    )
    this.#settle({ refused: [...refused], unknown: [] })
  }

  #answer(outcome: "accepted" | "dropped", decisions: readonly Decision[]): void {
    for (const decision of decisions)
      this.#engine.apply({ at: this.#now(), type: "commit_answered", decisionId: decision.id, outcome })
  }
}
