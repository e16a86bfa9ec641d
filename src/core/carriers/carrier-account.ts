import { z } from "zod"

/** Our account at a telephone company; its token is written and never read (api.md 2.6). */
export const CarrierAccount = z.object({
  id: z.string(),
  carrier: z.enum(["sandbox", "twilio"]),
  name: z.string(),
  accountSid: z.string(),
  baseUrl: z.string().nullable(),
  status: z.enum(["active", "unreachable", "refused"]),
  checkedAt: z.string().nullable(),
  /** Where the company reports; set on its numbers by us. */
  hookUrls: z.object({ messages: z.string(), messageStatuses: z.string(), fallback: z.string() }),
  createdAt: z.string(),
  version: z.int(),
})
export type CarrierAccount = z.infer<typeof CarrierAccount>

export const Capabilities = z.object({ voice: z.boolean(), sms: z.boolean(), mms: z.boolean() })
export type Capabilities = z.infer<typeof Capabilities>

/** A number that an account owns at the company. */
export const CarrierNumber = z.object({ e164: z.string(), capabilities: Capabilities, adopted: z.boolean() })
export type CarrierNumber = z.infer<typeof CarrierNumber>
