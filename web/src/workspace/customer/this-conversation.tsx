import { Trans, useLingui } from "@lingui/react/macro"
import { msg } from "@lingui/core/macro"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { formatSeconds } from "../../../../src/core/sla/minutes.ts"
import { EntryPointLabel } from "../../field/entry-point-label.tsx"
import { exactTime, RelativeTime } from "../../field/relative-time.tsx"
import { ResourceState } from "../../field/resource-state.tsx"
import { useNames } from "../names.ts"
import { contactsQuery, type OpenConversation } from "../work.queries.ts"
import classes from "./customer.module.css"

const sources = {
  exception: msg`from the exception`,
  channel_default: msg`from the channel`,
  inbox: msg`from the Inbox`,
}
const states = {
  started: msg`Started`,
  queued: msg`Waits`,
  offered: msg`Offered`,
  active: msg`Awaits an answer`,
  fulfilled: msg`Answered`,
  ended: msg`Ended`,
}

/** The facts of the conversation, and each contact with its own due date. */
export function ThisConversation({ conversation }: { conversation: OpenConversation }) {
  const { t } = useLingui()
  const names = useNames()
  const contacts = useQuery(contactsQuery(conversation.id))
  const { contact } = conversation
  return (
    <>
      <dl className={classes.facts}>
        <dt>
          <Trans>Inbox</Trans>
        </dt>
        <dd>{names.inbox(conversation.inboxId)}</dd>
        {contact?.entryPoint && (
          <>
            <dt>
              <Trans>Entry point</Trans>
            </dt>
            <dd>
              <EntryPointLabel entryPoint={contact.entryPoint} />
            </dd>
          </>
        )}
        {contact?.slaSeconds != null && (
          <>
            <dt>
              <Trans>SLA</Trans>
            </dt>
            <dd>
              {formatSeconds(contact.slaSeconds)} {contact.slaSource && t(sources[contact.slaSource])}
            </dd>
          </>
        )}
        <dt>
          <Trans>Agent</Trans>
        </dt>
        <dd>
          {conversation.assignment
            ? names.person(conversation.assignment.agentId)
            : conversation.status === "closed"
              ? t`Nobody`
              : t`Nobody yet`}
        </dd>
        <dt>
          <Trans>Created</Trans>
        </dt>
        <dd title={exactTime(conversation.createdAt)}>
          <RelativeTime at={conversation.createdAt} />
        </dd>
        {conversation.relatedConversationId && (
          <>
            <dt>
              <Trans>Seems to answer</Trans>
            </dt>
            <dd>
              <Link
                to="/work/c/$conversationId"
                params={{ conversationId: conversation.relatedConversationId }}
                className="link"
              >
                <Trans>Another conversation</Trans>
              </Link>
            </dd>
          </>
        )}
      </dl>
      <ResourceState query={contacts}>
        {(items) => (
          <ul className={classes.contacts}>
            {items.map((each) => (
              <li key={each.id}>
                {each.entryPoint ? <EntryPointLabel entryPoint={each.entryPoint} /> : each.channel}
                <span className="grow" />
                <span className="dim">{t(states[each.state])}</span>
              </li>
            ))}
          </ul>
        )}
      </ResourceState>
    </>
  )
}
