import MailComposer from "nodemailer/lib/mail-composer"
import type { OutboundMessage } from "../channel.ts"
import { safeFileName, safeType } from "./parse/file-name.ts"
import { firstHeaders } from "./parse/headers.ts"

/** A mail as its bytes go out, and to whom. */
export type ComposedMail = {
  raw: Buffer
  envelope: { from: string; to: string[] }
  /** Of the envelope's recipients those whom it is written to; the others get copies. */
  addressees: readonly string[]
  messageId: string
}

export type MailFrame = {
  senderName: string
  /** Where answers go: the public address, or one with a token where plus addresses are known to reach us. */
  replyTo: string
  /** Without brackets. */
  messageId: string
}

const referencesShown = 20

/** Nothing that anybody typed gets out of its own header (reliability 54): values are cleaned here and encoded by nodemailer. */
export async function composeMail(message: OutboundMessage, frame: MailFrame): Promise<ComposedMail> {
  const references = threadOf(message.references)
  const files = await Promise.all(message.files.map(async (file) => ({ file, content: await file.read() })))
  const options = {
    from: { name: oneLine(frame.senderName), address: message.fromAddress },
    replyTo: { name: oneLine(frame.senderName), address: frame.replyTo },
    to: named(message.to),
    cc: named(message.cc),
    bcc: named(message.bcc),
    subject: oneLine(message.subject ?? ""),
    messageId: `<${frame.messageId}>`,
    references: references.map((id) => `<${id}>`),
    ...(references.length > 0 && { inReplyTo: `<${references.at(-1)}>` }),
    text: message.text,
    ...(message.html !== null && { html: message.html }),
    ...(message.automatic && { headers: { "Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All" } }),
    attachments: files.map(({ file, content }) => ({
      filename: safeFileName(file.name, "file"),
      contentType: safeType(file.type),
      content,
    })),
    xMailer: false as const,
    disableUrlAccess: true,
    disableFileAccess: true,
  }
  return {
    raw: await new MailComposer(options).compile().build(),
    envelope: { from: message.fromAddress, to: [...new Set([...message.to, ...message.cc, ...message.bcc])] },
    addressees: message.to,
    messageId: frame.messageId,
  }
}

/** Header fields as they stand on the wire, for the sandbox's far end. */
export function headersOf(raw: Buffer): Record<string, string> {
  return Object.fromEntries(firstHeaders(raw).map(({ name, value }) => [name, value]))
}

// Quoted local parts and comments are where address readers disagree on who is meant (CVE-2025-13033).
const plainAddress = /^[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}.-]{0,186}[\p{L}\p{N}])?$/u

/** The first recipient to whom no mail may go because nobody could say for sure who that is, or null. */
export function unusableAddress(message: Pick<OutboundMessage, "fromAddress" | "to" | "cc" | "bcc">): string | null {
  const all = [message.fromAddress, ...message.to, ...message.cc, ...message.bcc]
  return all.find((address) => !plainAddress.test(address)) ?? null
}

function named(addresses: readonly string[]): { name: string; address: string }[] {
  return addresses.map((address) => ({ name: "", address }))
}

/** RFC 5322 3.6.4: long threads lose their middle, never their beginning. */
function threadOf(references: readonly string[]): string[] {
  const ids = references.filter((id) => /^[^\s<>\p{Cc}]{1,500}$/u.test(id))
  return ids.length <= referencesShown ? ids : [...ids.slice(0, 1), ...ids.slice(1 - referencesShown)]
}

function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\s\u2028\u2029]+/gu, " ")
    .trim()
    .slice(0, 900)
    .toWellFormed()
}
