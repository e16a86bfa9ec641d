import type { Kysely } from "kysely"
import type { Plan } from "../core/conversations/place.ts"
import { renderExplanation } from "../core/routing/explain.ts"
import type { Explanation } from "../core/routing/explanation.ts"
import type { QueueItemFact } from "../core/routing/facts.ts"
import type { DB } from "../store/tables.ts"
import { type Imagined, imaginedSteps, named } from "./explanation-steps.ts"
import { readImaginedNames } from "./explanation-rows.ts"
import type { Routing } from "./runner.ts"

/** Why a request would go where it would go (api.md 2.4): in the words of one that came, with the agents of now. */
export async function explainImagined(
  db: Kysely<DB>,
  orgId: string,
  imagined: Imagined,
  routing: Pick<Routing, "foresee">,
): Promise<Explanation> {
  const { entryPointId, customerName, plan, timeZone } = imagined
  const names = await readImaginedNames(db, orgId, { entryPointId, customer: customerName })
  const item = itemOf(plan, imagined.receivedAt)
  const waiting = item && routing.foresee(orgId, item)
  const { inboxId, agentId, dueAt, dueBecause } = plan.conversation
  const kept = plan.item.type === "none" && agentId !== null
  return {
    steps: renderExplanation(imaginedSteps(imagined, waiting, names), timeZone),
    result: {
      inboxId,
      slaSeconds: dueBecause.slaSeconds,
      dueAt: dueAt.toISOString(),
      agentId: kept ? agentId : null,
    },
    candidates: kept ? named([{ agentId, excludedBy: null }], names) : waiting ? named(waiting.candidates, names) : [],
    ...(waiting && { excludedCounts: { ...waiting.excludedCounts } }),
  }
}

/** The item as it would stand: a new one, or one that waits already with this request joined to it. */
function itemOf({ conversation, item }: Plan, receivedAt: Date): QueueItemFact | null {
  if (item.type === "none") return null
  const queuedAt = (item.type === "create" ? item.queuedAt : receivedAt).getTime()
  return {
    id: item.id,
    version: 0,
    conversationId: conversation.id,
    lane: "text",
    inboxId: conversation.inboxId,
    group: item.channelGroup,
    state: "waiting",
    dueAt: item.dueAt.getTime(),
    queuedAt,
    firstQueuedAt: queuedAt,
    preferredAgentId: null,
  }
}
