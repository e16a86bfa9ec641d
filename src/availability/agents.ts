import { sql } from "kysely"
import { bumpAgents, changeAgent, lockAgentWork, withdrawOffers } from "../store/agent-changes.ts"
import { endAssignments } from "../store/assignments.ts"
import { requeue } from "../store/queue-items.ts"
import { readWorkflowSettings } from "../store/routing-settings.ts"
import { lockWork } from "../store/work.ts"
import type { Store, Tx } from "../store/write.ts"

/** What happens to agents when people and memberships change: called inside the transactions of those changes. */

/** The state of somebody who serves, logged out at first. Repeatable. */
export async function ensureAgent(tx: Tx, userId: string): Promise<void> {
  const { settings } = await readWorkflowSettings(tx.db, tx.orgId)
  const { standardCapacity, maximumCapacity } = settings.messaging
  await sql`
    INSERT INTO agent_states (org_id, agent_id, partition_id, standard_capacity, maximum_capacity, status_since, absent_since)
    SELECT ${tx.orgId}, ${userId}, ${tx.orgId}, coalesce(u.standard_capacity, ${standardCapacity}),
      coalesce(u.maximum_capacity, ${maximumCapacity}), ${tx.now}::timestamptz, ${tx.now}::timestamptz
    FROM (SELECT 1) one LEFT JOIN users u ON u.org_id = ${tx.orgId} AND u.id = ${userId}
    ON CONFLICT (org_id, agent_id) DO UPDATE SET deactivated_at = NULL, version = agent_states.version + 1
      WHERE agent_states.deactivated_at IS NOT NULL`.execute(tx.db)
  tx.touch({ agents: [userId] })
}

/** `null`: the organization's capacity holds. Nothing is taken away from an agent who has more. */
export async function changeCapacity(
  tx: Tx,
  userId: string,
  capacity: { standard: number; maximum: number } | null,
): Promise<void> {
  const { settings } = await readWorkflowSettings(tx.db, tx.orgId)
  const held = await lockAgentWork(tx, userId)
  if (!held) return
  await changeAgent(tx, held.agent, {
    standardCapacity: capacity?.standard ?? settings.messaging.standardCapacity,
    maximumCapacity: capacity?.maximum ?? settings.messaging.maximumCapacity,
  })
}

/** Somebody who no longer serves gets nothing more; what he has stays his until it is reassigned. */
export async function changeRole(tx: Tx, userId: string, serves: boolean): Promise<void> {
  if (serves) return ensureAgent(tx, userId)
  const held = await lockAgentWork(tx, userId)
  if (!held) return
  await withdrawOffers(tx, held.offers, "logged_out")
  await changeAgent(tx, held.agent, { status: "logged_out", availableFor: [], mailCredit: 0, deactivatedAt: tx.now })
}

/** Offers of an Inbox that the agent leaves are taken back; assigned conversations stay (spec 3). */
export async function withdrawFromInbox(tx: Tx, inboxId: string, agentId: string): Promise<void> {
  const held = await lockAgentWork(tx, agentId)
  if (!held) return
  await withdrawOffers(
    tx,
    held.offers.filter((offer) => offer.inboxId === inboxId),
    "inbox_removed",
  )
  await bumpAgents(tx, [agentId])
}

/** Conversations unassigned in the transaction of the deactivation; the rest follow in transactions of their own. */
const unassignedPerTransactionMax = 500

/**
 * A user ends: no offers, no availability, and everything that he has goes back (`user_deactivation`), queued where the
 * customer waits. What is too much for one transaction is done by `continueDeactivation`, asked for by a job.
 */
export async function deactivateAgent(tx: Tx, userId: string): Promise<void> {
  const more = await unassignSome(tx, userId)
  const held = await lockAgentWork(tx, userId)
  if (held) {
    await withdrawOffers(tx, held.offers, "logged_out")
    await changeAgent(tx, held.agent, { status: "logged_out", availableFor: [], mailCredit: 0, deactivatedAt: tx.now })
  }
  if (more) tx.job(unassignJob, { userId }, { key: userId })
}

export const unassignJob = "unassign_deactivated"

/** The handler of `unassignJob`: 500 conversations in each transaction until nothing is left. */
export async function continueDeactivation(store: Store, orgId: string, userId: string): Promise<void> {
  while (await store.write({ orgId, kind: "act" }, (tx) => unassignSome(tx, userId)));
}

/** True where there may be more. */
async function unassignSome(tx: Tx, userId: string): Promise<boolean> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM conversations WHERE org_id = ${tx.orgId} AND agent_id = ${userId} ORDER BY id LIMIT ${unassignedPerTransactionMax}`.execute(
    tx.db,
  )
  if (rows.length === 0) return false
  const { conversations } = await lockWork(
    tx,
    rows.map((row) => row.id),
    [userId],
  )
  const his = [...conversations.values()].filter((conversation) => conversation.agentId === userId)
  const after = await endAssignments(
    tx,
    his.map((conversation) => ({ conversation, reason: "user_deactivation" })),
  )
  for (const conversation of after) await requeue(tx, conversation, { reason: "user_deactivation" })
  return rows.length === unassignedPerTransactionMax
}
