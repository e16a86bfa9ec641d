import type { AttachmentLinks } from "../../conversations/attachment-link.ts"
import type { SendRules } from "../../conversations/sending.ts"
import type { Store } from "../../store/write.ts"

export type ConversationDeps = {
  store: Store
  links: AttachmentLinks
  rules: SendRules
  /** Visitors see how far an agent has read. */
  onRead?: (orgId: string, conversationId: string, at: Date) => void
}
