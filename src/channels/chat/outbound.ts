import { type SendFailure, type Sent, sendFailure } from "../../delivery/failure.ts"
import type { Store } from "../../store/write.ts"
import type { OutboundMessage } from "../channel.ts"
import type { VisitorHub } from "./hub.ts"
import { numberItems, visitorsOf } from "./items.ts"

export type OutboundDeps = { store: Store; hub: VisitorHub }

/** Under this id the visitor's screen says what became of an answer. */
export function externalIdOf(messageId: string): string {
  return `chat:${messageId}`
}

/**
 * Gives an answer its number on the screens of the customer's visitors and wakes their sockets. It is sent when it is
 * numbered; delivered when a socket took it, read when its reader said so. Numbering is repeatable, so every failure of
 * ours is tried again. Of a test
 * conversation nothing leaves: its visitor is the sandbox's page, and the delivery worker keeps it for who plays him.
 */
export async function sendChat(deps: OutboundDeps, message: OutboundMessage): Promise<Sent | SendFailure> {
  try {
    return await number(deps, message)
  } catch {
    return sendFailure("store_away", "The chat could not be reached just now.", { retryable: true })
  }
}

async function number({ store, hub }: OutboundDeps, message: OutboundMessage): Promise<Sent | SendFailure> {
  const { orgId, messageId } = message
  const row = await store.db
    .selectFrom("messages")
    .select("customerId")
    .where("orgId", "=", orgId)
    .where("id", "=", messageId)
    .executeTakeFirst()
  if (!row) return sendFailure("message_gone", "The message is not there any more.")
  const visitorIds = await visitorsOf(store.db, orgId, row.customerId, message.entryPointId)
  if (visitorIds.length === 0)
    return sendFailure("visitor_gone", "The visitor ended the chat on every device. Write by mail or text instead.")
  for (const visitorId of visitorIds) {
    await numberItems(store, orgId, visitorId)
    hub.wake(visitorId)
  }
  return { ok: true, externalId: externalIdOf(messageId), status: "sent" }
}
