import { z } from "zod"
import { Person } from "../people/person.ts"
import { ChannelNameShape, SectionShape, Warning } from "./entry-point.ts"

export const EffectiveSla = z.object({ seconds: z.int(), source: z.enum(["exception", "channel_default", "inbox"]) })

export const RoutingException = z.object({
  entryPointId: z.string(),
  inboxId: z.string(),
  slaMinutesText: z.string().nullable(),
  slaSeconds: z.int().nullable(),
  effectiveSla: EffectiveSla,
})

/** A section of the Entry Points page, saved as a whole (api.md 2.4). */
export const ChannelRouting = z.object({
  section: SectionShape,
  channel: ChannelNameShape,
  inUse: z.boolean(),
  defaultInboxId: z.string().nullable(),
  defaultSlaMinutesText: z.string().nullable(),
  defaultSlaSeconds: z.int().nullable(),
  effectiveSla: EffectiveSla.nullable(),
  exceptions: z.array(RoutingException),
  entryPoints: z.object({ total: z.int(), withoutException: z.int() }),
  warnings: z.array(Warning),
  updatedAt: z.string().nullable(),
  updatedBy: Person.nullable(),
  version: z.int(),
})
export type ChannelRouting = z.infer<typeof ChannelRouting>

/** One row of the routing overview (spec 2.6): entry points of one channel that reach the same Inboxes. */
export const OverviewRow = z.object({
  channel: ChannelNameShape,
  entryPointIds: z.array(z.string()),
  labels: z.array(z.string()),
  reachable: z.array(
    z.object({
      inboxId: z.string(),
      name: z.string(),
      via: z.enum(["direct", "exit_node", "rule"]),
      viaLabel: z.string().nullable(),
    }),
  ),
  slaSeconds: z.int(),
  agents: z.int(),
  warnings: z.array(Warning),
})
export type OverviewRow = z.infer<typeof OverviewRow>
