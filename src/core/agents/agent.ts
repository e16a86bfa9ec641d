import { z } from "zod"

export const ChannelGroupShape = z.enum(["voice", "messaging", "mail"])
export const AgentStatus = z.enum(["logged_in", "away", "logged_out"])
const PerGroup = z.object({ voice: z.int(), messaging: z.int(), mail: z.int() })

/** A user with an agent role at work (api.md 2.12). */
export const Agent = z.object({
  id: z.string(),
  name: z.string(),
  status: AgentStatus,
  awayReasonId: z.string().nullable(),
  availableFor: z.array(ChannelGroupShape),
  focusedAt: z.string().nullable(),
  paused: z.boolean(),
  connected: z.boolean(),
  load: PerGroup,
  capacity: z.object({ messaging: z.object({ standard: z.int(), maximum: z.int() }) }),
  waiting: PerGroup,
  afterCallWorkEndsAt: z.string().nullable(),
  notBefore: z.object({ voice: z.string().nullable(), messaging: z.string().nullable() }),
  statusSince: z.string(),
})
export type Agent = z.infer<typeof Agent>
