import type { Kysely } from "kysely"
import type { Clock } from "../clock.ts"
import type { QueueItemFact, WhyWaiting } from "../core/routing/facts.ts"
import type { Bus, Hint } from "../store/bus.ts"
import { freeLease, freePartitions, renewLease, takeLease } from "../store/leases.ts"
import type { DB } from "../store/tables.ts"
import type { Store } from "../store/write.ts"
import type { BusinessTimer, Timers } from "../timers.ts"
import type { PartitionFusion } from "./fusion.ts"
import type { Broken } from "./invariant-check.ts"
import { Partition } from "./partition.ts"

export type RoutingDeps = {
  store: Store
  clock: Clock
  bus: Bus
  timers: Timers
  /** Connections apart, so that a renewal never waits behind work. */
  side: Kysely<DB>
  /** This process's name in leases, kept over restarts (owner.ts). */
  owner: string
  engine: "plain" | "fast"
  onError: (error: unknown, orgId: string | null) => void
  onDecided?: (count: number, refused: number) => void
  /** The engine and the database part (I14, or the guard refuses what the engine thinks right again and again). */
  onBroken?: (orgId: string, broken: Broken) => Promise<void>
}

/** Routing as the rest of the program sees it. */
export interface Routing {
  start(): Promise<void>
  /** Ends deciding, waits for commits, frees the leases; pending offers stay. */
  stop(): Promise<void>
  /** Everything committed so far has been routed as far as this process owns it; for answers that tests read at once. */
  settled(orgId?: string): Promise<void>
  /** Null where this process does not own the organization's routing, or the item does not wait. */
  explain(orgId: string, itemId: string): WhyWaiting | null
  /** The same of an item that might arrive. */
  foresee(orgId: string, item: QueueItemFact): WhyWaiting | null
  owns(orgId: string): boolean
  /** For intake: assignment in the commit of the arrival; null where another process owns the routing. */
  fuse(orgId: string): PartitionFusion | null
  /** Compares the next share of the engines with the database, now; what differs is told and read anew. Each minute by itself. */
  audit(): Promise<void>
}

const leaseSeconds = 15
const renewMs = 5_000
/** Nothing is decided longer than this after the last renewal: less than the lease, so that two never decide. */
const decideMsMax = 10_000
const pollMs = 1_000
const takeoverMs = 2_000
const auditMs = 60_000

