import { type Kysely, sql } from "kysely"
import { renderExplanation } from "../core/routing/explain.ts"
import type { Explanation } from "../core/routing/explanation.ts"
import type { WhyWaiting } from "../core/routing/facts.ts"
import { decisionsOf } from "../store/decisions.ts"
import type { DB } from "../store/tables.ts"
import {
  assignmentSteps,
  candidatesOf,
  decisionSteps,
  named,
  offerEndSteps,
  type OrderedStep,
  placementSteps,
  waitingSteps,
} from "./explanation-steps.ts"
import { readAssignments, readNames, readOfferEnds } from "./explanation-rows.ts"

type Row = {
  inboxId: string
  agentId: string | null
  slaSeconds: number | null
  dueAt: Date | null
  itemId: string | null
  timeZone: string
}

/**
 * Why a conversation is where it is (api.md 1.1 Explanation): the stored codes of its placements, decisions, offers and
 * assignments in the order in which they happened, and while it waits who could take it now (`whyWaiting`).
 */
export async function explainConversation(
  db: Kysely<DB>,
  orgId: string,
  conversationId: string,
  now: Date,
  whyWaiting: (itemId: string) => WhyWaiting | null,
): Promise<Explanation | null> {
  const conversation = await readConversation(db, orgId, conversationId)
  if (!conversation) return null
  const decisions = await decisionsOf(db, orgId, conversationId)
  const offers = await readOfferEnds(db, orgId, conversationId)
  const assignments = await readAssignments(db, orgId, conversationId)
  const names = await readNames(db, orgId, conversationId)
  const waiting = conversation.itemId ? whyWaiting(conversation.itemId) : null
  const happened = inOrder([
    ...decisions.flatMap((row) =>
      row.kind === "placed" ? placementSteps(row, names) : decisionSteps(row, offers, names, conversation.inboxId),
    ),
    ...offers.flatMap((offer) => offerEndSteps(offer, names)),
    ...assignments.flatMap((assignment) => assignmentSteps(assignment, decisions, names)),
  ])
  const steps = waiting ? [...happened, ...waitingSteps(waiting, names, now)] : happened
  return {
    steps: renderExplanation(
      steps.map(({ order: _order, ...step }) => step),
      conversation.timeZone,
    ),
    result: {
      inboxId: conversation.inboxId,
      slaSeconds: conversation.slaSeconds,
      dueAt: conversation.dueAt?.toISOString() ?? null,
      agentId: conversation.agentId,
    },
    ...(waiting
      ? { candidates: named(waiting.candidates, names), excludedCounts: { ...waiting.excludedCounts } }
      : candidatesOf(decisions, names)),
  }
}

async function readConversation(db: Kysely<DB>, orgId: string, id: string): Promise<Row | null> {
  const { rows } = await sql<Row>`
    SELECT c.inbox_id, c.agent_id, c.sla_seconds, c.due_at, o.time_zone, (SELECT q.id FROM queue_items q
      WHERE q.org_id = c.org_id AND q.conversation_id = c.id AND q.state IN ('waiting', 'offered') ORDER BY q.tier LIMIT 1) AS item_id
    FROM conversations c JOIN organizations o ON o.id = c.org_id WHERE c.org_id = ${orgId} AND c.id = ${id}`.execute(db)
  return rows[0] ?? null
}

function inOrder(steps: readonly OrderedStep[]): OrderedStep[] {
  return [...steps].sort((a, b) => (a.at === b.at ? a.order - b.order : a.at < b.at ? -1 : 1))
}
