import { z } from "zod"
import { ChannelNameShape, EntryPointRef } from "../entry-points/entry-point.ts"

export const OfferStatus = z.enum(["pending", "accepted", "declined", "missed", "withdrawn", "device_error"])

/** Shown to one agent with a time limit (api.md 1.1). */
export const Offer = z.object({
  id: z.string(),
  agentId: z.string(),
  contactId: z.string(),
  conversationId: z.string(),
  channel: ChannelNameShape,
  inboxId: z.string(),
  entryPoint: EntryPointRef.nullable(),
  customer: z.object({ id: z.string(), name: z.string().nullable() }),
  matchReasons: z.array(z.string()),
  preview: z.string().nullable(),
  status: OfferStatus,
  offeredAt: z.string(),
  endsAt: z.string(),
})
export type Offer = z.infer<typeof Offer>
