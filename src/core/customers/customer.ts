import { z } from "zod"

export const AddressKind = z.enum([
  "phone",
  "email",
  "instagram",
  "facebook",
  "whatsapp",
  "twitter_dm",
  "visitor",
  "external",
])
export type AddressKind = z.infer<typeof AddressKind>

/** An address by which a customer is known, or says to be (`proved` false: shown as unverified, never matched). */
export const CustomerAddress = z.object({
  id: z.string(),
  kind: AddressKind,
  value: z.string(),
  proved: z.boolean(),
  verifiedBy: z.enum(["channel", "identity", "agent"]).nullable(),
})
export type CustomerAddress = z.infer<typeof CustomerAddress>

export const OptOut = z.object({
  customerAddress: z.string(),
  phoneNumberId: z.string(),
  keyword: z.string(),
  since: z.string(),
})
export type OptOut = z.infer<typeof OptOut>

export const Customer = z.object({
  id: z.string(),
  name: z.string().nullable(),
  addresses: z.array(CustomerAddress),
  attributes: z.record(z.string(), z.unknown()),
  dedicated: z.null(),
  optOuts: z.array(OptOut),
  externalCustomerId: z.string().nullable(),
  language: z.string().nullable(),
  mergedIntoId: z.string().nullable(),
  version: z.int(),
})
export type Customer = z.infer<typeof Customer>
