import type { Job, JobOutcome } from "../../jobs/worker.ts"

/** An automatic message of ours into a conversation; it never counts as an answer. `key`: the same one is sent once. */
export type SendAutomatic = (input: {
  orgId: string
  conversationId: string
  entryPointId: string
  to: string
  text: string
  key: string
}) => Promise<void>

/** Answers HELP with the number's text (jobs of kind `sms_help`). The carrier's own automatic answers stay as they are. */
export function helpHandler(sendAutomatic: SendAutomatic): (job: Job) => Promise<JobOutcome> {
  return async ({ orgId, id, payload }) => {
    const { conversationId, entryPointId, to, text } = payload as Record<"conversationId" | "entryPointId" | "to" | "text", string>
    await sendAutomatic({ orgId, conversationId, entryPointId, to, text, key: id })
    return "done"
  }
}
