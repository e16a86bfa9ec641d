import { isUtf8 } from "node:buffer"
import PostalMime, { type Address, type Attachment, type Email } from "postal-mime"
import { typeOf } from "../../../core/attachments/type.ts"
import { cutLongBodies } from "./cut.ts"
import { readDeliveryReport } from "./delivery-report.ts"
import { safeFileName, safeType } from "./file-name.ts"
import { withReadableHeader } from "./header-charset.ts"
import { addressIn, automaticBecause, fieldOf, messageIdOf, referencesOf } from "./headers.ts"
import {
  addressesMax,
  filesMax,
  headerBytesMax,
  htmlLengthMax,
  nameLengthMax,
  nestingMax,
  subjectLengthMax,
  textLengthMax,
} from "./limits.ts"
import type { MailAddress, MailFlags, ParsedFile, ParsedMail } from "./parsed-mail.ts"
import { partsOf } from "./parts.ts"
import { withReadableBodies } from "./readable-bodies.ts"
import { foldFrom } from "./quoted-text.ts"
import { safeHtml, textOf } from "./safe-html.ts"

/** The header by which we know our own probes again; its value is proved by its token, not by its name. */
export const probeHeader = "x-switchboard-probe"

/** Reads one mail. Runs in a process of its own (child.ts): it may be slow, it may die, it may not matter. */
export async function readMail(raw: Buffer): Promise<ParsedMail> {
  const parts = partsOf(raw)
  const readable = withReadableBodies(raw, parts)
  const { bytes, truncated } = readable.bytes === raw ? cutLongBodies(raw, parts) : cutLongBodies(readable.bytes)
  const mail = await PostalMime.parse(withReadableHeader(bytes), {
    forceRfc822Attachments: true,
    maxNestingDepth: nestingMax,
    maxHeadersSize: headerBytesMax,
  })
  for (const { name, content } of readable.files) {
    mail.attachments.push({ filename: name, mimeType: "application/octet-stream", disposition: "attachment", content })
  }
  const flags: MailFlags = truncated ? { truncated: true } : {}
  const content = await contentOf(mail, bytes, flags)
  const files = filesOf(mail.attachments, flags)
  const replyTo = addressesOf(mail.replyTo).filter((address) => address !== firstAddress(mail.from)?.address)
  if (replyTo.length > 0) flags.replyTo = replyTo.slice(0, 5)
  return {
    subject: mail.subject === undefined ? null : oneLine(mail.subject, subjectLengthMax),
    from: firstAddress(mail.from),
    fromHeader: fromHeaderOf(mail),
    to: addressesOf(mail.to),
    cc: addressesOf(mail.cc),
    replyTo,
    date: dateOf(mail.date),
    messageId: messageIdOf(mail.headers),
    references: referencesOf(mail.headers),
    ...content,
    foldFrom: foldFrom(content.text),
    files,
    automatic: automaticBecause(mail.headers),
    report: readDeliveryReport(mail.attachments.map(bytesOf)),
    probe: fieldOf(mail.headers, probeHeader)?.slice(0, 300) ?? null,
    flags,
  }
}

async function contentOf(mail: Email, raw: Buffer, flags: MailFlags): Promise<{ text: string; html: string | null }> {
  let { text = "", html } = mail
  // Parts that nobody finds (a boundary that is missing) are better read as they stand than not at all.
  if (text.trim() === "" && !html && mail.attachments.length === 0) text = bodyAsItStands(raw)
  const inner = mail.attachments.find((part) => part.mimeType === "message/rfc822")
  // A mail that is nothing but another mail: what that one says is what there is to read.
  if (text.trim() === "" && !html && inner) {
    const bytes = Buffer.from(bytesOf(inner).content)
    const readable = withReadableBodies(bytes, partsOf(bytes), 0)
    const nested = await PostalMime.parse(readable.bytes, { forceRfc822Attachments: true }).catch(() => null)
    text = nested?.text ?? ""
    html = nested?.html
  }
  if (text.length > textLengthMax || (html?.length ?? 0) > htmlLengthMax) flags.truncated = true
  const safe = html ? safeHtml(html) : null
  const read = text.trim() === "" && safe ? textOf(safe) : text.replaceAll("\r\n", "\n").trimEnd()
  return {
    text: storable(read, textLengthMax),
    html: safe === null || safe.trim() === "" ? null : storable(safe, htmlLengthMax * 2),
  }
}

