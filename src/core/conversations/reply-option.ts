import { z } from "zod"
import { ChannelNameShape } from "../entry-points/entry-point.ts"

export const ReplyRefusal = z.enum([
  "opted_out",
  "window_closed",
  "not_registered",
  "cap_reached",
  "no_address",
  "channel_not_in_use",
  "attachment_unsupported",
  "deactivated_on_request",
])
export type ReplyRefusal = z.infer<typeof ReplyRefusal>

/** How the customer of a conversation can be reached on one channel, or why not (api.md 2.11). */
export const ReplyOption = z.object({
  channel: ChannelNameShape,
  from: z.array(z.object({ entryPointId: z.string(), label: z.string(), default: z.boolean() })),
  to: z.array(z.object({ addressId: z.string(), value: z.string(), default: z.boolean(), proved: z.boolean() })),
  allowed: z.boolean(),
  reason: ReplyRefusal.nullable(),
  windowEndsAt: z.string().nullable(),
  lengthMax: z.int(),
  /** What would lift the refusal, as a sentence. */
  remedy: z.string().nullable(),
})
export type ReplyOption = z.infer<typeof ReplyOption>
