import { type Kysely, sql } from "kysely"
import { Tries, type TryPolicy } from "../../identity/tries.ts"
import { Problem } from "../../problem.ts"
import type { DB } from "../../store/tables.ts"
import { readItems } from "./items.ts"
import type { Visitor } from "./visitors.ts"
import type { LiveChatApp } from "./live-chat-app.ts"

export type EndingDeps = {
  /** Ends the chat contact of a conversation from the customer's side. */
  endContact: (orgId: string, conversationId: string, by: { id: string; name: string }) => Promise<void>
  sendTranscript: (orgId: string, to: string, subject: string, text: string) => Promise<void>
  /** No limit of transcripts (RATE_LIMIT_FACTOR=0). */
  unlimited: boolean
}

/** Anybody can name anybody's address: nobody is to be flooded by us with what a stranger wrote (reliability 34). */
const perAddress: TryPolicy = { name: "transcript_address", tries: 3, windowSeconds: 3_600 }
const perVisitor: TryPolicy = { name: "transcript_visitor", tries: 5, windowSeconds: 3_600 }
const perOrganization: TryPolicy = { name: "transcript_organization", tries: 300, windowSeconds: 3_600 }

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
  if (items.length === 0 || (await isTooMuch(db, deps, visitor, transcriptTo))) return
  const lines = items.map((item) => {
    const files = item.attachments.map((file) => `[${file.name}]`)
    return `${item.at.toISOString()}  ${item.from === "visitor" ? "You" : (item.agentName ?? app.name)}: ${[item.text, ...files].filter(Boolean).join(" ")}`
  })
  await deps.sendTranscript(visitor.orgId, transcriptTo, `Your chat with ${app.name}`, `${lines.join("\n")}\n`)
}

async function isTooMuch(db: Kysely<DB>, deps: EndingDeps, visitor: Visitor, to: string): Promise<boolean> {
  const tries = new Tries(db, deps.unlimited ? 0 : 1)
  try {
    await tries.count(perVisitor, visitor.id)
    await tries.count(perAddress, to.toLowerCase())
    await tries.count(perOrganization, visitor.orgId)
    return false
  } catch (error) {
    if (error instanceof Problem && error.code === "too_many_tries") return true
    throw error
  }
}
