import { sql } from "kysely"
import type { Failure } from "../core/conversations/message.ts"
import { isAdvance, shownStatus, type StoredDeliveryStatus } from "../core/delivery/status.ts"
import { type DeliveryRow, lockDeliveryByExternalId } from "../store/deliveries.ts"
import type { Store, Tx } from "../store/write.ts"

/** A state that a provider tells by its own id of the message: in any order, repeatedly, even before we know the id. */
export type ProviderStatus = {
  orgId: string
  externalId: string
  status: "sent" | "delivered" | "read" | "failed"
  failure?: Failure | null
}

/** Answers whether a message of this id is known; one that is not known yet is kept and applied when it is. */
export function updateDelivery(store: Store, given: ProviderStatus): Promise<boolean> {
  const told = { ...given, failure: given.failure ? shownFailure(given.failure) : null }
  return store.write({ orgId: told.orgId, kind: "act" }, async (tx) => {
    const known = await lockDeliveryByExternalId(tx, told.externalId)
    if (known) {
      await advance(tx, known, told.status, { failure: told.failure ?? null })
      return true
    }
    await keep(tx, told)
    // The sender may have committed the id meanwhile: its row lock on what we just wrote made us wait for it.
    const late = await lockDeliveryByExternalId(tx, told.externalId)
    if (late) await applyPending(tx, late, told.externalId)
    return late !== null
  })
}

/** What is said of it, and nothing of how it was found out. */
function shownFailure({ code, text, retryable }: Failure): Failure {
  return { code, text, retryable }
}

async function keep(tx: Tx, told: ProviderStatus): Promise<void> {
  const held = await tx.db
    .selectFrom("deliveryStatusesPending")
    .select("status")
    .where("orgId", "=", tx.orgId)
    .where("externalId", "=", told.externalId)
    .forUpdate()
    .executeTakeFirst()
  if (held && !isAdvance(held.status as StoredDeliveryStatus, told.status)) return
  const failure = told.failure ? JSON.stringify(told.failure) : null
  await tx.db
    .insertInto("deliveryStatusesPending")
    .values({ orgId: tx.orgId, externalId: told.externalId, status: told.status, failure, at: tx.now })
    .onConflict((conflict) =>
      conflict.columns(["orgId", "externalId"]).doUpdateSet({ status: told.status, failure, at: tx.now }),
    )
    .execute()
}

/**
 * The id by which a provider will speak of this delivery is known from now on, in the same transaction. What came
 * before is applied.
 */
export async function learnExternalId(tx: Tx, delivery: DeliveryRow, externalId: string): Promise<void> {
  await sql`
    INSERT INTO delivery_statuses_pending (org_id, external_id, status, at) VALUES (${tx.orgId}, ${externalId}, 'queued', ${tx.now})
    ON CONFLICT (org_id, external_id) DO UPDATE SET at = excluded.at`.execute(tx.db)
  await applyPending(tx, delivery, externalId)
}

async function applyPending(tx: Tx, delivery: DeliveryRow, externalId: string): Promise<void> {
  const held = await tx.db
    .deleteFrom("deliveryStatusesPending")
    .where("orgId", "=", tx.orgId)
    .where("externalId", "=", externalId)
    .returning(["status", "failure"])
    .executeTakeFirst()
  if (!held || held.status === "queued") return
  await advance(tx, delivery, held.status as StoredDeliveryStatus, {
    failure: (held.failure as Failure | null) ?? null,
  })
}

type Facts = { failure?: Failure | null; externalId?: string | null; attempts?: number }

/** Moves a locked delivery on and says so; a state that is no advance changes nothing (reliability 18). */
export async function advance(
  tx: Tx,
  delivery: DeliveryRow,
  status: StoredDeliveryStatus,
  facts: Facts = {},
): Promise<void> {
  if (!isAdvance(delivery.status, status)) return
  await setStatus(tx, delivery, status, facts)
}

/** As `advance`, also back: only for the worker's own tries (`sending` → `queued` for the next one). */
export async function setStatus(
  tx: Tx,
  delivery: DeliveryRow,
  status: StoredDeliveryStatus,
  facts: Facts = {},
): Promise<void> {
  const failure = facts.failure === undefined ? delivery.failure : facts.failure
  const before = { status: shownStatus(delivery.status), failure: delivery.failure }
  Object.assign(delivery, {
    status,
    failure,
    externalId: facts.externalId ?? delivery.externalId,
    attempts: facts.attempts ?? delivery.attempts,
  })
  await tx.db
    .updateTable("deliveries")
    .set({
      status,
      failure: failure ? JSON.stringify(failure) : null,
      externalId: delivery.externalId,
      attempts: delivery.attempts,
      changedAt: tx.now,
    })
    .where("orgId", "=", tx.orgId)
    .where("id", "=", delivery.id)
    .execute()
  const shown = { status: shownStatus(status), failure }
  if (JSON.stringify(shown) === JSON.stringify(before)) return
  const message = await tx.db
    .selectFrom("messages")
    .select(["conversationId", "customerId", "contactId"])
    .where("orgId", "=", tx.orgId)
    .where("id", "=", delivery.messageId)
    .executeTakeFirst()
  tx.event("message.delivery_updated", { messageId: delivery.messageId, deliveryId: delivery.id, ...message, ...shown })
}
