import { createHash } from "node:crypto"
import { createTransport } from "nodemailer"
import MailComposer from "nodemailer/lib/mail-composer"
import type { Receipt } from "../../intake/inbound-event.ts"
import { newId } from "../../ids.ts"
import { invalid, problem } from "../../problem.ts"
import type { Store } from "../../store/write.ts"
import type { Injections } from "./injections.ts"
import { safeType } from "./parse/file-name.ts"

/** A mail that somebody plays in the sandbox. */
export type Injection = {
  /** One of both. */
  entryPointId?: string | null
  address?: string | null
  from: { value: string; name?: string | null }
  text?: string | null
  html?: string | null
  subject?: string | null
  attachments?: readonly { name: string; type: string; base64: string }[]
  /** The same one is the same mail again, byte for byte. */
  externalId?: string | null
  sentAt?: Date | null
  /** A message of ours that it answers. */
  inReplyToId?: string | null
  /** Straight to the forwarding target, whatever the sandbox's forwarding does. */
  viaForwarding?: boolean
}

/** `arrived: false`: mail to this address is not forwarded to us, and nothing was made. */
export type InjectedMail =
  | { arrived: false }
  | ({ arrived: true; externalId: string } & Omit<Receipt, "inboundEventId"> & { inboundEventId: string | null })

export type InjectDeps = {
  store: Store
  injections: Injections
  mailDomain: () => string
  /** Where our own listener is. */
  listener: () => { host: string; port: number }
}

/** Sends a real mail over real SMTP to our own listener, as the mail host of the company would forward it. */
export async function injectMail(deps: InjectDeps, orgId: string, mail: Injection): Promise<InjectedMail> {
  const mailbox = await findMailbox(deps, orgId, mail)
  if (!mail.viaForwarding && !mailbox.sandboxForwarding) return { arrived: false }
  const externalId = mail.externalId || newId()
  const stored = await composed(deps, orgId, mailbox, mail, externalId)
  return deliver(deps, { ...stored, to: `${mailbox.forwardingLocal}@${deps.mailDomain()}`, externalId })
}

/** Hands bytes to our listener under a name that it knows for the sandbox's; answers what intake answered. */
export async function deliver(
  deps: Pick<InjectDeps, "injections" | "listener">,
  mail: { raw: Buffer; envelopeFrom: string; to: string; externalId: string },
): Promise<InjectedMail> {
  const { host, port } = deps.listener()
  const injection = deps.injections.open()
  const transport = createTransport({
    host: reachable(host),
    port,
    name: injection.name,
    ignoreTLS: true,
    connectionTimeout: 10_000,
    socketTimeout: 30_000,
  })
  try {
    await transport.sendMail({ envelope: { from: mail.envelopeFrom, to: [mail.to] }, raw: mail.raw })
  } catch (error) {
    throw refusal(error as Error & { responseCode?: number })
  } finally {
    injection.close()
    transport.close()
  }
  const arrived = injection.receipts[0]
  const nothing = {
    inboundEventId: null,
    duplicate: false,
    parked: false,
    messageId: null,
    contactId: null,
    conversationId: null,
    customerId: null,
    resolution: null,
    dueAt: null,
  }
  return { arrived: true, ...nothing, ...arrived?.receipt, externalId: mail.externalId }
}

type Mailbox = { id: string; address: string; forwardingLocal: string; sandboxForwarding: boolean }

async function findMailbox({ store }: InjectDeps, orgId: string, mail: Injection): Promise<Mailbox> {
  const base = store.db
    .selectFrom("mailboxes")
    .select(["id", "address", "forwardingLocal", "sandboxForwarding"])
    .where("orgId", "=", orgId)
    .where("deletedAt", "is", null)
  const found = mail.entryPointId
    ? await base.where("entryPointId", "=", mail.entryPointId).executeTakeFirst()
    : await base.where("address", "=", (mail.address ?? "").trim().toLowerCase()).executeTakeFirst()
  if (found) return found
  const pointer = mail.entryPointId ? "#/entryPointId" : "#/to/address"
  throw invalid({
    pointer,
    code: "unknown_recipient",
    detail: "Nobody receives mail at this address. Add it under Email addresses first.",
  })
}

/** The bytes of an `externalId` are made once and kept: a Date of its own would make each repeat another mail. */
async function composed(deps: InjectDeps, orgId: string, mailbox: Mailbox, mail: Injection, externalId: string) {
  const { db } = deps.store
  const key = { orgId, mailboxId: mailbox.id, externalId }
  const raw = await compose(deps, orgId, mailbox, mail, externalId)
  await db
    .insertInto("sandboxMails")
    .values({ ...key, raw, envelopeFrom: mail.from.value })
    .onConflict((conflict) => conflict.columns(["orgId", "mailboxId", "externalId"]).doNothing())
    .execute()
  return db
    .selectFrom("sandboxMails")
    .select(["raw", "envelopeFrom"])
    .where("orgId", "=", orgId)
    .where("mailboxId", "=", mailbox.id)
    .where("externalId", "=", externalId)
    .executeTakeFirstOrThrow()
}

async function compose(
  deps: InjectDeps,
  orgId: string,
  mailbox: Mailbox,
  mail: Injection,
  externalId: string,
): Promise<Buffer> {
  const thread = mail.inReplyToId ? await threadOf(deps.store, orgId, mail.inReplyToId) : []
  const id = /^[\w.-]{1,100}$/.test(externalId) ? externalId : createHash("sha256").update(externalId).digest("hex")
  const composer = new MailComposer({
    from: { name: mail.from.name ?? "", address: mail.from.value },
    to: mailbox.address,
    subject: mail.subject ?? "",
    text: mail.text ?? (mail.html ? "" : "\n"),
    ...(mail.html && { html: mail.html }),
    messageId: `<${id}@sandbox.invalid>`,
    date: mail.sentAt ?? deps.store.clock.now(),
    ...(thread.length > 0 && { references: thread.map((one) => `<${one}>`), inReplyTo: `<${thread.at(-1)}>` }),
    attachments: (mail.attachments ?? []).map(({ name, type, base64 }) => ({
      filename: name,
      contentType: safeType(type),
      content: Buffer.from(base64, "base64"),
    })),
    xMailer: false,
    disableUrlAccess: true,
    disableFileAccess: true,
  })
  return composer.compile().build()
}

async function threadOf(store: Store, orgId: string, messageId: string): Promise<string[]> {
  const message = await store.db
    .selectFrom("messages")
    .select(["referenceIds", "messageIdHeader"])
    .where("orgId", "=", orgId)
    .where("id", "=", messageId)
    .executeTakeFirst()
  if (!message)
    throw invalid({ pointer: "#/inReplyToId", code: "unknown_reference", detail: "There is no such message." })
  return [...message.referenceIds, ...(message.messageIdHeader ? [message.messageIdHeader] : [])]
}

function refusal(error: Error & { responseCode?: number }): Error {
  if (error.responseCode === 552) return problem("too_large", { limitBytes: 35 * 1024 * 1024 })
  if (error.responseCode !== undefined && error.responseCode >= 500) {
    return invalid({ pointer: "#", code: "refused", detail: `The mail was refused: ${error.message}` })
  }
  return problem("unavailable", {}, "The mail was not taken. Try again.")
}

/** What a listener on all addresses is reached at from here. */
function reachable(host: string): string {
  return host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host
}
