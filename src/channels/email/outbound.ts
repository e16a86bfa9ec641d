import type { SystemMail } from "../../delivery/system-mail.ts"
import { type SendFailure, type Sent, sendFailure } from "../../delivery/failure.ts"
import { newId } from "../../ids.ts"
import type { FarEnd } from "../../sandbox/far-end.ts"
import type { Store } from "../../store/write.ts"
import type { OutboundMessage } from "../channel.ts"
import { composeMail, headersOf, unusableAddress } from "./compose.ts"
import type { Relay } from "./relay.ts"
import type { ThreadTokens } from "./thread-token.ts"

export type OutboundDeps = {
  store: Store
  farEnd: FarEnd
  tokens: ThreadTokens
  /** Null: nothing leaves, mail goes to the sandbox's far end. */
  relay: Relay | null
  mailDomain: () => string
}

/** Path back, last step: the mail leaves through the relay, or reaches the sandbox. The same Message-ID at each try. */
export async function sendMail(deps: OutboundDeps, message: OutboundMessage): Promise<Sent | SendFailure> {
  const unusable = unusableAddress(message)
  if (unusable !== null) return sendFailure("address_invalid", `${unusable} is no address that mail can be sent to.`)
  const mail = await composeMail(message, await frameOf(deps, message))
  if (deps.relay && !message.test) return deps.relay.hand(mail)
  await deps.farEnd.record(message.orgId, {
    messageId: message.messageId,
    deliveryId: message.deliveryId,
    channel: "email",
    from: message.fromAddress,
    to: mail.envelope.to,
    text: message.text,
    html: message.html,
    subject: message.subject,
    headers: headersOf(mail.raw),
    files: message.files.map(({ name, type, sizeBytes, sha256 }) => ({ name, type, sizeBytes, sha256 })),
    externalId: mail.messageId,
  })
  return { ok: true, externalId: mail.messageId }
}

/** The far end remembers; a relay cannot be asked. */
export async function lookupMail(
  deps: OutboundDeps,
  message: OutboundMessage,
): Promise<Sent | "not_taken" | "cannot_tell"> {
  if (deps.relay && !message.test) return "cannot_tell"
  const found = await deps.farEnd.find(message.orgId, message.deliveryId)
  return found ? { ok: true, externalId: found.externalId } : "not_taken"
}

async function frameOf(deps: OutboundDeps, message: OutboundMessage) {
  const { orgId, conversationId, messageId, fromAddress, entryPointId } = message
  const mailbox = await deps.store.db
    .selectFrom("mailboxes")
    .select(["senderName", "forwardingLocal", "plusSeenAt"])
    .where("orgId", "=", orgId)
    .where("entryPointId", "=", entryPointId)
    .executeTakeFirst()
  const token = deps.tokens.replyToken({ orgId, conversationId })
  return {
    senderName: mailbox?.senderName ?? "",
    replyTo: mailbox?.plusSeenAt ? `${mailbox.forwardingLocal}+${token}@${deps.mailDomain()}` : fromAddress,
    messageId: deps.tokens.messageId({ orgId, conversationId, messageId }),
  }
}

/** Mail of the program itself (invitations, resets, alarms), from `no-reply@` our domain; null while nothing leaves. */
export function systemRelay(
  deps: Pick<OutboundDeps, "relay" | "mailDomain">,
): ((orgId: string, mail: SystemMail) => Promise<Sent | SendFailure>) | null {
  const { relay } = deps
  if (!relay) return null
  return async (orgId, mail) => {
    const id = newId()
    const message: OutboundMessage = {
      orgId,
      deliveryId: id,
      messageId: id,
      conversationId: id,
      channel: "email",
      entryPointId: id,
      fromAddress: `no-reply@${deps.mailDomain()}`,
      to: [mail.to],
      cc: [],
      bcc: [],
      subject: mail.subject,
      text: mail.text,
      html: null,
      files: [],
      references: [],
      authorName: null,
      automatic: true,
      test: false,
      attempt: 1,
    }
    if (unusableAddress(message) !== null)
      return sendFailure("address_invalid", `${mail.to} is no address that mail can be sent to.`)
    return relay.hand(
      await composeMail(message, {
        senderName: "Switchboard",
        replyTo: message.fromAddress,
        messageId: `${id}@${deps.mailDomain()}`,
      }),
    )
  }
}
