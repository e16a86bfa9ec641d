import type { Blobs } from "../../blobs.ts"
import { receiveFile } from "../../conversations/attachments.ts"
import { newId } from "../../ids.ts"
import type { Receipt } from "../../intake/inbound-event.ts"
import { invalid } from "../../problem.ts"
import { Readable } from "node:stream"
import type { ChatChannel } from "./adapter.ts"
import { playedVisitor } from "./visitors.ts"
import { findChatApp } from "./live-chat-app.ts"

/** A visitor's message that somebody plays in the sandbox. */
export type InjectedVisitorMessage = {
  entryPointId: string | null
  /** Any stable text: the same one is the same visitor. */
  from: { value: string; name: string | null }
  text: string | null
  attachments: readonly { name: string; type: string; base64: string }[]
  /** The same one is the same message again. */
  externalId: string | null
}

/** `arrived: false`: chat is closed and no chat of this visitor is under way. */
export type InjectedVisitor =
  | { arrived: false; externalId: string }
  | ({ arrived: true; externalId: string } & Omit<Receipt, "inboundEventId"> & { inboundEventId: string | null })

/** Plays a visitor: from the frame on it goes the way of the socket's messages (inbound.ts). */
export async function injectVisitorMessage(
  deps: { chat: ChatChannel; blobs: Blobs },
  orgId: string,
  message: InjectedVisitorMessage,
): Promise<InjectedVisitor> {
  const { chat, blobs } = deps
  const app =
    message.entryPointId === null ? null : await findChatApp(chat.db, { orgId, entryPointId: message.entryPointId })
  if (!app)
    throw invalid({
      pointer: message.entryPointId === null ? "#/to/address" : "#/entryPointId",
      code: "unknown_recipient",
      detail: "No chat app receives there. Add one under Chat apps first.",
    })
  const visitor = await playedVisitor(chat.deps.store, app, message.from.value, message.from.name)
  const files = []
  for (const { name, type, base64 } of message.attachments) {
    files.push(await receiveFile(blobs, { name, type, content: Readable.from([Buffer.from(base64, "base64")]) }))
  }
  const externalId = message.externalId ?? newId()
  const taken = await chat.take(app, visitor, { clientId: externalId, text: message.text ?? "", files }, { test: true })
  if (!taken.ok && taken.code === "closed") return { arrived: false, externalId }
  for (const visitorId of taken.ok ? taken.visitorIds : []) chat.hub.wake(visitorId)
  return { arrived: true, ...taken.receipt, externalId }
}
