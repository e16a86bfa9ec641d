import { z } from "zod"
import { Person } from "../people/person.ts"

/** What the company's own mail host wrote to the forwarding target when forwarding was set up. */
export const ConfirmationMail = z.object({
  from: z.string(),
  subject: z.string().nullable(),
  text: z.string(),
  link: z.string().nullable(),
  code: z.string().nullable(),
  receivedAt: z.string(),
})
export type ConfirmationMail = z.infer<typeof ConfirmationMail>

/** An e-mail address that customers write to (spec 10A). */
export const Mailbox = z.object({
  id: z.string(),
  address: z.string(),
  senderName: z.string(),
  inbound: z.enum(["forwarding"]),
  entryPointId: z.string(),
  /** Where the company's mail host is told to forward to. */
  forwardingAddress: z.string(),
  forwarding: z.enum(["waiting", "active"]),
  forwardingSeenAt: z.string().nullable(),
  confirmationMail: ConfirmationMail.nullable(),
  /** False while no relay is set: answers go to the sandbox. */
  sends: z.boolean(),
  createdAt: z.string(),
  createdBy: Person,
  updatedAt: z.string().nullable(),
  updatedBy: Person.nullable(),
  deletedAt: z.string().nullable(),
  version: z.int(),
})
export type Mailbox = z.infer<typeof Mailbox>

export const Probe = z.object({
  id: z.string(),
  mailboxId: z.string(),
  status: z.enum(["sent", "received", "timed_out"]),
  sentAt: z.string(),
  receivedAt: z.string().nullable(),
  confirmationMail: ConfirmationMail.nullable(),
})
export type Probe = z.infer<typeof Probe>

/** Lower-case, or null for what is no plain address: no quotes, no comments, a domain with a dot. */
export function readMailAddress(text: string): string | null {
  const address = text.trim().toLowerCase()
  if (address.length > 254) return null
  const plain = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*@([\p{L}\p{N}]([\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}][\p{L}\p{N}-]{0,61}[\p{L}\p{N}]$/u
  return plain.test(address) && address.indexOf("@") <= 64 ? address : null
}
