import { z } from "zod"
import { Person } from "../people/person.ts"
import { Message, Note } from "./message.ts"

export const TimelineKind = z.enum([
  "message",
  "call",
  "voicemail",
  "note",
  "status_change",
  "assignment_change",
  "topic_change",
  "task",
  "rule_run",
  "opt_out_change",
  "merge",
])

/** Anything that a timeline shows; the thing stands under a field named as its kind in camelCase (api.md 11). */
export const TimelineItem = z.object({
  id: z.string(),
  position: z.int(),
  kind: TimelineKind,
  at: z.string(),
  conversationId: z.string(),
  contactId: z.string().nullable(),
  actor: Person,
  message: Message.optional(),
  note: Note.optional(),
  statusChange: z.record(z.string(), z.unknown()).optional(),
  assignmentChange: z.record(z.string(), z.unknown()).optional(),
  topicChange: z.record(z.string(), z.unknown()).optional(),
  optOutChange: z.record(z.string(), z.unknown()).optional(),
})
export type TimelineItem = z.infer<typeof TimelineItem>
