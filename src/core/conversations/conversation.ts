import { z } from "zod"
import { ChannelNameShape, EntryPointRef } from "../entry-points/entry-point.ts"
import { Person } from "../people/person.ts"

export const ConversationStatus = z.enum(["new", "open", "waiting", "closed"])
export type ConversationStatus = z.infer<typeof ConversationStatus>

export const QueueItem = z.object({
  id: z.string(),
  contactId: z.string(),
  conversationId: z.string(),
  inboxId: z.string(),
  group: z.enum(["voice", "messaging", "mail"]),
  position: z.int(),
  dueAt: z.string(),
  waitingSince: z.string(),
  priorityPoints: z.int(),
})
export type QueueItem = z.infer<typeof QueueItem>

/** One time-bound exchange on one channel inside a conversation (api.md 1.1). */
export const Contact = z.object({
  id: z.string(),
  conversationId: z.string(),
  channel: ChannelNameShape,
  entryPoint: EntryPointRef.nullable(),
  direction: z.enum(["inbound", "outbound"]),
  inboxId: z.string(),
  dueAt: z.string().nullable(),
  slaSeconds: z.int().nullable(),
  slaSource: z.enum(["exception", "channel_default", "inbox"]).nullable(),
  state: z.enum(["started", "queued", "offered", "active", "fulfilled", "ended"]),
  status: z.enum(["abandoned", "answered", "unanswered", "unknown"]).nullable(),
  fulfilledBy: z.enum(["responded", "canceled"]).nullable(),
  endReason: z.string().nullable(),
  finalIvrSelection: z.object({ ivrId: z.string(), nodeId: z.string(), name: z.string() }).nullable(),
  startedAt: z.string(),
  queuedAt: z.string().nullable(),
  fulfilledAt: z.string().nullable(),
  endedAt: z.string().nullable(),
})
export type Contact = z.infer<typeof Contact>

/** The last thing of a conversation, for a list row. */
export const LastItem = z.object({
  channel: ChannelNameShape,
  direction: z.enum(["inbound", "outbound"]),
  preview: z.string(),
  at: z.string(),
})

export const Conversation = z.object({
  id: z.string(),
  customer: z.object({ id: z.string(), name: z.string().nullable() }),
  status: ConversationStatus,
  inboxId: z.string(),
  assignment: z.object({ agentId: z.string(), reason: z.string(), assignedAt: z.string() }).nullable(),
  dueAt: z.string().nullable(),
  topics: z.array(z.object({ id: z.string(), name: z.string() })),
  contact: Contact.nullable(),
  queueItem: QueueItem.nullable(),
  closure: z.object({ closedAt: z.string(), closedBy: Person, forced: z.boolean() }).nullable(),
  noReplyNeeded: z.boolean(),
  unread: z.boolean(),
  lastItem: LastItem.nullable(),
  dedicatedAgentId: z.string().nullable(),
  relatedConversationId: z.string().nullable(),
  test: z.boolean(),
  createdAt: z.string(),
  updatedAt: z.string(),
  version: z.int(),
})
export type Conversation = z.infer<typeof Conversation>
