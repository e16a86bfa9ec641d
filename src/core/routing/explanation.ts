import { z } from "zod"
import { exclusionCodes } from "./facts.ts"

/** The first that holds, in this order (api.md 1.1). */
export const ExclusionReason = z.enum(exclusionCodes)
export type ExclusionReason = z.infer<typeof ExclusionReason>

export const ExplanationStep = z.object({
  at: z.string(),
  kind: z.enum([
    "received",
    "customer",
    "conversation",
    "entry_point",
    "inbox",
    "sla",
    "due",
    "lookup",
    "rule",
    "mail_setting",
    "dedicated_agent",
    "queue_place",
    "candidates",
    "offer",
    "assignment",
    "waiting",
  ]),
  text: z.string(),
  data: z.record(z.string(), z.unknown()),
  settingUrl: z.string().nullable(),
})
export type ExplanationStep = z.infer<typeof ExplanationStep>

/** Why a request went where it went: made of stored codes and numbers by one renderer. */
export const Explanation = z.object({
  steps: z.array(ExplanationStep),
  result: z.object({
    inboxId: z.string().nullable(),
    slaSeconds: z.int().nullable(),
    dueAt: z.string().nullable(),
    agentId: z.string().nullable(),
  }),
  candidates: z.array(
    z.object({ agentId: z.string(), name: z.string().nullable(), excludedBy: ExclusionReason.nullable() }),
  ),
  excludedCounts: z.record(z.string(), z.int()).optional(),
})
export type Explanation = z.infer<typeof Explanation>
