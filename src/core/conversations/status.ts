/** What a conversation's status follows from (routing.md 1.2); the table's CHECKs say the same. */
export type ConversationStatus = "new" | "open" | "waiting" | "closed"

export type StatusCause = { closedAt: Date | null; awaitingSince: Date | null; agentId: string | null }

export function statusOf({ closedAt, awaitingSince, agentId }: StatusCause): ConversationStatus {
  if (closedAt) return "closed"
  if (!awaitingSince) return "waiting"
  return agentId ? "open" : "new"
}

export type ContactEndStatus = "answered" | "abandoned" | "unanswered"

/** Answered by a person; abandoned when the customer left before; else unanswered (routing.md 1.1). */
export function contactEndStatus(contact: { answeredByHuman: boolean; endedByCustomer: boolean }): ContactEndStatus {
  if (contact.answeredByHuman) return "answered"
  return contact.endedByCustomer ? "abandoned" : "unanswered"
}
