import type { Clock } from "../clock.ts"
import { createEngine } from "../core/routing/create-engine.ts"
import { compareRows, type Drift } from "../core/routing/drift.ts"
import type {
  CommitOutcome,
  Decision,
  Engine,
  HotRefusal,
  MirroredRows,
  QueueItemFact,
  WhyWaiting,
} from "../core/routing/facts.ts"
import { fault } from "../fault.ts"
import { type Committed, Feed } from "../store/committed.ts"
import { openPulls } from "../store/decisions.ts"
import { type OpenFusion, PartitionFusion } from "./fusion.ts"
import { LeaseLost } from "../store/leases.ts"
import type { Store } from "../store/write.ts"
import { type Changes, changesOf, readChanges } from "./catch-up.ts"
import type { Lease } from "../store/leases.ts"
import { commitDecisions } from "./commit-decisions.ts"
import { giveBack } from "./give-back.ts"
import { readAllFacts, readConfig, readFacts, readLiveItemIds } from "./read-facts.ts"

export type PartitionDeps = {
  store: Store
  clock: Clock
  engine: "plain" | "fast"
  onError: (error: unknown) => void
  onDecided?: (count: number, refused: number) => void
  /** The guard refused again and again what the engine thinks right. */
  onHotRefusals?: (refusals: readonly HotRefusal[]) => void
}

const decisionsPerCommitMax = 100

/**
 * The routing of one organization on its owner: mirror of the rows in the engine, decisions, commits. One step at a time;
 * whoever wakes it during a step gets one more after it (routing.md 5).
 */
export class Partition {
  readonly lease: Lease
  readonly #deps: PartitionDeps
  readonly #engine: Engine
  #position: number
  readonly #feed = new Feed()
  #running: Promise<number> | null = null
  #again = false
  /** The table is to be looked at, whatever the feed says. */
  #look = true
  #stopped = false
  /** Where the audit's walk through the database's live items has come to. */
  #auditedUpTo: string | null = null
  /** Monotonic time until which this process may decide; renewals move it. */
  #decidesUntil: number

  private constructor(deps: PartitionDeps, lease: Lease, engine: Engine, position: number, decidesUntil: number) {
    this.#deps = deps
    this.lease = lease
    this.#engine = engine
    this.#position = position
    this.#decidesUntil = decidesUntil
  }

  /** After the takeover has committed: whatever the former owner wrote is seen, and nothing of his comes after. */
  static async rebuild(deps: PartitionDeps, lease: Lease, decidesUntil: number): Promise<Partition> {
    const { db } = deps.store
    await giveBack(deps.store, lease.orgId, null)
    const last = await db
      .selectFrom("eventPositions")
      .select("last")
      .where("orgId", "=", lease.orgId)
      .executeTakeFirst()
    const engine = createEngine(deps.engine, await readConfig(db, lease.orgId))
    const partition = new Partition(deps, lease, engine, last?.last ?? 0, decidesUntil)
    partition.#apply(await readAllFacts(db, lease.orgId))
    for (const pull of await openPulls(db, lease.orgId)) partition.#requestPull(pull.id, pull.agentId)
    return partition
  }

  renewed(decidesUntil: number): void {
    this.#decidesUntil = decidesUntil
  }

  stop(): void {
    this.#stopped = true
  }

  /** Stopped, or found out that its lease is lost: it never decides again. */
  get isOver(): boolean {
    return this.#stopped
  }

