import { type Kysely, sql } from "kysely"
import type { Committed } from "../store/committed.ts"
import type { DB } from "../store/tables.ts"
import type { FactIds } from "./read-facts.ts"

/** What happened since a position, as ids to read again. */
export type Changes = FactIds & {
  /** Position of the last event that was looked at. */
  position: number
  /** The page was full: there may be more. */
  more: boolean
  pulls: { requestId: string; agentId: string }[]
  settingsChanged: boolean
  /** Agents who came back. */
  returned: string[]
}

const pageSize = 1_000

/** The row of a Next that waits for the owner of routing. */
export const pullEvent = "internal.pull_requested"

const returns: string[] = ["agent_status.logged_in", "agent_status.returned_from_away"]

type EventRow = {
  position: number
  type: string
  touched: { items: readonly string[]; agents: readonly string[] } | null
  conversationId: string | null
  requestId: string | null
  agentId: string | null
}

/** Positions are gap-free and commit in order, so the next page begins where this one ended. */
export async function readChanges(db: Kysely<DB>, orgId: string, after: number): Promise<Changes> {
  const { rows } = await sql<EventRow>`
    SELECT position, type, touched, data->>'conversationId' AS conversation_id,
      CASE WHEN type = ${pullEvent} THEN data->>'requestId' END AS request_id,
      CASE WHEN type = ${pullEvent} OR type = ANY(${returns}) THEN data->>'agentId' END AS agent_id
    FROM events WHERE org_id = ${orgId} AND position > ${after} ORDER BY position LIMIT ${pageSize}`.execute(db)
  return changesIn(rows, { after, more: rows.length === pageSize })
}

/** The same of what this process has just committed, without the rows that it knows. */
export function changesOf(committed: Committed): Changes {
  const { events, touched, known, before } = committed
  const rows = events.map(({ position, type, data }, index): EventRow => {
    const isPull = type === pullEvent
    const namesAgent = isPull || returns.includes(type)
    return {
      position,
      type,
      touched: index === events.length - 1 ? touched : null,
      conversationId: textOf(data.conversationId),
      requestId: isPull ? textOf(data.requestId) : null,
      agentId: namesAgent ? textOf(data.agentId) : null,
    }
  })
  const changes = changesIn(rows, { after: before, more: false })
  const without = (ids: readonly string[], facts: readonly { id: string }[]) => {
    const there = new Set(facts.map(({ id }) => id))
    return ids.filter((id) => !there.has(id))
  }
  return {
    ...changes,
    items: without(changes.items, known.items),
    agents: without(changes.agents, known.agents),
    conversations: without(changes.conversations, known.assigned),
  }
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null
}

function changesIn(rows: readonly EventRow[], { after, more }: { after: number; more: boolean }): Changes {
  const items = new Set<string>()
  const agents = new Set<string>()
  const conversations = new Set<string>()
  for (const { touched, type, conversationId } of rows) {
    for (const id of touched?.items ?? []) items.add(id)
    for (const id of touched?.agents ?? []) agents.add(id)
    // Awaiting and holder of a conversation change with these two.
    if (conversationId && (type === "conversation_status.updated" || type === "conversation_assignee.updated"))
      conversations.add(conversationId)
  }
  return {
    position: rows.at(-1)?.position ?? after,
    more,
    items: [...items],
    agents: [...agents],
    conversations: [...conversations],
    pulls: rows.flatMap(({ requestId, agentId }) => (requestId && agentId ? [{ requestId, agentId }] : [])),
    returned: rows.flatMap(({ type, agentId }) => (agentId && returns.includes(type) ? [agentId] : [])),
    settingsChanged: rows.some(({ type }) => type.startsWith("workflow_settings.")),
  }
}
