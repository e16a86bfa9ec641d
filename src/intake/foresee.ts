import { type PlacedMessage, type Plan, place } from "../core/conversations/place.ts"
import { newId } from "../ids.ts"
import { readWorkflowSettings } from "../store/routing-settings.ts"
import type { Tx } from "../store/write.ts"
import { placeSettings } from "./commit.ts"
import { loadFacts } from "./facts.ts"
import { type PlacementBecause, placementBecause } from "./placement.ts"

/** A request that nobody sent. `customerId` null: somebody new. */
export type ImaginedRequest = Omit<PlacedMessage, "id" | "threaded"> & {
  customerId: string | null
  defaultInboxId: string | null
}

/** What intake would make of it, by the same facts and the same `place`; nothing is written. */
export async function foresee(
  tx: Tx,
  { customerId, defaultInboxId, ...message }: ImaginedRequest,
): Promise<{ plan: Plan; because: PlacementBecause }> {
  const sender = { customerId: customerId ?? newId(), customerIsNew: customerId === null }
  const facts = (await loadFacts(tx, [sender])).get(sender.customerId)
  if (!facts) throw new Error("loadFacts() answers for each customer")
  const { settings } = await readWorkflowSettings(tx.db, tx.orgId)
  const placed = { ...message, id: newId(), threaded: false }
  const plan = place(facts, [placed], placeSettings(settings), message.receivedAt, newId)
  const { customerIsNew } = sender
  return { plan, because: placementBecause(plan, { customerIsNew, placed, defaultInboxId, ...message }) }
}
