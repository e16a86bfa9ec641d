import type { Section } from "../core/channels.ts"
import type { PlacedMessage, Plan } from "../core/conversations/place.ts"
import type { ContactRow } from "../store/contacts.ts"
import type { ConversationRow } from "../store/conversations.ts"
import type { Arrival } from "../store/inbound-events.ts"
import type { QueueItemRow } from "../store/queue-item.ts"

/** One arrived event with everything that was found out about it: the unit that the steps below hand on. */
export type Taken = Arrival & {
  customerId: string
  /** Made by this transaction. */
  customerIsNew: boolean
  placed: PlacedMessage
  entryPoint: { id: string; kind: string; address: string; section: Section }
  /** Where the section's default would have led, for the explanation. */
  defaultInboxId: string | null
  /** A stranger's answer to somebody else's thread ("seems to answer"). */
  relatedConversationId: string | null
  inReplyToId: string | null
  /** When the provider says that it was sent, where it says so and it is not later than received. */
  at: Date
}

export type Placed = {
  customerId: string
  plan: Plan
  taken: Taken[]
  test: boolean
  /** The conversation's row, where it is made here: as routing leaves it before it is written. */
  about?: ConversationRow
}

/** A new conversation with its contacts and its item, about to be written: what is changed in them is written so. */
export type Arrived = { conversation: ConversationRow; contacts: ContactRow[]; item: QueueItemRow }
