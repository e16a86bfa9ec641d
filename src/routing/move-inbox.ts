import { sql } from "kysely"
import { endAssignments } from "../store/assignments.ts"
import { changeConversations, type ConversationRow, lockConversations } from "../store/conversations.ts"
import { endItems, requeue } from "../store/queue-items.ts"
import { lockWork } from "../store/work.ts"
import type { Tx } from "../store/write.ts"

const movedAtOnceMax = 500

/**
 * Everything that waits in one Inbox goes on to another, in the transaction that ends the first (routing.md 1.3): due by
 * the new Inbox's SLA from now (spec 4.3), behind what waited there when due at the same instant. What is answered and
 * belongs to nobody moves too: its next message would queue where nobody looks. What an agent has stays with him, and
 * goes to the fallback Inbox if it queues again (store/queue-items.ts).
 */
export async function moveWaiting(tx: Tx, fromInboxId: string, toInboxId: string): Promise<void> {
  const { rows } = await sql<{ slaSeconds: number }>`
    SELECT sla_seconds FROM inboxes WHERE org_id = ${tx.orgId} AND id = ${toInboxId}`.execute(tx.db)
  const dueAt = new Date(tx.now.getTime() + (rows[0]?.slaSeconds ?? 0) * 1000)
  while (await moveSome(tx, fromInboxId, toInboxId, dueAt));
  while (await moveIdle(tx, fromInboxId, toInboxId));
}

async function moveSome(tx: Tx, fromInboxId: string, toInboxId: string, dueAt: Date): Promise<boolean> {
  const { rows } = await sql<{ conversationId: string }>`
    SELECT conversation_id FROM queue_items WHERE org_id = ${tx.orgId} AND inbox_id = ${fromInboxId} AND state IN ('waiting', 'offered')
    ORDER BY conversation_id LIMIT ${movedAtOnceMax}`.execute(tx.db)
  if (rows.length === 0) return false
  const { conversations, items } = await lockWork(
    tx,
    rows.map((row) => row.conversationId),
  )
  await endItems(
    tx,
    items.map((item) => item.id),
    { state: "canceled", reason: "rerouted_unassign", withdrawn: "inbox_removed" },
  )
  const change = { inboxId: toInboxId, dueAt }
  const held = [...conversations.values()].filter((conversation) => conversation.agentId !== null)
  const free = [...conversations.values()].filter((conversation) => conversation.agentId === null)
  const after = [
    ...(await endAssignments(
      tx,
      held.map((conversation) => ({ conversation, reason: "inbox_removed", change })),
    )),
    ...(await changeConversations(
      tx,
      free.map((conversation) => ({ conversation, change, reason: "rerouted_unassign" })),
    )),
  ]
  await moveContactsTo(tx, after, toInboxId)
  for (const conversation of after) {
    const item = items.find((one) => one.conversationId === conversation.id)
    await requeue(tx, conversation, {
      reason: "rerouted_unassign",
      fromInboxId,
      firstQueuedAt: item?.firstQueuedAt ?? null,
    })
  }
  return true
}

/** Answered, not closed, and nobody's. */
async function moveIdle(tx: Tx, fromInboxId: string, toInboxId: string): Promise<boolean> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM conversations WHERE org_id = ${tx.orgId} AND inbox_id = ${fromInboxId} AND status = 'waiting' AND agent_id IS NULL
    ORDER BY id LIMIT ${movedAtOnceMax}`.execute(tx.db)
  const locked = await lockConversations(
    tx,
    rows.map((row) => row.id),
  )
  const idle = [...locked.values()].filter(({ status, agentId }) => status === "waiting" && agentId === null)
  await changeConversations(
    tx,
    idle.map((conversation) => ({ conversation, change: { inboxId: toInboxId }, reason: "rerouted_unassign" })),
  )
  await moveContactsTo(tx, idle, toInboxId)
  return idle.length > 0
}

async function moveContactsTo(tx: Tx, conversations: readonly ConversationRow[], inboxId: string): Promise<void> {
  const ids = conversations.map(({ id }) => id)
  await sql`
    UPDATE contacts SET inbox_id = ${inboxId} WHERE org_id = ${tx.orgId} AND conversation_id = ANY(${ids}) AND state <> 'ended'`.execute(
    tx.db,
  )
}
