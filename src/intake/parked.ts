import { type Kysely, sql } from "kysely"
import { rolesWith } from "../core/permissions.ts"
import { newId } from "../ids.ts"
import { Problem, problem } from "../problem.ts"
import { isUnavailable } from "../store/database.ts"
import {
  type Arrival,
  discardInboundEvent,
  emptyReceipt,
  findInboundEvent,
  type InboundEventRow,
  keyOf,
  listInboundEvents,
  lockInboundEvent,
  putInboundEvents,
  receiptsOf,
  settleReplay,
  takenEvents,
} from "../store/inbound-events.ts"
import type { DB } from "../store/tables.ts"
import type { Actor, Store, Tx } from "../store/write.ts"
import { type CommitHooks, takeAgain } from "./commit.ts"
import type { InboundEvent, Receipt } from "./inbound-event.ts"
import { Unprocessable } from "./unprocessable.ts"

/** Keeps an event whose effects cannot be computed: its raw row alone, visible and replayable, in nobody's way. */
export async function park(store: Store, orgId: string, arrival: Arrival, error: unknown): Promise<Receipt> {
  const reason = parkReason(error)
  return store.write({ orgId, kind: "intake" }, async (tx) => {
    const [taken] = await tx.together([takenEvents(tx, [arrival.event])])
    const earlier = receiptsOf(taken).get(keyOf(arrival.event))
    if (earlier) return { ...earlier, duplicate: true }
    putInboundEvents(tx, [{ arrival, receipt: null, parked: { at: tx.now, reason } }])
    tx.event("inbound_event.parked", {
      inboundEventId: arrival.id,
      channel: arrival.event.channel,
      reason,
      entryPointId: arrival.event.entryPointId,
    })
    await tellKeepers(tx, { inboundEventId: arrival.id, channel: arrival.event.channel, reason })
    return { ...emptyReceipt(arrival.id, reason), duplicate: false }
  })
}

/** Who may replay finds it under the bell: one line until it is read, however many follow. */
async function tellKeepers(tx: Tx, data: { inboundEventId: string; channel: string; reason: string }): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    SELECT u.id FROM users u WHERE u.org_id = ${tx.orgId} AND u.status = 'active'
      AND u.roles && ${rolesWith("inboundEvent.replay")}::text[]
      AND NOT EXISTS (SELECT 1 FROM notifications n WHERE n.org_id = u.org_id AND n.user_id = u.id
        AND n.kind = ${parkedKind} AND n.read_at IS NULL)`.execute(tx.db)
  if (rows.length === 0) return
  await tx.db
    .insertInto("notifications")
    .values(
      rows.map(({ id: userId }) => ({
        orgId: tx.orgId,
        id: newId(),
        userId,
        kind: parkedKind,
        data: JSON.stringify(data),
        link: parkedPage,
        at: tx.now,
      })),
    )
    .execute()
  for (const { id: userId } of rows) tx.event("notification.added", { userId, kind: parkedKind, ...data })
}

const parkedKind = "events_parked"
/** Where they are replayed or given up. */
const parkedPage = "/settings/channels/parked"
const reasonLengthMax = 500

function parkReason(error: unknown): string {
  if (error instanceof Unprocessable) return error.reason
  const message = error instanceof Error ? error.message : String(error)
  return `processing_failed: ${message}`.slice(0, reasonLengthMax).toWellFormed()
}

/** What the Administrator does with parked events; handed to the API's `/inbound-events`. */
export interface ParkedEvents {
  list(
    orgId: string,
    filter: { parked?: boolean | undefined; channel?: string | undefined; limit: number; beforeId?: string | null },
  ): Promise<InboundEventRow[]>
  find(orgId: string, id: string): Promise<InboundEventRow | null>
  /** Tries once more. 404 `not_found`, 409 `not_parked`. */
  replay(
    orgId: string,
    id: string,
    by: { actor: Actor; requestId: string | null },
  ): Promise<{ status: "done" | "parked"; receipt: Receipt | null }>
  /** Gives it up; the raw row stays. 404 `not_found`, 409 `not_parked`. */
  discard(
    orgId: string,
    id: string,
    reason: string | null,
    by: { actor: Actor; requestId: string | null },
  ): Promise<InboundEventRow>
}

export function createParkedEvents(deps: { store: Store; db: Kysely<DB>; hooks?: CommitHooks }): ParkedEvents {
  const { store, db, hooks = {} } = deps

  async function replay(orgId: string, id: string, by: { actor: Actor; requestId: string | null }) {
    try {
      const receipt = await store.write({ orgId, kind: "intake", ...by }, async (tx) => {
        const row = await lockInboundEvent(tx, id)
        if (!row) throw problem("not_found")
        if (!row.parkedAt) throw problem("not_parked")
        const taken = await takeAgain(tx, arrivalOf(orgId, row), hooks)
        await settleReplay(tx, id, { receipt: taken })
        tx.event("inbound_event.replayed", { inboundEventId: id, channel: row.channel, reason: row.parkedReason })
        return { ...taken, duplicate: false }
      })
      return { status: "done" as const, receipt }
    } catch (error) {
      if (error instanceof Problem || isUnavailable(error)) throw error
      await store.write({ orgId, kind: "intake", ...by }, (tx) => settleReplay(tx, id, { reason: parkReason(error) }))
      return { status: "parked" as const, receipt: null }
    }
  }

  return {
    list: (orgId, filter) => listInboundEvents(db, orgId, filter),
    find: (orgId, id) => findInboundEvent(db, orgId, id),
    replay,
    discard: (orgId, id, reason, by) =>
      store.write({ orgId, kind: "act", ...by }, async (tx) => {
        const row = await lockInboundEvent(tx, id)
        if (!row) throw problem("not_found")
        if (!row.parkedAt) throw problem("not_parked")
        await discardInboundEvent(tx, id, reason)
        tx.event("inbound_event.discarded", { inboundEventId: id, channel: row.channel, reason })
        return { ...row, parkedAt: null, discardedAt: tx.now, discardedReason: reason }
      }),
  }
}

/** The event as its channel made it; due counts from when it arrived, not from the replay. */
function arrivalOf(orgId: string, row: InboundEventRow): Arrival {
  const { sentAt, ...typed } = row.typed as Omit<InboundEvent, "orgId" | "raw" | "sentAt"> & { sentAt: string | null }
  const raw = row.rawSha256 ? { sha256: row.rawSha256 } : { bytes: row.raw ?? Buffer.alloc(0) }
  return {
    id: row.id,
    receivedAt: row.receivedAt,
    event: { ...typed, orgId, raw, sentAt: sentAt ? new Date(sentAt) : null },
  }
}
