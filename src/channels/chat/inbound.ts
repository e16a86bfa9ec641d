import type { InboundEvent, Intake, Receipt, StoredFile } from "../../intake/inbound-event.ts"
import type { Store } from "../../store/write.ts"
import { isOpen } from "./hours.ts"
import { findItem, numberItems, visitorsOf } from "./items.ts"
import { readChatState } from "./state.ts"
import { claimsOf, type Visitor } from "./visitors.ts"
import type { LiveChatApp } from "./live-chat-app.ts"

export type ChatMessage = {
  /** The visitor's own id: the same one again is the same message, for ever. */
  clientId: string
  text: string
  files: readonly StoredFile[]
}

export type Accepted =
  | { ok: true; seq: number; id: string; at: Date; receipt: Receipt; visitorIds: string[] }
  /** Out of hours; nothing was taken. */
  | { ok: false; code: "closed" }
  /** Kept, and shown to Administrators. */
  | { ok: false; code: "parked"; receipt: Receipt }

export type InboundDeps = { store: Store; intake: Intake }

/**
 * Path, step 1: a visitor's frame becomes an InboundEvent. Accepted only after the commit. Out of hours a new chat is
 * refused; one that was begun before closing goes on (spec 10B), and what was accepted once is answered the same again.
 */
export async function takeChatMessage(
  deps: InboundDeps,
  app: LiveChatApp,
  visitor: Visitor,
  message: ChatMessage,
  options: { test: boolean } = { test: false },
): Promise<Accepted> {
  const { store, intake } = deps
  const before = await findItem(store.db, visitor.orgId, visitor.id, message.clientId)
  if (!before && !isOpen(app.settings.hours, store.clock.now()).open) {
    const state = await readChatState(store.db, visitor.orgId, visitor.id)
    if (!state.begun) return { ok: false, code: "closed" }
  }
  const receipt = await intake.accept(toInboundEvent(app, visitor, message, options.test))
  if (!receipt.messageId || !receipt.customerId) return { ok: false, code: "parked", receipt }
  if (visitor.customerId !== receipt.customerId) {
    await store.db
      .updateTable("visitors")
      .set({ customerId: receipt.customerId })
      .where("orgId", "=", visitor.orgId)
      .where("id", "=", visitor.id)
      .execute()
    visitor.customerId = receipt.customerId
  }
  await numberItems(store, visitor.orgId, visitor.id)
  const item = await findItem(store.db, visitor.orgId, visitor.id, message.clientId)
  if (!item) return { ok: false, code: "parked", receipt }
  const visitorIds = await visitorsOf(store.db, visitor.orgId, receipt.customerId, app.entryPointId)
  return { ok: true, seq: item.seq, id: receipt.messageId, at: item.at, receipt, visitorIds }
}

function toInboundEvent(app: LiveChatApp, visitor: Visitor, message: ChatMessage, test: boolean): InboundEvent {
  return {
    orgId: app.orgId,
    entryPointId: app.entryPointId,
    channel: "chat",
    externalId: `${visitor.id}:${message.clientId}`,
    from: { kind: "visitor", value: visitor.address, name: visitor.profile.name ?? null, verifiedBy: "channel" },
    claims: claimsOf(visitor),
    content: { kind: message.files.length > 0 ? "media" : "text", text: message.text, files: message.files },
    clientId: message.clientId,
    sentAt: null,
    raw: {
      bytes: Buffer.from(
        JSON.stringify({
          clientId: message.clientId,
          text: message.text,
          files: message.files.map((file) => file.sha256),
        }),
      ),
    },
    test,
  }
}
