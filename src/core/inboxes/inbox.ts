import { z } from "zod"
import { Warning } from "../entry-points/entry-point.ts"
import { Person } from "../people/person.ts"

/** A queue with people in it (spec 3, api.md 2.3). */
export const Inbox = z.object({
  id: z.string(),
  name: z.string(),
  slaMinutesText: z.string(),
  slaSeconds: z.int(),
  deactivation: z.object({ at: z.string(), by: Person }).nullable(),
  defaultMailboxId: z.string().nullable(),
  memberCount: z.int(),
  channels: z.array(z.string()),
  waiting: z.object({ voice: z.int(), messaging: z.int(), mail: z.int() }),
  warnings: z.array(Warning),
  version: z.int(),
})
export type Inbox = z.infer<typeof Inbox>

/** One place that would lose its Inbox (api.md 2.3: `uses` and `replacements`). */
export const InboxUse = z.object({
  kind: z.enum(["channel_default", "exception", "exit_node", "rule", "workflow", "fallback"]),
  id: z.string(),
  label: z.string(),
})
export type InboxUse = z.infer<typeof InboxUse>
