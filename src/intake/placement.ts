import type { StickyBecause } from "../core/conversations/former-agent.ts"
import type { Plan } from "../core/conversations/place.ts"
import type { Resolution } from "../core/entry-points/resolve.ts"
import { newId } from "../ids.ts"
import type { DecisionRow } from "../store/decisions.ts"
import type { Tx } from "../store/write.ts"
import type { Placed, Taken } from "./placed.ts"

/** Why a request stands where it stands, kept beside the decisions of routing as codes and numbers (`kind: "placed"`). */
export type PlacementBecause = {
  conversation: "created" | "reopened" | "joined"
  agent: StickyBecause
  customerIsNew: boolean
  entryPointId: string
  messageId: string
  receivedAt: string
  resolution: Resolution
  defaultInboxId: string | null
  inboxId: string
  dueAt: string
  queued: boolean
}

/** Codes and numbers of one arrival; an explanation makes sentences of them. */
export function placementBecause(
  plan: Plan,
  first: Pick<Taken, "customerIsNew" | "placed" | "receivedAt" | "defaultInboxId">,
): PlacementBecause {
  return {
    ...plan.because,
    customerIsNew: first.customerIsNew,
    entryPointId: first.placed.entryPointId,
    messageId: first.placed.id,
    receivedAt: first.receivedAt.toISOString(),
    resolution: first.placed.resolution,
    defaultInboxId: first.defaultInboxId,
    inboxId: plan.conversation.inboxId,
    dueAt: plan.conversation.dueAt.toISOString(),
    queued: plan.item.type === "create",
  }
}

/** Not for what merely adds to a contact that is there: it changed nothing that needs a reason. */
export function placement(tx: Tx, { plan, taken }: Placed): DecisionRow[] {
  const first = taken[0]
  const isNews =
    plan.conversation.type !== "join" ||
    plan.item.type === "create" ||
    plan.contacts.some((contact) => contact.type === "create")
  if (!first || !isNews) return []
  const because = placementBecause(plan, first)
  const { agentId, id: conversationId } = plan.conversation
  const queueItemId = plan.item.type === "none" ? null : plan.item.id
  return [{ id: newId(), epoch: 0, kind: "placed", queueItemId, conversationId, agentId, at: tx.now, because }]
}
