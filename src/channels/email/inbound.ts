import { createHash } from "node:crypto"
import type { Blobs } from "../../blobs.ts"
import type { InboundEvent, Intake, StoredFile } from "../../intake/inbound-event.ts"
import type { Store } from "../../store/write.ts"
import type { AuthenticationCheck } from "./authentication.ts"
import { unreadMail } from "./parse/unread-mail.ts"
import type { ParsedMail } from "./parse/parsed-mail.ts"
import { type MailPool, ParserFailed } from "./parse/pool.ts"
import { findRecipient, type Recipient } from "./recipients.ts"
import { type StoredRaw, takeReport } from "./reports.ts"
import { type ReceivedMail, SmtpRefusal } from "./smtp-listener.ts"
import type { Injections } from "./injections.ts"
import type { ThreadTokens } from "./thread-token.ts"

export type InboundDeps = {
  store: Store
  blobs: Blobs
  intake: Intake
  pool: MailPool
  tokens: ThreadTokens
  mailDomain: () => string
  injections: Injections
  authentication: AuthenticationCheck
}

/** Above this the raw mail is a file, and the row names it. */
export const rawBytesInRowMax = 256 * 1024

/** RCPT: only who is here. What the store throws becomes 451 in the listener. */
export async function checkRecipient(deps: InboundDeps, address: string): Promise<void> {
  const found = await findRecipient(deps.store.db, deps.mailDomain(), address)
  if (!found) throw new SmtpRefusal(550, "5.1.1 No such address here")
}

/** Path, step 1: one mail becomes one event for each of our mailboxes. Resolves when all are committed. Next: intake. */
export async function acceptMail(deps: InboundDeps, received: ReceivedMail): Promise<void> {
  const recipients = await distinctRecipients(deps, received.recipients)
  if (recipients.length === 0) throw new SmtpRefusal(550, "5.1.1 No such address here")
  const mail = await readOrKeep(deps.pool, received.raw)
  const [files, raw] = await Promise.all([storeFiles(deps.blobs, mail), storeRaw(deps.blobs, received.raw)])
  const injected = deps.injections.of(received.helo)
  for (const recipient of recipients) {
    const externalId = keyOf(received, recipient)
    const automatic = mail.automatic ?? (await notFromOutside(deps, received, recipient, mail))
    const event = toInboundEvent(deps, {
      received,
      recipient,
      mail: { ...mail, automatic },
      files,
      raw,
      externalId,
      test: injected !== null,
    })
    const kept = await takeReport(deps, { received, recipient, mail, raw, externalId })
    const receipt = kept ? null : await deps.intake.accept(event)
    if (receipt && !receipt.duplicate && receipt.messageId)
      deps.authentication.check(event, receipt.messageId, received)
    if (receipt && recipient.viaForwarding) await markSeen(deps, recipient)
    injected?.arrived({ recipient, externalId, receipt })
  }
}

/** The same mail for the same mailbox is one event, whatever path it took. */
export function keyOf(
  received: Pick<ReceivedMail, "envelopeFrom" | "raw">,
  recipient: Pick<Recipient, "address">,
): string {
  return createHash("sha256")
    .update(`${received.envelopeFrom}\n${recipient.address}\n`)
    .update(received.raw)
    .digest("hex")
}

async function distinctRecipients(deps: InboundDeps, addresses: readonly string[]): Promise<Recipient[]> {
  const byMailbox = new Map<string, Recipient>()
  for (const address of addresses) {
    const found = await findRecipient(deps.store.db, deps.mailDomain(), address)
    if (!found) continue
    const before = byMailbox.get(found.mailboxId)
    byMailbox.set(found.mailboxId, {
      ...found,
      viaForwarding: found.viaForwarding || (before?.viaForwarding ?? false),
      token: found.token ?? before?.token ?? null,
    })
  }
  return [...byMailbox.values()]
}

/** A mail that kills its parser is taken all the same: raw, with what its first lines say. */
async function readOrKeep(pool: MailPool, raw: Buffer): Promise<ParsedMail> {
  try {
    return await pool.read(raw)
  } catch (error) {
    if (!(error instanceof ParserFailed)) throw error
    if (error.reason === "overloaded") throw new SmtpRefusal(451, "4.3.2 Too much mail at once, try again later")
    return unreadMail(raw, error.reason)
  }
}

