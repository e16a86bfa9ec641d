import { type Kysely, sql } from "kysely"
import type { DB } from "../../store/tables.ts"
import { readItems } from "./items.ts"
import type { LiveChatApp, Visitor } from "./visitors.ts"

export type EndingDeps = {
  /** Ends the chat contact of a conversation from the customer's side. */
  endContact: (orgId: string, conversationId: string, by: { id: string; name: string }) => Promise<void>
  sendTranscript: (orgId: string, to: string, subject: string, text: string) => Promise<void>
}

const transcriptItemsMax = 1_000

/** The visitor ends the chat: the contact is over from the customer's side; who wants it gets a transcript by mail. */
export async function endChat(
  db: Kysely<DB>,
  deps: EndingDeps,
  app: LiveChatApp,
  visitor: Visitor,
  transcriptTo: string | null,
): Promise<void> {
  const { customerId } = visitor
  if (customerId) {
    const { rows } = await sql<{ id: string }>`
      SELECT DISTINCT c.id FROM conversations c JOIN contacts k ON k.org_id = c.org_id AND k.conversation_id = c.id
      WHERE c.org_id = ${visitor.orgId} AND c.customer_id = ${customerId} AND k.channel = 'chat' AND k.state <> 'ended' AND c.status <> 'closed'`.execute(
      db,
    )
    for (const { id } of rows)
      await deps.endContact(visitor.orgId, id, { id: customerId, name: visitor.profile.name ?? "" })
  }
  if (!transcriptTo) return
  const items = await readItems(db, visitor.orgId, visitor.id, 0, transcriptItemsMax)
  if (items.length === 0) return
  const lines = items.map((item) => {
    const files = item.attachments.map((file) => `[${file.name}]`)
    return `${item.at.toISOString()}  ${item.from === "visitor" ? "You" : (item.agentName ?? app.name)}: ${[item.text, ...files].filter(Boolean).join(" ")}`
  })
  await deps.sendTranscript(visitor.orgId, transcriptTo, `Your chat with ${app.name}`, `${lines.join("\n")}\n`)
}
