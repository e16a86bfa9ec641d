import { sql } from "kysely"
import type { ChannelName } from "../core/channels.ts"
import type { StoredDeliveryStatus } from "../core/delivery/status.ts"
import { newId } from "../ids.ts"
import type { Tx } from "./write.ts"

export type DeliveryRow = {
  id: string
  messageId: string
  channel: ChannelName
  status: StoredDeliveryStatus
  attempts: number
  externalId: string | null
  failure: { code: string; text: string; retryable: boolean } | null
  acceptDuplicate: boolean
  createdAt: Date
  changedAt: Date
}

/** The job of a delivery bears its id: the row is the truth, the job the alarm clock. */
export const deliverJob = "deliver"

/** A message on its way: the row, and the job that sends it at `runAt` (now, or when it can no longer be undone). */
export async function insertDelivery(
  tx: Tx,
  delivery: { messageId: string; channel: ChannelName; runAt?: Date; acceptDuplicate?: boolean; undo?: object },
): Promise<string> {
  const id = newId()
  await tx.db
    .insertInto("deliveries")
    .values({
      orgId: tx.orgId,
      id,
      messageId: delivery.messageId,
      channel: delivery.channel,
      acceptDuplicate: delivery.acceptDuplicate ?? false,
      undo: delivery.undo ? JSON.stringify(delivery.undo) : null,
      createdAt: tx.now,
      changedAt: tx.now,
    })
    .execute()
  tx.job(
    deliverJob,
    { deliveryId: id, channel: delivery.channel },
    { key: id, ...(delivery.runAt && { runAt: delivery.runAt }) },
  )
  return id
}

const columns = sql.raw(
  "id, message_id, channel, status, attempts, external_id, failure, accept_duplicate, created_at, changed_at",
)

export async function lockDelivery(tx: Tx, id: string): Promise<DeliveryRow | null> {
  const { rows } = await sql<DeliveryRow>`
    SELECT ${columns} FROM deliveries WHERE org_id = ${tx.orgId} AND id = ${id} FOR NO KEY UPDATE`.execute(tx.db)
  return rows[0] ?? null
}

export async function lockDeliveryByExternalId(tx: Tx, externalId: string): Promise<DeliveryRow | null> {
  const { rows } = await sql<DeliveryRow>`
    SELECT ${columns} FROM deliveries WHERE org_id = ${tx.orgId} AND external_id = ${externalId}
    ORDER BY id DESC LIMIT 1 FOR NO KEY UPDATE`.execute(tx.db)
  return rows[0] ?? null
}

/** All tries of a message, newest first; locked. */
export async function lockDeliveriesOf(tx: Tx, messageId: string): Promise<DeliveryRow[]> {
  const { rows } = await sql<DeliveryRow>`
    SELECT ${columns} FROM deliveries WHERE org_id = ${tx.orgId} AND message_id = ${messageId}
    ORDER BY id DESC FOR NO KEY UPDATE`.execute(tx.db)
  return rows
}
