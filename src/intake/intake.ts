import type { Clock } from "../clock.ts"
import { fault } from "../fault.ts"
import { newId } from "../ids.ts"
import { problem } from "../problem.ts"
import { addressKey } from "../store/customers.ts"
import { isUnavailable } from "../store/database.ts"
import { type Arrival, keyOf } from "../store/inbound-events.ts"
import type { Store } from "../store/write.ts"
import { type CommitHooks, commitInbound } from "./commit.ts"
import type { InboundEvent, Intake, Receipt } from "./inbound-event.ts"
import { park } from "./parked.ts"
import { RecentInboxes } from "./recent-inboxes.ts"

export type IntakeDeps = {
  store: Store
  clock: Clock
  hooks?: CommitHooks
  /** Assignment in the commit of the arrival (routing/fusion.ts); null where this process does not own the routing. */
  fuse?: (orgId: string) => Fusion | null
  /** An event that could not be processed was parked. */
  onParked?: (event: InboundEvent, error: unknown) => void
}

/** One batch's decisions: `begin` for each try of its transaction; the commit tells it by itself. */
export interface Fusion {
  begin(): void
  assign: NonNullable<CommitHooks["assignOnArrival"]>
  /** Rolled back, or nobody knows. */
  failed(error: unknown): void
}

const batchSizeMax = 512
/** Smaller ones are not split. */
const batchSizeMin = 16
const batchesInFlightMax = 2
/** Beside a batch under way fewer wait for its end: together they cost less than the second commit gains … */
const togetherMin = 5
/** … unless it takes longer than usual. */
const patienceMs = 10
/** Above this callers are told to come again: memory is bounded (routing.md 5). */
const waitingEventsMax = 10_000
const waitingBytesMax = 64 * 1024 * 1024

type Waiting = {
  arrival: Arrival
  bytes: number
  settle: { resolve(receipt: Receipt): void; reject(error: unknown): void }[]
}

type Queue = {
  waiting: Map<string, Waiting>
  inFlight: number
  /** Set while few wait for the batch under way. */
  later: NodeJS.Timeout | null
  /** Senders with an event under way: their next one waits for it, so that two batches never make one customer twice. */
  busy: Set<string>
}

/**
 * Everything that customers send comes in here. While two commits of an organization are under way, what arrives collects
 * into the next one; `accept` resolves when its event and its effects are committed.
 */