  async drained(): Promise<void> {
    while (this.#running) await this.#running.catch(() => 0)
  }

  nextWakeAt(): number | null {
    return this.#mayDecide() ? this.#engine.nextWakeAt() : null
  }

  /** Why an item waits, by the engine's state of now; null: not waiting as far as is known here. */
  explain(itemId: string): WhyWaiting | null {
    return this.#engine.explain(itemId, this.#now())
  }

  /** Who could take what might arrive. */
  foresee(item: QueueItemFact): WhyWaiting {
    return this.#engine.foresee(item, this.#now())
  }

  /** Decisions for what arrives, to be committed together with it; null while this process may not decide. */
  fuse(): PartitionFusion | null {
    return this.#mayDecide()
      ? new PartitionFusion(
          this.lease,
          this.#engine,
          () => this.#now(),
          (open) => void this.#settleFused(open),
        )
      : null
  }

  /** What the guard refused, or what nobody knows about, is read again before anything is decided for it. */
  async #settleFused({ refused, unknown }: OpenFusion): Promise<void> {
    if (unknown.length > 0) await this.#recover(unknown)
    if (refused.length > 0) {
      await this.#reload(refused).catch(this.#deps.onError)
      this.#answer(refused, () => "refused")
    }
    await this.step().catch(this.#deps.onError)
  }

  /** Something was committed: a step that looks at the table only for what this process does not know. */
  hear(hint: { position: number; committed?: Committed | undefined }): Promise<number> {
    this.#feed.hear(hint)
    return this.#step()
  }

  /**
   * Catches up with the events, then decides and commits until nothing is left to decide. Answers how many decisions
   * were written. Called during a step it joins one that begins after what the caller has seen committed.
   */
  step(): Promise<number> {
    this.#look = true
    return this.#step()
  }

  async #step(): Promise<number> {
    if (this.#running) {
      this.#again = true
      return this.#running
    }
    this.#running = this.#run()
    return this.#running
  }

  async #run(): Promise<number> {
    let written = 0
    try {
      do {
        this.#again = false
        await this.#catchUp()
        written += await this.#decide()
      } while (this.#again && this.#mayDecide())
      return written
    } finally {
      // Together with the last look at #again: a wake in between must not be lost.
      this.#running = null
    }
  }

