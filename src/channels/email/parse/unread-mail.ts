import { addressIn, automaticBecause, fieldOf, firstHeaders, messageIdOf, referencesOf } from "./headers.ts"
import { subjectLengthMax } from "./limits.ts"
import type { ParsedMail } from "./parsed-mail.ts"

/** What is known of a mail on which the parser died: its first header lines, and the mail itself as `message.eml`. */
export function unreadMail(raw: Buffer, reason: string): ParsedMail {
  const fields = firstHeaders(raw)
  const from = plain(fieldOf(fields, "from") ?? "", 500)
  const address = addressIn(from)
  return {
    subject: plain(fieldOf(fields, "subject") ?? "", subjectLengthMax) || null,
    from: address === null ? null : { address, name: "" },
    fromHeader: from,
    to: [addressIn(fieldOf(fields, "to") ?? "")].filter((one) => one !== null),
    cc: [],
    replyTo: [],
    date: null,
    messageId: messageIdOf(fields),
    references: referencesOf(fields),
    text: "",
    html: null,
    foldFrom: null,
    files: [{ name: "message.eml", type: "message/rfc822", contentId: null, inline: false, content: raw }],
    automatic: automaticBecause(fields),
    report: null,
    probe: null,
    flags: { parseFailed: true, parseFailure: reason },
  }
}

function plain(text: string, lengthMax: number): string {
  return Buffer.from(text, "latin1")
    .toString("utf8")
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, lengthMax)
    .toWellFormed()
}