export function createIntake({ store, clock, hooks = {}, fuse, onParked }: IntakeDeps): Intake {
  const queues = new Map<string, Queue>()
  const recentInboxes = new RecentInboxes()
  let waitingEvents = 0
  let waitingBytes = 0

  function accept(event: InboundEvent): Promise<Receipt> {
    if (waitingEvents >= waitingEventsMax || waitingBytes >= waitingBytesMax)
      throw problem("unavailable", { reason: "overloaded" })
    const queue = queues.get(event.orgId) ?? { waiting: new Map(), inFlight: 0, later: null, busy: new Set() }
    queues.set(event.orgId, queue)
    return new Promise((resolve, reject) => {
      const twin = queue.waiting.get(keyOf(event))
      if (twin) {
        // A repeat within one batch shares the receipt.
        twin.settle.push({ resolve: (receipt: Receipt) => resolve({ ...receipt, duplicate: true }), reject })
        return
      }
      const arrival = { id: newId(), event: wellFormed(event), receivedAt: clock.now() }
      const bytes = sizeOf(event)
      queue.waiting.set(keyOf(event), { arrival, bytes, settle: [{ resolve, reject }] })
      waitingEvents++
      waitingBytes += bytes
      if (queue.inFlight < batchesInFlightMax) setImmediate(() => void drain(event.orgId, queue))
    })
  }

  async function drain(orgId: string, queue: Queue, isPatient = true): Promise<void> {
    if (queue.inFlight >= batchesInFlightMax || queue.waiting.size === 0) return
    if (isPatient && queue.inFlight > 0 && queue.waiting.size < togetherMin) {
      queue.later ??= setTimeout(() => {
        queue.later = null
        void drain(orgId, queue, false)
      }, patienceMs)
      return
    }
    const batch = nextBatch(queue)
    if (batch.length === 0) return
    queue.inFlight++
    const senders = new Set(batch.map(senderOf))
    for (const sender of senders) queue.busy.add(sender)
    for (const { bytes } of batch) {
      waitingEvents--
      waitingBytes -= bytes
    }
    if (queue.waiting.size > 0) void drain(orgId, queue)
    await commitBatch(orgId, batch, fuse?.(orgId) ?? null)
    queue.inFlight--
    for (const sender of senders) queue.busy.delete(sender)
    if (queue.waiting.size > 0) void drain(orgId, queue)
    else if (queue.inFlight === 0) queues.delete(orgId)
  }

  async function commitBatch(orgId: string, batch: readonly Waiting[], fusion: Fusion | null): Promise<void> {
    try {
      answer(batch, await commit(orgId, batch, fusion))
    } catch (error) {
      if (isUnavailable(error)) return refuse(batch, error)
      // First without the assignment: no event is parked for routing's sake.
      if (fusion) return commitBatch(orgId, batch, null)
      if (batch.length === 1) return parkOne(orgId, batch[0], error)
      // One event spoils the batch: each on its own, so that only that one is parked.
      for (const waiting of batch) await commitBatch(orgId, [waiting], null)
    }
  }

  async function commit(orgId: string, batch: readonly Waiting[], fusion: Fusion | null): Promise<Receipt[]> {
    const fused = { ...hooks, recentInboxes, ...(fusion && { assignOnArrival: fusion.assign }) }
    try {
      const receipts = await store.write({ orgId, kind: "intake", actor: customerActor }, async (tx) => {
        fusion?.begin()
        const committed = await commitInbound(
          tx,
          batch.map(({ arrival }) => arrival),
          fused,
        )
        await fault("intake.beforeCommit")
        return committed
      })
      await fault("intake.afterCommit")
      return receipts
    } catch (error) {
      fusion?.failed(error)
      throw error
    }
  }

  async function parkOne(orgId: string, waiting: Waiting | undefined, error: unknown): Promise<void> {
    if (!waiting) return
    try {
      const receipt = await park(store, orgId, waiting.arrival, error)
      if (receipt.parked && !receipt.duplicate) onParked?.(waiting.arrival.event, error)
      answer([waiting], [receipt])
    } catch (failure) {
      refuse([waiting], failure)
    }
  }

  return { accept }
}

/** Takes out of the queue what goes into the next commit, in the order of arrival. */
function nextBatch(queue: Queue): Waiting[] {
  // Two batches under way use both permits; one that took everything would leave the other idle.
  const share = Math.ceil(queue.waiting.size / (batchesInFlightMax - queue.inFlight))
  const size = Math.min(batchSizeMax, Math.max(share, batchSizeMin))
  const batch: Waiting[] = []
  for (const [key, waiting] of queue.waiting) {
    if (batch.length >= size) break
    if (queue.busy.has(senderOf(waiting))) continue
    queue.waiting.delete(key)
    batch.push(waiting)
  }
  return batch
}

function senderOf({ arrival }: Waiting): string {
  return addressKey(arrival.event.from)
}

const customerActor = { type: "customer", id: null, name: "Customer" } as const

function answer(batch: readonly Waiting[], receipts: readonly Receipt[]): void {
  for (const [index, waiting] of batch.entries()) {
    const receipt = receipts[index]
    if (receipt) for (const { resolve } of waiting.settle) resolve(receipt)
  }
}

function refuse(batch: readonly Waiting[], error: unknown): void {
  const reason = isUnavailable(error) ? problem("unavailable", { reason: "database" }) : error
  for (const waiting of batch) for (const { reject } of waiting.settle) reject(reason)
}

function sizeOf({ raw, content }: InboundEvent): number {
  return ("bytes" in raw ? raw.bytes.length : 0) + content.text.length + (content.html?.length ?? 0)
}

/** PostgreSQL holds neither NUL nor half a surrogate pair; the raw bytes keep what was sent. */
function wellFormed(event: InboundEvent): InboundEvent {
  const { raw, sentAt, ...rest } = event
  return { ...clean(rest), raw, sentAt }
}

function clean<T>(value: T): T
function clean(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed().replaceAll("\0", "\ufffd")
  if (Array.isArray(value)) return value.map((one) => clean(one))
  if (value === null || typeof value !== "object" || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, clean(one)]))
}
