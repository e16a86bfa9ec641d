import { firstHeaders, messageIdOf } from "./headers.ts"
import type { DeliveryReport } from "./parsed-mail.ts"

type Part = { mimeType: string; content: Uint8Array }

const actions = ["failed", "delayed", "delivered", "relayed", "expanded"] as const

/** RFC 3464 2: groups of fields divided by empty lines; the first is of the message, each other of one recipient. */
export function readDeliveryReport(parts: readonly Part[]): DeliveryReport | null {
  const status = parts.find(
    (part) => part.mimeType === "message/delivery-status" || part.mimeType === "message/global-delivery-status",
  )
  if (!status) return null
  const recipients = Buffer.from(status.content)
    .toString("utf8")
    .slice(0, 200_000)
    .split(/\r?\n[ \t]*\r?\n/)
    .map((group) => new Map(firstHeaders(Buffer.from(`${group.trim()}\r\n\r\n`)).map(({ key, value }) => [key, value])))
    .filter((fields) => fields.has("action"))
  const told = recipients.find((fields) => fields.get("action")?.toLowerCase() === "failed") ?? recipients[0]
  const action = actions.find((name) => name === told?.get("action")?.toLowerCase())
  if (!told || !action) return null
  return {
    action,
    status: /\d\.\d{1,3}\.\d{1,3}/.exec(told.get("status") ?? "")?.[0] ?? (action === "failed" ? "5.0.0" : "2.0.0"),
    diagnostic: (told.get("diagnostic-code") ?? "").replace(/^[\w-]{1,20};\s*/, "").slice(0, 500),
    finalRecipient:
      (told.get("final-recipient") ?? told.get("original-recipient"))?.replace(/^[\w-]{1,20};\s*/, "").slice(0, 300) ??
      null,
    originalMessageId: originalId(parts),
  }
}

function originalId(parts: readonly Part[]): string | null {
  for (const part of parts) {
    if (!/^(message\/(rfc822|global)(-headers)?|text\/rfc822-headers)$/.test(part.mimeType)) continue
    const id = messageIdOf(firstHeaders(Buffer.from(part.content)))
    if (id) return id
  }
  return null
}
