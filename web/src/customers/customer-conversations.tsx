import { Trans, useLingui } from "@lingui/react/macro"
import { msg } from "@lingui/core/macro"
import type { MessageDescriptor } from "@lingui/core"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { Conversation, ConversationStatus } from "../../../src/core/conversations/conversation.ts"
import { ChannelIcon } from "../field/channel-icon.tsx"
import { useNowMinutes } from "../field/now.ts"
import { exactTime } from "../field/relative-time.tsx"
import { ResourceState } from "../field/resource-state.tsx"
import { channelOf } from "../workspace/list/groups.ts"
import { useNames } from "../workspace/names.ts"
import { shortTime } from "../workspace/short-time.ts"
import { customerConversationsQuery } from "../workspace/work.queries.ts"
import classes from "./customers.module.css"

const statusWords: Record<ConversationStatus, MessageDescriptor> = {
  new: msg`New`,
  open: msg`Open`,
  waiting: msg`Waiting for customer`,
  closed: msg`Closed`,
}

/** What was spoken about, newest first; each leads to the workspace. */
export function CustomerConversations({ customerId }: { customerId: string }) {
  const query = useQuery(customerConversationsQuery(customerId))
  return (
    <section className={classes.part}>
      <h2>
        <Trans>Conversations</Trans>
      </h2>
      <ResourceState
        query={query}
        isEmpty={({ items }) => items.length === 0}
        empty={
          <span className="dim">
            <Trans>None yet.</Trans>
          </span>
        }
      >
        {({ items }) => (
          <ul className={classes.conversations}>
            {items.map((each) => (
              <li key={each.id}>
                <ConversationLink conversation={each} />
              </li>
            ))}
          </ul>
        )}
      </ResourceState>
    </section>
  )
}

/** One conversation in two lines: its last words, where it lies, how it stands. */
export function ConversationLink({ conversation, name }: { conversation: Conversation; name?: string }) {
  const { t } = useLingui()
  const now = useNowMinutes()
  const names = useNames()
  const at = conversation.lastItem?.at ?? conversation.createdAt
  return (
    <Link to="/work/c/$conversationId" params={{ conversationId: conversation.id }} className={classes.conversation}>
      <ChannelIcon channel={channelOf(conversation)} size={20} />
      <span className="grow">
        <span className="ellipsis" style={{ display: "block" }}>
          {conversation.lastItem?.preview || t`No message`}
        </span>
        <small>
          {name && `${name} · `}
          {names.inbox(conversation.inboxId)} ·{" "}
          <time dateTime={at} title={exactTime(at)}>
            {shortTime(at, now)}
          </time>
        </small>
      </span>
      <span className={classes.status}>{t(statusWords[conversation.status])}</span>
    </Link>
  )
}
