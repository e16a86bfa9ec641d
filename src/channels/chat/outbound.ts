import { sendFailure, type SendFailure, type Sent } from "../../delivery/failure.ts"
import type { Store } from "../../store/write.ts"
import type { OutboundMessage } from "../channel.ts"
import { numberItems, visitorsOf } from "./items.ts"
import type { VisitorHub } from "./hub.ts"

/**
 * Gives an answer its number on the screens of the customer's visitors and wakes their sockets. It is sent when it is
 * numbered; delivered when a socket took it, read when its reader said so (hub.ts).
 */
export async function sendChat(deps: { store: Store; hub: VisitorHub }, message: OutboundMessage): Promise<Sent | SendFailure> {
  const { store, hub } = deps
  const row = await store.db.selectFrom("messages").select("customerId").where("orgId", "=", message.orgId).where("id", "=", message.messageId).executeTakeFirst()
  if (!row) return sendFailure("message_gone", "The message is gone.")
  const visitorIds = await visitorsOf(store.db, message.orgId, row.customerId, message.entryPointId)
  if (visitorIds.length === 0) return sendFailure("visitor_gone", "The visitor ended the chat on every device. Write by mail or text instead.")
  for (const visitorId of visitorIds) {
    await numberItems(store, message.orgId, visitorId)
    hub.wake(visitorId)
  }
  return { ok: true, externalId: `chat:${message.messageId}`, status: "sent" }
}