export function createRouting(deps: RoutingDeps): Routing {
  const { store, clock, bus, timers, side, owner } = deps
  const partitions = new Map<string, Partition>()
  const taking = new Map<string, Promise<Partition | null>>()
  const handles: NodeJS.Timeout[] = []
  /** What `every` has begun: a stop waits for it, so that nothing asks a database that is closed. */
  const turns = new Set<Promise<void>>()
  let unsubscribe: () => void = () => undefined
  let running = false

  const timer: BusinessTimer = {
    name: "routing",
    nextAt() {
      const instants = [...partitions.values()].flatMap((partition) => partition.nextWakeAt() ?? [])
      return instants.length === 0 ? null : new Date(Math.min(...instants))
    },
    async fire(now) {
      let written = 0
      for (const partition of [...partitions.values()]) {
        const wakeAt = partition.nextWakeAt()
        if (wakeAt !== null && wakeAt <= now.getTime()) written += await step(partition)
      }
      return written
    },
  }

  async function step(partition: Partition, hint?: Omit<Hint, "orgId">): Promise<number> {
    try {
      const written = await (hint ? partition.hear(hint) : partition.step())
      // The loop of timers looks each second by itself; a wake for each step would cost more than the step.
      const wakeAt = partition.nextWakeAt()
      if (wakeAt !== null && wakeAt < clock.now().getTime() + pollMs) timers.wake()
      return written
    } catch (error) {
      deps.onError(error, partition.lease.orgId)
      return 0
    } finally {
      // Its lease is lost: a renewal may still go through where only the time was over, but it never decides again.
      if (partition.isOver) drop(partition)
    }
  }

  function owned(orgId: string): Partition | null {
    const partition = partitions.get(orgId)
    return partition && !partition.isOver ? partition : null
  }

  function take(orgId: string): Promise<Partition | null> {
    const under = taking.get(orgId)
    if (under) return under
    const attempt = takeOver(orgId).finally(() => taking.delete(orgId))
    taking.set(orgId, attempt)
    return attempt
  }

  async function takeOver(orgId: string): Promise<Partition | null> {
    const held = owned(orgId)
    if (held) return held
    const began = clock.monotonic()
    const epoch = await takeLease(side, orgId, owner, leaseSeconds)
    if (epoch === null) return null
    const partition = await Partition.rebuild(
      {
        store,
        clock,
        engine: deps.engine,
        onError: (error) => deps.onError(error, orgId),
        onHotRefusals: (refusals) => {
          const ids = refusals.map(({ decision, id, agentId }) => `${decision} ${id} ${agentId}`)
          void tell(orgId, { invariant: "I14", what: hotRefusalsWords, count: ids.length, sampleIds: ids.slice(0, 5) })
        },
        ...(deps.onDecided && { onDecided: deps.onDecided }),
      },
      { orgId, owner, epoch },
      began + decideMsMax,
    )
    if (!running) {
      await freeLease(side, partition.lease)
      return null
    }
    partitions.set(orgId, partition)
    void step(partition)
    return partition
  }

  async function takeFree(): Promise<void> {
    for (const orgId of await freePartitions(side, owner)) if (running && !partitions.has(orgId)) await take(orgId)
  }

  async function tell(orgId: string, broken: Broken): Promise<void> {
    await deps.onBroken?.(orgId, broken).catch((error: unknown) => deps.onError(error, orgId))
  }

  async function audit(): Promise<void> {
    for (const partition of [...partitions.values()])
      await auditOne(partition).catch((error: unknown) => deps.onError(error, partition.lease.orgId))
  }

  async function auditOne(partition: Partition): Promise<void> {
    const drifts = await partition.audit()
    if (drifts.length === 0 || partition.isOver) return
    const ids = drifts.map(({ kind, id, how }) => `${kind} ${id} ${how}`)
    const broken = { invariant: "I14", what: driftWords, count: ids.length, sampleIds: ids.slice(0, 5) }
    await tell(partition.lease.orgId, broken)
    await rebuild(partition)
  }

  /** Everything is read anew, under the next epoch: what is under way by the old one is refused. */
  async function rebuild(partition: Partition): Promise<void> {
    drop(partition)
    await partition.drained()
    if (running) await take(partition.lease.orgId)
  }

  async function renewAll(): Promise<void> {
    await Promise.all(
      [...partitions.values()].map(async (partition) => {
        const began = clock.monotonic()
        if (await renewLease(side, partition.lease, leaseSeconds)) partition.renewed(began + decideMsMax)
        else drop(partition)
      }),
    )
  }

  function drop(partition: Partition): void {
    partition.stop()
    if (partitions.get(partition.lease.orgId) === partition) partitions.delete(partition.lease.orgId)
  }

  /** What fails is tried again with the next turn. */
  function every(ms: number, act: () => Promise<void>): void {
    let turn: Promise<void> | null = null
    handles.push(
      setInterval(() => {
        if (turn) return
        const begun = act()
          .catch((error: unknown) => deps.onError(error, null))
          .finally(() => {
            turn = null
            turns.delete(begun)
          })
        turn = begun
        turns.add(begun)
      }, ms),
    )
  }

  function onHint({ orgId, ...hint }: Hint): void {
    const partition = partitions.get(orgId)
    if (partition) void step(partition, hint)
    else if (!known.has(orgId)) {
      // A new organization: its first event must not wait for the next look around.
      known.add(orgId)
      void take(orgId).catch((error: unknown) => deps.onError(error, orgId))
    }
  }
  const known = new Set<string>()

  return {
    async start() {
      running = true
      timers.register(timer)
      unsubscribe = bus.subscribe(onHint)
      await takeFree()
      every(renewMs, renewAll)
      every(takeoverMs, takeFree)
      every(pollMs, async () => void (await Promise.all([...partitions.values()].map((partition) => step(partition)))))
      every(auditMs, audit)
    },
    async stop() {
      running = false
      unsubscribe()
      for (const handle of handles) clearInterval(handle)
      // Told before anything is waited for: one that reads again until a database that is away answers would never end.
      const held = [...partitions.values()]
      for (const partition of held) drop(partition)
      await Promise.allSettled([...turns, ...taking.values()])
      await Promise.all(held.map((partition) => partition.drained()))
      await Promise.allSettled(held.map((partition) => freeLease(side, partition.lease)))
    },
    async settled(orgId) {
      const wanted = orgId === undefined ? [...partitions.keys()] : [orgId]
      for (const id of wanted) {
        const partition = owned(id) ?? (running ? await take(id) : null)
        // The first may join a step that began before what the caller has in mind; the last one found nothing to do.
        for (let round = 0; partition && round < settleRoundsMax; round++)
          if ((await partition.step()) === 0 && round > 0) break
      }
    },
    explain: (orgId, itemId) => owned(orgId)?.explain(itemId) ?? null,
    foresee: (orgId, item) => owned(orgId)?.foresee(item) ?? null,
    audit,
    owns: (orgId) => owned(orgId) !== null,
    fuse: (orgId) => owned(orgId)?.fuse() ?? null,
  }
}

const settleRoundsMax = 1_000
const driftWords = "what routing has in mind is what the database says"
const hotRefusalsWords = "the database takes what routing decides from rows that it knows"