async function storeFiles(blobs: Blobs, mail: ParsedMail): Promise<StoredFile[]> {
  const files: StoredFile[] = []
  for (const { content, ...file } of mail.files) {
    const { sha256, sizeBytes } = await blobs.put(Buffer.from(content.buffer, content.byteOffset, content.byteLength))
    files.push({ ...file, sha256, sizeBytes })
  }
  return files
}

async function storeRaw(blobs: Blobs, raw: Buffer): Promise<StoredRaw> {
  return raw.length <= rawBytesInRowMax ? { bytes: raw } : { sha256: (await blobs.put(raw)).sha256 }
}

type Arrived = {
  received: ReceivedMail
  recipient: Recipient
  mail: ParsedMail
  files: StoredFile[]
  raw: StoredRaw
  externalId: string
  test: boolean
}

function toInboundEvent(
  deps: InboundDeps,
  { received, recipient, mail, files, raw, externalId, test }: Arrived,
): InboundEvent {
  const sender = mail.from?.address || received.envelopeFrom.toLowerCase() || "unknown@invalid"
  return {
    orgId: recipient.orgId,
    entryPointId: recipient.entryPointId,
    channel: "email",
    externalId,
    from: { kind: "email", value: sender, name: mail.from?.name || null, verifiedBy: "channel" },
    content: { kind: "text", text: mail.text, html: mail.html, subject: mail.subject, files },
    mail: {
      envelopeFrom: received.envelopeFrom,
      fromHeader: mail.fromHeader,
      to: mail.to,
      cc: mail.cc,
      messageId: mail.messageId,
      references: mail.references,
      tokenConversationId: conversationOf(deps.tokens, recipient, mail),
      automatic: mail.automatic !== null,
      flags: {
        ...mail.flags,
        ...(mail.foldFrom !== null && { foldFrom: mail.foldFrom }),
        ...(mail.automatic !== null && { automaticBecause: mail.automatic }),
        ...(mail.from === null && { authorUnverified: true }),
      },
      client: { ip: received.ip, helo: test ? "sandbox" : received.helo },
    },
    sentAt: mail.date === null ? null : new Date(mail.date),
    raw,
    test,
  }
}

/** The null sender of machines (RFC 5321 4.5.5), and our own addresses writing to each other: a loop in the making. */
async function notFromOutside(
  deps: InboundDeps,
  { envelopeFrom }: ReceivedMail,
  { orgId }: Recipient,
  mail: ParsedMail,
): Promise<string | null> {
  if (envelopeFrom === "") return "null_sender"
  const own = await findRecipient(deps.store.db, deps.mailDomain(), mail.from?.address ?? envelopeFrom)
  return own?.orgId === orgId ? "own_address" : null
}

/** The conversation that the mail says it answers, proved by our own HMAC; whether its sender may, intake judges. */
function conversationOf(tokens: ThreadTokens, { orgId, token }: Recipient, mail: ParsedMail): string | null {
  const byAddress = token === null ? null : tokens.readReplyToken(orgId, token)
  if (byAddress) return byAddress.conversationId
  for (const reference of mail.references.toReversed()) {
    const named = tokens.readMessageId(orgId, reference)
    if (named) return named.conversationId
  }
  return null
}

/** The first mail through the forwarding target ends "waiting for forwarding"; one with a token proves plus addresses. */
async function markSeen(
  deps: InboundDeps,
  { orgId, mailboxId, entryPointId, address, token }: Recipient,
): Promise<void> {
  const plus = token !== null && deps.tokens.readReplyToken(orgId, token) !== null
  const seen = await deps.store.db
    .selectFrom("mailboxes")
    .select(["forwardingSeenAt", "plusSeenAt"])
    .where("orgId", "=", orgId)
    .where("id", "=", mailboxId)
    .executeTakeFirst()
  if (!seen || (seen.forwardingSeenAt && (seen.plusSeenAt || !plus))) return
  await deps.store.write({ orgId, kind: "intake" }, async (tx) => {
    const row = (column: "forwardingSeenAt" | "plusSeenAt") =>
      tx.db
        .updateTable("mailboxes")
        .set({ [column]: tx.now })
        .where("orgId", "=", orgId)
        .where("id", "=", mailboxId)
        .where(column, "is", null)
        .returning("id")
        .executeTakeFirst()
    if (plus) await row("plusSeenAt")
    if (await row("forwardingSeenAt")) tx.event("mailbox.forwarding_seen", { mailboxId, entryPointId, address })
  })
}
