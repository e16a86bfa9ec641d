import type { CarrierStatus } from "../../carriers/carrier.ts"
import type { Failure } from "../../core/conversations/message.ts"
import { advance, learnExternalId, type updateDelivery } from "../../delivery/status.ts"
import { lockDelivery } from "../../store/deliveries.ts"
import type { Store } from "../../store/write.ts"

export type StatusDeps = {
  store: Store
  updateDelivery: typeof updateDelivery
  failureOf: (errorCode: string | null) => Failure
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What a carrier says of a message of ours: in any order, repeated, and perhaps before its answer to the sending. */
export async function takeStatus(
  { store, updateDelivery, failureOf }: StatusDeps,
  orgId: string,
  told: CarrierStatus,
): Promise<void> {
  if (told.deliveryId !== null && uuid.test(told.deliveryId))
    await settleUnknown(store, orgId, told.deliveryId, told.externalId)
  if (told.status === "queued") return
  const failure = told.status === "failed" ? failureOf(told.errorCode) : null
  await updateDelivery(store, { orgId, externalId: told.externalId, status: told.status, failure })
}

/** The answer to the sending was lost; the callback bears our id of the delivery and shows that it was taken. */
async function settleUnknown(store: Store, orgId: string, deliveryId: string, externalId: string): Promise<void> {
  await store.write({ orgId, kind: "act" }, async (tx) => {
    const delivery = await lockDelivery(tx, deliveryId)
    if (delivery?.status !== "unknown" || delivery.externalId !== null) return
    await advance(tx, delivery, "sent", { externalId, failure: null })
    await learnExternalId(tx, delivery, externalId)
  })
}