  async #decide(): Promise<number> {
    let written = 0
    while (this.#mayDecide()) {
      const decisions = this.#engine.decide(this.#now(), decisionsPerCommitMax)
      if (decisions.length === 0) break
      written += await this.#commit(decisions)
    }
    return written
  }

  async #commit(decisions: readonly Decision[]): Promise<number> {
    const { store, onDecided } = this.#deps
    try {
      const accepted = await store.write({ orgId: this.lease.orgId, kind: "decision" }, (tx) =>
        commitDecisions(tx, this.lease, decisions),
      )
      await fault("routing.afterCommit")
      // What was written comes with the events; a refusal means that a fact was missing, which no event may tell.
      await this.#catchUp()
      const refused = decisions.filter((decision) => !accepted.has(decision.id))
      if (refused.length > 0) await this.#reload(refused)
      this.#answer(decisions, (decision) => (accepted.has(decision.id) ? "accepted" : "refused"))
      onDecided?.(accepted.size, decisions.length - accepted.size)
      return accepted.size
    } catch (error) {
      if (error instanceof LeaseLost) {
        this.#stopped = true
        return 0
      }
      this.#deps.onError(error)
      await this.#recover(decisions)
      return 0
    }
  }

  /** Nobody knows whether it was written: nothing is decided for these rows until they have been read again. */
  async #recover(decisions: readonly Decision[]): Promise<void> {
    this.#answer(decisions, () => "unknown")
    for (;;) {
      // Also while it may not decide: once it may again, what is held must not be held for ever.
      if (this.#stopped) return
      await this.#deps.clock.sleep(recoverMs)
      try {
        await this.#reload(decisions)
        break
      } catch (error) {
        this.#deps.onError(error)
      }
    }
    this.#answer(decisions, () => "dropped")
  }

  #answer(decisions: readonly Decision[], outcomeOf: (decision: Decision) => CommitOutcome): void {
    for (const decision of decisions) {
      this.#engine.apply({
        at: this.#now(),
        type: "commit_answered",
        decisionId: decision.id,
        outcome: outcomeOf(decision),
      })
    }
    const hot = this.#engine.takeHotRefusals()
    if (hot.length > 0) this.#deps.onHotRefusals?.(hot)
  }

  /**
   * The next share of the engine's rows, and of the live items of the database, against each other (routing.md 3.5).
   * Rows of equal version must be equal. Of what is newer in the database the events must have come once everything
   * committed has been caught up with: positions rise as commits do.
   */
  async audit(): Promise<Drift[]> {
    const { store } = this.#deps
    const held = this.#engine.sample()
    const share = Math.max(held.items.length, liveItemsPerAuditMin)
    const live = await readLiveItemIds(store.db, this.lease.orgId, this.#auditedUpTo, share)
    this.#auditedUpTo = live.length < share ? null : (live.at(-1) ?? null)
    const stored = await readFacts(store.db, this.lease.orgId, {
      items: [...new Set([...held.items.map(({ id }) => id), ...held.offers.map(({ itemId }) => itemId), ...live])],
      agents: held.agents.map(({ id }) => id),
      conversations: held.assigned.map(({ id }) => id),
    })
    const { drifts, newer } = compareRows(held, stored)
    if (newer.length === 0) return drifts
    await this.step()
    // A partition that may not decide reads no events either.
    if (!this.#mayDecide()) return drifts
    const missed = newer.filter(({ kind, id, version }) => this.#engine.versionOf(kind, id) < version)
    return [...drifts, ...missed.map(({ kind, id }): Drift => ({ kind, id, how: "missed" }))]
  }

  async #catchUp(): Promise<void> {
    const { db } = this.#deps.store
    for (;;) {
      const committed = this.#feed.next(this.#position)
      if (committed) {
        await this.#take(changesOf(committed), committed.known)
        continue
      }
      if (!this.#look && this.#position >= this.#feed.heard) return
      this.#look = false
      const changes = await readChanges(db, this.lease.orgId, this.#position)
      if (changes.position === this.#position) return
      await this.#take(changes)
      this.#look ||= changes.more
    }
  }

  /** `known` need not be read; what is named in `changes` beside it must. */
  async #take(changes: Changes, known?: MirroredRows): Promise<void> {
    const { db } = this.#deps.store
    if (changes.settingsChanged)
      this.#engine.apply({ at: this.#now(), type: "configured", config: await readConfig(db, this.lease.orgId) })
    if (changes.items.length + changes.agents.length + changes.conversations.length > 0)
      this.#apply(await readFacts(db, this.lease.orgId, changes))
    if (known) this.#apply(known)
    for (const { requestId, agentId } of changes.pulls) this.#requestPull(requestId, agentId)
    await giveBack(this.#deps.store, this.lease.orgId, changes.returned)
    this.#position = changes.position
  }

  async #reload(decisions: readonly Decision[]): Promise<void> {
    const items = decisions.flatMap((decision) => ("itemId" in decision ? [decision.itemId] : []))
    const agents = decisions.map((decision) => decision.agentId)
    const conversations = decisions.flatMap((decision) =>
      "conversationId" in decision ? [decision.conversationId] : [],
    )
    this.#apply(await readFacts(this.#deps.store.db, this.lease.orgId, { items, agents, conversations }))
  }

  /** Newer versions win by themselves, so rows may come twice and in any order. */
  #apply({ items, agents, offers, assigned }: MirroredRows): void {
    const at = this.#now()
    for (const agent of agents) this.#engine.apply({ at, type: "agent_changed", agent })
    for (const item of items) this.#engine.apply({ at, type: "item_changed", item })
    for (const offer of offers) this.#engine.apply({ at, type: "offer_changed", offer })
    for (const conversation of assigned) this.#engine.apply({ at, type: "assigned_changed", conversation })
  }

  #requestPull(requestId: string, agentId: string): void {
    this.#engine.apply({ at: this.#now(), type: "pull_requested", agentId, requestId })
  }

  /** Stops well before others may take over, by a clock that nothing moves. */
  #mayDecide(): boolean {
    return !this.#stopped && this.#deps.clock.monotonic() < this.#decidesUntil
  }

  #now(): number {
    return this.#deps.clock.now().getTime()
  }
}

const recoverMs = 100
const liveItemsPerAuditMin = 200
