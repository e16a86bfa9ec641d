import { sql } from "kysely"
import type { Arrival } from "../store/inbound-events.ts"
import { findByMessageId } from "../store/messages.ts"
import type { Tx } from "../store/write.ts"
import type { InboundEvent } from "./inbound-event.ts"

export type Thread = { threaded: boolean; relatedConversationId: string | null; inReplyToId: string | null }

/**
 * What each mail answers. A reference or token counts only when the sender's customer takes part in that conversation;
 * from anybody else it makes a link ("seems to answer") and nothing more: whoever learned a Message-ID must not see or
 * reach somebody else's history (reliability 0.5).
 */
export async function findThreads(
  tx: Tx,
  arrivals: readonly Arrival[],
  customerOf: (event: InboundEvent) => string,
): Promise<Map<string, Thread>> {
  const mails = arrivals.filter(
    ({ event }) => event.mail && (event.mail.references.length > 0 || event.mail.tokenConversationId),
  )
  const answers = await findAnswered(tx, arrivals)
  const threads = new Map(
    [...answers].map(([id, inReplyToId]): [string, Thread] => [
      id,
      { threaded: false, relatedConversationId: null, inReplyToId },
    ]),
  )
  if (mails.length === 0) return threads
  const referenced = await findByMessageId(tx, [...new Set(mails.flatMap(({ event }) => event.mail?.references ?? []))])
  const tokens = await conversationOwners(
    tx,
    mails.flatMap(({ event }) => event.mail?.tokenConversationId ?? []),
  )
  for (const { id, event } of mails) {
    const customerId = customerOf(event)
    // The newest reference first: it is what the mail answers.
    const named = [...(event.mail?.references ?? [])]
      .reverse()
      .flatMap((reference) => referenced.filter((found) => found.messageIdHeader === reference))
    const token = event.mail?.tokenConversationId
    const tokenOwner = token ? tokens.get(token) : undefined
    const own = named.find((found) => found.customerId === customerId)
    const threaded = own !== undefined || tokenOwner === customerId
    const foreign = named[0]?.conversationId ?? (tokenOwner ? (token ?? null) : null)
    threads.set(id, { threaded, relatedConversationId: threaded ? null : foreign, inReplyToId: own?.id ?? null })
  }
  return threads
}

async function conversationOwners(tx: Tx, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<{ id: string; customerId: string }>`
    SELECT id, customer_id FROM conversations WHERE org_id = ${tx.orgId} AND id = ANY(${[...ids]})`.execute(tx.db)
  return new Map(rows.map((row) => [row.id, row.customerId]))
}

/** Replies that name the provider's id of what they answer. */
async function findAnswered(tx: Tx, arrivals: readonly Arrival[]): Promise<Map<string, string>> {
  const replies = arrivals.filter(({ event }) => event.inReplyToExternalId)
  if (replies.length === 0) return new Map()
  const { rows } = await sql<{ id: string; externalId: string }>`
    SELECT id, external_id FROM messages WHERE org_id = ${tx.orgId}
      AND external_id = ANY(${replies.map(({ event }) => event.inReplyToExternalId ?? "")})`.execute(tx.db)
  const idOf = new Map(rows.map((row) => [row.externalId, row.id]))
  return new Map(
    replies.flatMap(({ id, event }) => {
      const messageId = idOf.get(event.inReplyToExternalId ?? "")
      return messageId ? [[id, messageId]] : []
    }),
  )
}
