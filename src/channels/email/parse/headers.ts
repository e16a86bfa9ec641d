import { referencesMax } from "./limits.ts"

/** Header fields by lower-case name, unfolded, in the order in which they stand. */
export type HeaderFields = readonly HeaderField[]
export type HeaderField = { key: string; value: string }

const firstBytesMax = 64_000
const fieldsMax = 500

/** The header of a mail by a reader too simple to fail: for a mail on which the parser died. */
export function firstHeaders(raw: Buffer): readonly (HeaderField & { name: string })[] {
  const head = raw.toString("latin1", 0, firstBytesMax)
  const end = /\r?\n\r?\n/.exec(head)?.index ?? head.length
  const fields: (HeaderField & { name: string })[] = []
  for (const line of head.slice(0, end).split("\n")) {
    const last = fields.at(-1)
    if (/^[ \t]/.test(line) && last) last.value = `${last.value} ${line.trim()}`.trimStart()
    else if (fields.length < fieldsMax) {
      const colon = line.indexOf(":")
      const name = line.slice(0, Math.max(0, colon)).trim()
      if (name !== "" && colon < 100)
        fields.push({ name, key: name.toLowerCase(), value: line.slice(colon + 1).trim() })
    }
  }
  return fields
}

export function fieldOf(fields: HeaderFields, key: string): string | null {
  return fields.find((field) => field.key === key)?.value ?? null
}

/** Message-IDs without brackets, oldest first, each once: References, then In-Reply-To. */
export function referencesOf(fields: HeaderFields): string[] {
  const found = new Set<string>()
  for (const key of ["references", "in-reply-to"]) {
    for (const field of fields) {
      if (field.key !== key) continue
      for (const id of messageIds(field.value)) found.add(id)
    }
  }
  return [...found].slice(-referencesMax)
}

export function messageIds(value: string): string[] {
  return [...value.slice(0, 100_000).matchAll(/<([^<>\s]{1,500})>/g)]
    .map((match) => match[1] ?? "")
    .slice(-referencesMax)
}

export function messageIdOf(fields: HeaderFields): string | null {
  const value = fieldOf(fields, "message-id")
  return value === null ? null : (messageIds(value)[0] ?? null)
}

/**
 * Why no person sits behind this mail, or null (RFC 3834 2, RFC 2369, RFC 3464; X- fields as Exchange and others use
 * them). Such a mail is taken and never answered by itself.
 */
export function automaticBecause(fields: HeaderFields): string | null {
  const submitted = fieldOf(fields, "auto-submitted")
    ?.split(/[;\s(]/)[0]
    ?.toLowerCase()
  if (submitted && submitted !== "no") return submitted
  const precedence = fieldOf(fields, "precedence")?.toLowerCase()
  if (precedence && /^(bulk|list|junk|auto_reply)\b/.test(precedence)) return `precedence_${precedence.split(/\W/)[0]}`
  if (fields.some(({ key }) => key === "list-id" || key === "list-unsubscribe" || key === "list-post")) return "list"
  if (/\b(all|oof|autoreply)\b/i.test(fieldOf(fields, "x-auto-response-suppress") ?? "")) return "suppressed"
  if (fields.some(({ key }) => key === "x-autoreply" || key === "x-autorespond" || key === "x-autoresponder"))
    return "auto_reply"
  if (/^multipart\/report\b/i.test(fieldOf(fields, "content-type") ?? "")) return "report"
  if (/^(mailer-daemon|postmaster)@/i.test(addressIn(fieldOf(fields, "from") ?? "") ?? "")) return "mailer_daemon"
  return null
}

/** The first thing in a From header that looks like an address; for headers that no parser has read. */
export function addressIn(value: string): string | null {
  return /[^\s<>"(),:;@]{1,128}@[a-z0-9.-]{1,250}/i.exec(value.slice(0, 5_000))?.[0]?.toLowerCase() ?? null
}
