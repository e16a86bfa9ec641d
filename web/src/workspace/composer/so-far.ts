import { useInfiniteQuery } from "@tanstack/react-query"
import { replySubject } from "../../../../src/core/conversations/composing.ts"
import { type OpenConversation, timelineQuery } from "../work.queries.ts"

/** What was said so far, as far as an answer depends on it: its subject, and which message the writer has seen. */
export function useSoFar(conversation: OpenConversation): { subject: string; seenMessageId: string | null } {
  const pages = useInfiniteQuery(timelineQuery(conversation.customer.id)).data?.pages ?? []
  const messages = pages
    .flatMap((page) => page.items)
    .filter((item) => item.conversationId === conversation.id)
    .toSorted((a, b) => b.position - a.position)
    .flatMap((item) => item.message ?? [])
  const subject = messages.find((message) => message.subject)?.subject
  return {
    subject: subject ? replySubject(subject) : "",
    seenMessageId: messages.find(({ direction }) => direction === "inbound")?.id ?? null,
  }
}
