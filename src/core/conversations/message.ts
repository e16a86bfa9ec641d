import { z } from "zod"
import { ChannelNameShape, EntryPointRef } from "../entry-points/entry-point.ts"
import { Person } from "../people/person.ts"

export const DeliveryStatus = z.enum(["queued", "sent", "delivered", "read", "failed", "unknown"])
export type DeliveryStatus = z.infer<typeof DeliveryStatus>

export const Failure = z.object({ code: z.string(), text: z.string(), retryable: z.boolean() })
export type Failure = z.infer<typeof Failure>

/** The sending of one message; never moves backwards. */
export const Delivery = z.object({
  status: DeliveryStatus,
  attempts: z.int(),
  failure: Failure.nullable(),
  changedAt: z.string(),
})
export type Delivery = z.infer<typeof Delivery>

export const Attachment = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  sizeBytes: z.int(),
  sha256: z.string(),
  contentUrl: z.string(),
  inline: z.boolean(),
  contentId: z.string().nullable(),
})
export type Attachment = z.infer<typeof Attachment>

const Verdict = z.enum(["pass", "fail", "none", "error"])

/**
 * SPF, DKIM and DMARC of an inbound mail; and of all of them together `sender`, whether the address in From is proved:
 * `none` where nothing proves or disproves it. Mails from before this was asked have no `sender`.
 */
export const Authentication = z.object({ spf: Verdict, dkim: Verdict, dmarc: Verdict, sender: Verdict.optional() })
export type Authentication = z.infer<typeof Authentication>

export const Message = z.object({
  id: z.string(),
  conversationId: z.string(),
  contactId: z.string(),
  channel: ChannelNameShape,
  direction: z.enum(["inbound", "outbound"]),
  entryPoint: EntryPointRef.nullable(),
  author: z.object({
    type: z.enum(["customer", "agent", "api_key", "rule", "system"]),
    id: z.string().nullable(),
    name: z.string().nullable(),
  }),
  text: z.string(),
  html: z.string().nullable(),
  subject: z.string().nullable(),
  to: z.array(z.string()),
  cc: z.array(z.string()),
  bcc: z.array(z.string()),
  envelopeFrom: z.string().nullable(),
  fromHeader: z.string().nullable(),
  authentication: Authentication.nullable(),
  attachments: z.array(Attachment),
  externalId: z.string().nullable(),
  inReplyToId: z.string().nullable(),
  kind: z.enum(["text", "media", "template", "reaction", "story_mention", "location", "contact_card", "unknown"]),
  delivery: Delivery.nullable(),
  replyWindowEndsAt: z.string().nullable(),
  /** Ours: {parseFailed, truncated, authorUnverified, bounced, ...}; what the screen must warn of. */
  flags: z.record(z.string(), z.unknown()),
  sentAt: z.string(),
  receivedAt: z.string(),
  test: z.boolean(),
})
export type Message = z.infer<typeof Message>

export const Note = z.object({
  id: z.string(),
  conversationId: z.string(),
  author: Person,
  text: z.string(),
  mentionUserIds: z.array(z.string()),
  createdAt: z.string(),
})
export type Note = z.infer<typeof Note>
