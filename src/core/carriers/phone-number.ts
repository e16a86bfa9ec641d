import { z } from "zod"
import { Person } from "../people/person.ts"
import { Capabilities } from "./carrier-account.ts"

export const NumberType = z.enum(["local", "toll_free", "mobile", "national", "short_code"])
export type NumberType = z.infer<typeof NumberType>

/** A telephone number of ours (api.md 2.6). */
export const PhoneNumber = z.object({
  id: z.string(),
  e164: z.string(),
  country: z.string(),
  type: NumberType,
  city: z.string().nullable(),
  region: z.string().nullable(),
  capabilities: Capabilities,
  origin: z.enum(["purchased", "ported", "forwarded", "adopted"]),
  carrierAccountId: z.string(),
  externalId: z.string().nullable(),
  monthlyFee: z.object({ amountMinor: z.int(), currency: z.string() }).nullable(),
  purchasedAt: z.string().nullable(),
  purchasedBy: Person.nullable(),
  voice: z.enum(["inactive", "active"]),
  sms: z.enum(["inactive", "active", "deactivated_on_request"]),
  setup: z.enum(["unconfigured", "direct_line", "ivr"]),
  initialIvrId: z.string().nullable(),
  initialIvrName: z.string().nullable(),
  queueIvrId: z.string().nullable(),
  queueIvrName: z.string().nullable(),
  queueIvrWaitSeconds: z.int().nullable(),
  queueMusicId: z.string().nullable(),
  holdMusicId: z.string().nullable(),
  compliance: z.object({
    kind: z.enum(["a2p_10dlc", "toll_free", "none"]),
    status: z.enum(["not_submitted", "submitted", "in_review", "approved", "rejected", "suspended", "expired"]),
    registrationId: z.string().nullable(),
    verificationId: z.string().nullable(),
    reason: z.string().nullable(),
  }),
  /** `cap` is null where none applies. */
  smsToday: z.object({ sent: z.int(), cap: z.int().nullable() }),
  /** Answered to HELP; null: nothing. */
  helpText: z.string().nullable(),
  optOutText: z.string().nullable(),
  entryPointIds: z.array(z.string()),
  version: z.int(),
})
export type PhoneNumber = z.infer<typeof PhoneNumber>

export const NumberUse = z.object({ kind: z.enum(["entry_point", "exception"]), id: z.string(), name: z.string() })
export type NumberUse = z.infer<typeof NumberUse>