function bodyAsItStands(raw: Buffer): string {
  const at = raw.indexOf("\r\n\r\n")
  const body = at < 0 ? Buffer.alloc(0) : raw.subarray(at + 4, at + 4 + textLengthMax)
  return body.toString(isUtf8(body) ? "utf8" : "latin1")
}

function filesOf(attachments: readonly Attachment[], flags: MailFlags): ParsedFile[] {
  if (attachments.length > filesMax) flags.filesDropped = attachments.length - filesMax
  return attachments.slice(0, filesMax).map((part, index) => {
    const { content } = bytesOf(part)
    // Many programs send pictures as `image/jpg` or as bytes of no kind; what says picture and is none is none.
    const type = typeOf(safeType(part.mimeType), content)
    return {
      name: safeFileName(part.filename, nameless(type, index)),
      type,
      contentId: part.contentId?.replace(/^<|>$/g, "").slice(0, nameLengthMax) || null,
      inline: part.disposition === "inline" || (part.related ?? false),
      content,
    }
  })
}

const extensions: Readonly<Record<string, string>> = {
  "image/png": ".png",
  "image/jpeg": ".jpg",
  "image/gif": ".gif",
  "image/webp": ".webp",
  "application/pdf": ".pdf",
  "text/plain": ".txt",
  "text/calendar": ".ics",
  "text/csv": ".csv",
  "text/vcard": ".vcf",
  "application/zip": ".zip",
}

/** What a file without a name is called: with the ending by which a computer opens it. */
function nameless(type: string, index: number): string {
  return type === "message/rfc822" ? "message.eml" : `file-${index + 1}${extensions[type] ?? ""}`
}

function bytesOf(part: Attachment): { mimeType: string; content: Uint8Array } {
  const { content, mimeType } = part
  return { mimeType, content: typeof content === "string" ? Buffer.from(content) : new Uint8Array(content) }
}

function flat(addresses: Address | readonly Address[] | undefined): MailAddress[] {
  const list: readonly Address[] =
    addresses === undefined ? [] : Array.isArray(addresses) ? addresses : [addresses as Address]
  return list.flatMap((one) => one.group ?? [{ name: one.name, address: one.address ?? "" }])
}

function addressesOf(addresses: readonly Address[] | undefined): string[] {
  const read = flat(addresses).map((one) => cleanAddress(one.address))
  return [...new Set(read.filter((address) => address !== null))].slice(0, addressesMax)
}

function firstAddress(from: Address | undefined): MailAddress | null {
  for (const one of flat(from)) {
    const address = cleanAddress(one.address)
    if (address) return { address, name: honestName(oneLine(one.name, nameLengthMax), address) }
  }
  return null
}

/** Lower-case; null for what is no address that one could answer. */
export function cleanAddress(given: string): string | null {
  const address = given.trim().toLowerCase()
  return address.length <= 254 && /^[^\s<>@,;:\p{Cc}]{1,64}@[^\s<>@,;:()[\]\p{Cc}]{1,189}$/u.test(address)
    ? address
    : null
}

/** A name that is somebody else's address ("support@bank.example" <eve@…>) would be taken for the sender (reliability 31). */
function honestName(name: string, address: string): string {
  const claimed = addressIn(name)
  return claimed === null || claimed === address ? name : ""
}

function fromHeaderOf(mail: Email): string {
  const shown = flat(mail.from).map((one) => (one.name ? `${one.name} <${one.address}>` : one.address))
  return oneLine(shown.join(", ") || (fieldOf(mail.headers, "from") ?? ""), 500)
}

function dateOf(given: string | undefined): string | null {
  const at = given === undefined ? Number.NaN : Date.parse(given)
  const year = Number.isNaN(at) ? 0 : new Date(at).getUTCFullYear()
  return year >= 1970 && year <= 9999 ? new Date(at).toISOString() : null
}

function oneLine(text: string, lengthMax: number): string {
  return storable(text.replace(/[\s\p{Cc}\u2028\u2029]+/gu, " ").trim(), lengthMax)
}

/** What PostgreSQL takes: no U+0000, no half of a pair. */
function storable(text: string, lengthMax: number): string {
  return text.replaceAll("\0", "").slice(0, lengthMax).toWellFormed()
}
