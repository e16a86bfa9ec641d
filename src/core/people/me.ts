import { z } from "zod"
import { AgentStatus, ChannelGroupShape } from "../agents/agent.ts"
import { Organization } from "./organization.ts"
import { RoleShape } from "./user.ts"

/** The caller as screens need him (api.md 2.1): what he may do is `actions`. */
export const Me = z.object({
  user: z.object({ id: z.string(), name: z.string(), email: z.string().nullable(), type: z.enum(["user", "api_key"]) }),
  organization: Organization,
  roles: z.array(RoleShape),
  actions: z.array(z.string()),
  /** Null for who is no agent. */
  availability: z.array(ChannelGroupShape).nullable(),
  status: AgentStatus.nullable(),
  /** Which groups have an entry point: only these can be switched on (S7). */
  channelGroups: z.array(z.object({ group: ChannelGroupShape, configured: z.boolean() })),
  version: z.int(),
})
export type Me = z.infer<typeof Me>

/** One entry under the bell. */
export const Notification = z.object({
  id: z.string(),
  kind: z.string(),
  data: z.record(z.string(), z.unknown()),
  link: z.string().nullable(),
  at: z.string(),
  readAt: z.string().nullable(),
})
export type Notification = z.infer<typeof Notification>
