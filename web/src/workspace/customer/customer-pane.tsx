import { ActionIcon, Button, Tooltip, UnstyledButton } from "@mantine/core"
import { Plural, Trans, useLingui } from "@lingui/react/macro"
import { IconChevronRight, IconLayoutSidebarRightCollapse, IconRoute } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useEffect, useRef, useState } from "react"
import { useMe } from "../../can.ts"
import { announce } from "../../field/announcer.tsx"
import { ChannelIcon } from "../../field/channel-icon.tsx"
import { useNowMinutes } from "../../field/now.ts"
import { exactTime } from "../../field/relative-time.tsx"
import { ResourceState } from "../../field/resource-state.tsx"
import { channelOf } from "../list/groups.ts"
import { initialsOf, shownName, useNames } from "../names.ts"
import { shortTime } from "../short-time.ts"
import {
  contactsQuery,
  customerConversationsQuery,
  customerQuery,
  explanationQuery,
  type OpenConversation,
} from "../work.queries.ts"
import { Addresses } from "./addresses.tsx"
import classes from "./customer.module.css"
import { ThisConversation } from "./this-conversation.tsx"
import { explanationText, WhySteps } from "./why.tsx"
import { locale } from "../../field/locale.ts"

type Props = {
  conversation: OpenConversation
  onFold?: () => void /** Counts up when "Why?" was asked for elsewhere. */
  why: number
}

/** Who it is, why it is here, what else there was. */
export function CustomerPane({ conversation, onFold, why }: Props) {
  const { t } = useLingui()
  const customer = useQuery(customerQuery(conversation.customer.id))
  const name = shownName(conversation.customer.name, t`Unknown customer`)
  return (
    <div className={classes.scroll}>
      <section className={classes.identity} aria-label={t`Identity`}>
        <div className={classes.who}>
          <span className={classes.face} aria-hidden>
            {initialsOf(name)}
          </span>
          <div className="grow">
            <h2 className={`${classes.name} ellipsis`}>
              <Link to="/customers/$customerId" params={{ customerId: conversation.customer.id }} title={name}>
                {name}
              </Link>
            </h2>
            <CustomerSince customerId={conversation.customer.id} />
          </div>
          {onFold && (
            <Tooltip label={t`Fold the customer pane ( ] )`}>
              <ActionIcon onClick={onFold} aria-label={t`Fold the customer pane`}>
                <IconLayoutSidebarRightCollapse size={18} stroke={1.75} />
              </ActionIcon>
            </Tooltip>
          )}
        </div>
        <ResourceState query={customer}>{(loaded) => <Addresses customer={loaded} />}</ResourceState>
      </section>
      <Why conversation={conversation} asked={why} />
      <Fold title={t`This conversation`} aside={<ContactCount conversationId={conversation.id} />}>
        <ThisConversation conversation={conversation} />
      </Fold>
      <Earlier conversation={conversation} />
    </div>
  )
}

function CustomerSince({ customerId }: { customerId: string }) {
  const first = useQuery(customerConversationsQuery(customerId)).data?.items.at(-1)
  if (!first) return null
  const year = new Date(first.createdAt).toLocaleDateString(locale, { month: "short", year: "numeric" })
  return (
    <div className="dim" title={exactTime(first.createdAt)} style={{ fontSize: 12 }}>
      <Trans>Since {year}</Trans>
    </div>
  )
}

function Why({ conversation, asked }: { conversation: OpenConversation; asked: number }) {
  const { t } = useLingui()
  const me = useMe()
  const explanation = useQuery(explanationQuery(conversation.id)).data
  const box = useRef<HTMLElement>(null)
  useEffect(() => {
    if (asked === 0) return
    box.current?.scrollIntoView({ block: "nearest" })
    box.current?.focus()
  }, [asked])
  const copy = async () => {
    if (!explanation) return
    await navigator.clipboard.writeText(explanationText(explanation))
    announce("status", t`Copied`)
  }
  return (
    <section ref={box} tabIndex={-1} className={classes.section} aria-labelledby="why-title">
      <h2 id="why-title" className={classes.sectionTitle}>
        <IconRoute size={16} stroke={1.75} aria-hidden />
        {conversation.status === "closed" ? (
          <Trans>How it was routed</Trans>
        ) : conversation.assignment?.agentId === me.user.id ? (
          <Trans>Why you got this</Trans>
        ) : conversation.assignment ? (
          <Trans>Why it is there</Trans>
        ) : (
          <Trans>Why it waits</Trans>
        )}
        <span className="grow" />
        <Tooltip label={t`Copy as text`}>
          <Button size="compact-xs" variant="subtle" onClick={() => void copy()} disabled={!explanation}>
            <Trans>Copy</Trans>
          </Button>
        </Tooltip>
      </h2>
      <WhySteps conversationId={conversation.id} withCandidates />
    </section>
  )
}

function ContactCount({ conversationId }: { conversationId: string }) {
  const count = useQuery(contactsQuery(conversationId)).data?.length
  return count === undefined ? null : <Plural value={count} one="# contact" other="# contacts" />
}

export function Fold({
  title,
  aside,
  children,
  opened = false,
}: {
  title: ReactNode
  aside?: ReactNode
  children: ReactNode
  opened?: boolean
}) {
  const [isOpen, setOpen] = useState(opened)
  return (
    <section className={classes.fold}>
      <h2 className={classes.foldTitle}>
        <UnstyledButton className={classes.foldButton} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <IconChevronRight size={16} stroke={1.75} aria-hidden data-open={isOpen || undefined} />
          {title}
          <span className="grow" />
          <span className="dim num" style={{ fontSize: 12, fontWeight: 400 }}>
            {aside}
          </span>
        </UnstyledButton>
      </h2>
      {isOpen && <div className={classes.foldBody}>{children}</div>}
    </section>
  )
}

function Earlier({ conversation }: { conversation: OpenConversation }) {
  const { t } = useLingui()
  const now = useNowMinutes()
  const names = useNames()
  const query = useQuery(customerConversationsQuery(conversation.customer.id))
  const earlier = query.data?.items.filter(({ id }) => id !== conversation.id) ?? []
  if (query.data && earlier.length === 0) return null
  return (
    <Fold title={t`Earlier conversations`} aside={earlier.length}>
      <ul className={classes.earlier}>
        {earlier.map((each) => (
          <li key={each.id}>
            <Link to="/work/c/$conversationId" params={{ conversationId: each.id }} className={classes.earlierLink}>
              <ChannelIcon channel={channelOf(each)} size={20} />
              <span className="grow">
                <span className="ellipsis" style={{ display: "block" }}>
                  {each.lastItem?.preview || t`No message`}
                </span>
                <span className="dim" style={{ fontSize: 12 }}>
                  {names.inbox(each.inboxId)} · {shortTime(each.lastItem?.at ?? each.createdAt, now)}
                </span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Fold>
  )
}
