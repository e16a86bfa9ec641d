import { z } from "zod"
import { channelNames, sections } from "../channels.ts"
import { Person } from "../people/person.ts"

export const ChannelNameShape = z.enum(channelNames)
export const SectionShape = z.enum(sections)
export const EntryPointKind = z.enum(["phone", "exit_node", "email", "chat_app", "social_account"])

export const EntryPointRef = z.object({
  id: z.string(),
  channel: ChannelNameShape,
  kind: EntryPointKind,
  address: z.string(),
  displayName: z.string(),
})
export type EntryPointRef = z.infer<typeof EntryPointRef>

/** Where an entry point leads, as the one pure `resolve` says (spec 2.5). */
export const Resolution = z.object({
  inboxId: z.string(),
  inboxName: z.string(),
  inboxSource: z.enum(["default", "exception"]),
  slaSeconds: z.int(),
  slaSource: z.enum(["exception", "channel_default", "inbox"]),
})
export type Resolution = z.infer<typeof Resolution>

export const Warning = z.object({
  code: z.enum([
    "inbox_without_members",
    "waiting_for_forwarding",
    "not_registered",
    "account_disconnected",
    "carrier_unreachable",
    "nobody_available",
  ]),
  entryPointId: z.string().nullable().optional(),
  inboxId: z.string().nullable().optional(),
  detail: z.string(),
})
export type Warning = z.infer<typeof Warning>

export const EntryPoint = EntryPointRef.extend({
  section: SectionShape,
  status: z.enum(["active", "disconnected", "deleted"]),
  resolution: Resolution.nullable(),
  warnings: z.array(Warning),
  phoneNumberId: z.string().nullable(),
  chatAppId: z.string().nullable(),
  mailboxId: z.string().nullable(),
  socialAccountId: z.string().nullable(),
  ivrId: z.string().nullable(),
  ivrNodeId: z.string().nullable(),
  createdAt: z.string(),
  createdBy: Person,
  version: z.int(),
})
export type EntryPoint = z.infer<typeof EntryPoint>
