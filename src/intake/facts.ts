import { sql } from "kysely"
import type { ContactFact, CustomerFacts, DueBecause, ItemFact } from "../core/conversations/place.ts"
import type { StickyAgent } from "../core/conversations/former-agent.ts"
import { type AgentRow, agentColumns, isPresent } from "../store/agents.ts"
import { type ContactRow, liveContacts } from "../store/contacts.ts"
import { type ConversationRow, lockLatestConversations } from "../store/conversations.ts"
import { lockLiveItems } from "../store/queue-items.ts"
import type { QueueItemRow } from "../store/queue-item.ts"
import type { Tx } from "../store/write.ts"

/** What `place` needs to know of each customer, and the conversation's row that its plan changes. */
export type Facts = CustomerFacts & { row: ConversationRow | null }

type Known = { customerId: string; customerIsNew: boolean }

/** The customers are locked; conversations and live items are locked here. Who is new has nothing yet. */
export async function loadFacts(tx: Tx, taken: readonly Known[]): Promise<Map<string, Facts>> {
  const customerIds = [...new Set(taken.map((one) => one.customerId))]
  const known = [...new Set(taken.filter((one) => !one.customerIsNew).map((one) => one.customerId))]
  const conversations = await lockLatestConversations(tx, known)
  const active = [...conversations.values()].filter((row) => row.closedAt === null)
  const ids = active.map((row) => row.id)
  const contacts = await liveContacts(tx, ids)
  const items = await lockLiveItems(tx, ids)
  const agents = await stickyAgents(
    tx,
    [...conversations.values()].flatMap((row) => row.agentId ?? row.lastAgentId ?? []),
  )
  return new Map(
    customerIds.map((customerId) => {
      const row = conversations.get(customerId) ?? null
      const facts: Facts = {
        row,
        conversation: row && conversationFact(row),
        contacts: contacts.filter((contact) => contact.conversationId === row?.id).flatMap(contactFact),
        item: itemFact(items.find((item) => item.conversationId === row?.id && item.lane === "text")),
        agent: agents.get(row?.agentId ?? row?.lastAgentId ?? "") ?? null,
      }
      return [customerId, facts]
    }),
  )
}

function conversationFact(row: ConversationRow): NonNullable<CustomerFacts["conversation"]> {
  return {
    id: row.id,
    inboxId: row.inboxId,
    agentId: row.agentId,
    awaitingSince: row.awaitingSince,
    dueAt: row.dueAt,
    dueBecause: dueBecause(row.dueBecause),
    closedAt: row.closedAt,
    lastActivityAt: row.lastMessageAt ?? row.createdAt,
  }
}

/** Written by intake as `place` made it; other causes (a transfer) look different and are not carried on. */
function dueBecause(stored: object | null): DueBecause | null {
  return stored !== null && "messageId" in stored ? (stored as DueBecause) : null
}

function contactFact({ id, channel, state, awaitingSince, dueAt, slaSeconds, slaSource }: ContactRow): ContactFact[] {
  if (channel === "voice" || state === "ended") return []
  return [{ id, channel, state: state === "started" ? "active" : state, awaitingSince, dueAt, slaSeconds, slaSource }]
}

function itemFact(item: QueueItemRow | undefined): ItemFact | null {
  if (!item || item.channelGroup === "voice") return null
  if (item.state !== "waiting" && item.state !== "offered") return null
  return { id: item.id, state: item.state, channelGroup: item.channelGroup, dueAt: item.dueAt }
}

/** Not locked: whoever gets a seat by the plan is locked before it is written, and a sticky seat is never refused for load. */
async function stickyAgents(tx: Tx, ids: readonly string[]): Promise<Map<string, StickyAgent>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<AgentRow & { inboxIds: string[] }>`
    SELECT ${agentColumns}, ARRAY(SELECT m.inbox_id FROM inbox_members m WHERE m.org_id = a.org_id AND m.agent_id = a.agent_id) AS inbox_ids
    FROM agent_states a WHERE org_id = ${tx.orgId} AND agent_id = ANY(${[...ids]})`.execute(tx.db)
  return new Map(
    rows.map((row) => [
      row.agentId,
      {
        id: row.agentId,
        deactivated: row.deactivatedAt !== null,
        present: isPresent(row),
        lastLoggedInAt: row.lastLoggedInAt,
        messagingLoad: row.messagingLoad,
        maximumCapacity: row.maximumCapacity,
        inboxIds: new Set(row.inboxIds),
      },
    ]),
  )
}
