import { z } from "zod"

const seconds = (max: number) => z.int().min(0).max(max)

/** Conversation Workflow (spec 6.6, api.md 2.14). All durations are whole seconds; null means off. */
export const WorkflowSettings = z.object({
  voice: z.object({
    autoAccept: z.boolean().default(false),
    autoAcceptSeconds: z.int().min(1).max(60).default(10),
    declineAllowed: z.boolean().default(true),
    afterCallWorkSeconds: seconds(3600).default(30),
    declineDelaySeconds: seconds(3600).default(20),
    ringSeconds: z.int().min(5).max(300).default(45),
    messagingDuringCall: z.boolean().default(false),
  }),
  messaging: z.object({
    standardCapacity: z.int().min(1).max(100).default(3),
    maximumCapacity: z.int().min(1).max(100).default(6),
    routingDelaySeconds: seconds(3600).default(0),
    sameAgentSeconds: z.int().min(0).max(86_400).default(900),
    offerBanner: z.boolean().default(true),
    offerSeconds: z.int().min(5).max(300).default(30),
    notificationPreview: z.boolean().default(true),
  }),
  mail: z.object({
    sameAgentSeconds: z.int().min(0).max(31_536_000).default(86_400),
    assignTo: z.enum(["same_agent", "next_available"]).default("same_agent"),
    autoReply: z.object({ enabled: z.boolean().default(false), text: z.string().max(10_000).default("") }),
  }),
  reopenSeconds: z.int().min(0).max(31_536_000).default(604_800),
  topicRequiredToClose: z.boolean().default(false),
  tollFreeDailyCap: z.int().min(0).max(100_000).default(50),
  autoAwaySeconds: z.int().min(60).max(86_400).nullable().default(null),
  autoLogoutSeconds: z.int().min(60).max(86_400).nullable().default(null),
  absentGraceSeconds: z.object({ messaging: seconds(86_400).default(120), mail: seconds(604_800).default(14_400) }),
})
export type WorkflowSettings = z.infer<typeof WorkflowSettings>

/** What holds where an organization has set nothing. */
export const defaultWorkflowSettings: WorkflowSettings = WorkflowSettings.parse({
  voice: {},
  messaging: {},
  mail: { autoReply: {} },
  absentGraceSeconds: {},
})
