import { z } from "zod"
import { normalizeEmail } from "../addresses/email.ts"
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

/** An address that customers can write to, lower-case, or null: a domain without a dot is a slip of the pen. */
export function readMailAddress(typed: string): string | null {
  const address = normalizeEmail(typed)
  return address?.includes(".", address.indexOf("@")) ? address : null
}
