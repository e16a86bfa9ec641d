import { ActionIcon, Button, Menu, Popover, Tooltip, UnstyledButton, VisuallyHidden } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import {
  IconArrowLeft,
  IconArrowsExchange,
  IconCheck,
  IconChevronDown,
  IconDots,
  IconInbox,
  IconLayoutSidebarRightExpand,
  IconMessageOff,
  IconMessageReply,
  IconNote,
  IconUser,
  IconUserCircle,
} from "@tabler/icons-react"
import { Link } from "@tanstack/react-router"
import { useCan, useMe } from "../../can.ts"
import { SlaChip } from "../../field/sla-chip.tsx"
import { StatusChip } from "../../field/status-chip.tsx"
import { useAgentSelf } from "../../shell/shell.queries.ts"
import { WhySteps } from "../customer/why.tsx"
import { shownName, useNames } from "../names.ts"
import type { OpenConversation } from "../work.queries.ts"
import { useConversationActions } from "./actions.ts"
import classes from "./conversation.module.css"
import { Topics } from "./topics.tsx"
import { useTake } from "./take.ts"

type Props = {
  conversation: OpenConversation
  topicsAsked: boolean
  onTopics: (asked: boolean) => void
  onNote: () => void
  onTransfer: () => void
  onClose: (next: boolean) => void
  closing: boolean
  onCustomer: () => void
  customerShown: boolean
}

/** Who it is, how it stands, and what can be done with it. */
export function ConversationHeader({
  conversation,
  topicsAsked,
  onTopics,
  onNote,
  onTransfer,
  onClose,
  closing,
  onCustomer,
  customerShown,
}: Props) {
  const { t } = useLingui()
  const me = useMe()
  const can = useCan()
  const names = useNames()
  const self = useAgentSelf(can("agent.self")).data
  const take = useTake()
  const { noReplyNeeded, reopen } = useConversationActions(conversation)
  const works = can("conversation.work")
  const closed = conversation.status === "closed"
  const canPull =
    self?.status === "logged_in" && self.availableFor.length > 0 && conversation.assignment?.agentId === me.user.id
  const assignee = conversation.assignment?.agentId
  const name = shownName(conversation.customer.name, t`Unknown customer`)
  const NoReplyIcon = conversation.noReplyNeeded ? IconMessageReply : IconMessageOff
  const owed = conversation.status === "new" || conversation.status === "open"
  return (
    <header className={classes.header}>
      <div className={classes.top}>
        <ActionIcon component={Link} to="/work" className={classes.back} aria-label={t`Back to the list`}>
          <IconArrowLeft size={20} stroke={1.75} />
        </ActionIcon>
        <div className={classes.who}>
          <h1 className={`${classes.title} ellipsis`} tabIndex={-1} title={name} dir="auto">
            {name}
          </h1>
          <span className={classes.statusAbove}>
            <ConversationStatusChip status={conversation.status} />
          </span>
          <span className={classes.phone}>
            <DueWithWhy conversation={conversation} />
          </span>
        </div>
        <span className="grow" />
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields; these are buttons */}
        <div className={classes.actions} role="group" aria-label={t`Actions on the conversation`}>
          {works && conversation.queueItem && !conversation.assignment && can("conversation.take") && (
            <Button size="xs" loading={take.isPending} onClick={() => take.mutate(conversation)}>
              <Trans>Take</Trans>
            </Button>
          )}
          <span className={classes.desktop}>
            {works && (
              <Tooltip label={t`Write a note (n)`}>
                <Button
                  size="xs"
                  variant="subtle"
                  color="gray"
                  className={classes.quiet}
                  leftSection={<IconNote size={16} stroke={1.75} />}
                  onClick={onNote}
                >
                  <Trans>Note</Trans>
                </Button>
              </Tooltip>
            )}
            {works && !closed && (
              <Tooltip label={t`Transfer to another Inbox or agent (t)`}>
                <Button
                  size="xs"
                  variant="subtle"
                  color="gray"
                  className={classes.quiet}
                  leftSection={<IconArrowsExchange size={16} stroke={1.75} />}
                  onClick={onTransfer}
                >
                  <Trans>Transfer</Trans>
                </Button>
              </Tooltip>
            )}
            {works && !closed && (owed || conversation.noReplyNeeded) && (
              <Tooltip label={conversation.noReplyNeeded ? t`A reply is needed` : t`No reply needed`}>
                <Button
                  size="xs"
                  variant="subtle"
                  color="gray"
                  className={classes.quiet}
                  leftSection={<NoReplyIcon className={classes.narrowIcon} size={16} stroke={1.75} />}
                  loading={noReplyNeeded.isPending}
                  onClick={() => noReplyNeeded.mutate(!conversation.noReplyNeeded)}
                >
                  {conversation.noReplyNeeded ? <Trans>A reply is needed</Trans> : <Trans>No reply needed</Trans>}
                </Button>
              </Tooltip>
            )}
          </span>
          {works && closed && (
            <Button size="xs" variant="default" loading={reopen.isPending} onClick={() => reopen.mutate()}>
              <Trans>Reopen</Trans>
            </Button>
          )}
          {works && !closed && (
            <span className={classes.desktop}>
              <Button.Group>
                <Tooltip label={canPull ? t`Close, then take the next (e, then x)` : t`Close (e)`}>
                  <Button size="xs" variant="default" loading={closing} onClick={() => onClose(canPull)}>
                    {canPull ? <Trans>Close and next</Trans> : <Trans>Close</Trans>}
                  </Button>
                </Tooltip>
                <Menu position="bottom-end">
                  <Menu.Target>
                    <Button size="xs" variant="default" px={6} aria-label={t`More ways to close`}>
                      <IconChevronDown size={16} stroke={1.75} />
                    </Button>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item onClick={() => onClose(false)}>
                      <Trans>Close</Trans>
                    </Menu.Item>
                    <Menu.Item onClick={() => onClose(true)} disabled={!self || self.availableFor.length === 0}>
                      <Trans>Close and next</Trans>
                    </Menu.Item>
                  </Menu.Dropdown>
                </Menu>
              </Button.Group>
            </span>
          )}
          {works && (
            <Menu position="bottom-end">
              <Menu.Target>
                <ActionIcon className={classes.phone} aria-label={t`Actions`}>
                  <IconDots size={20} stroke={1.75} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item onClick={onNote}>
                  <Trans>Write a note</Trans>
                </Menu.Item>
                {!closed && (
                  <>
                    <Menu.Item onClick={onTransfer}>
                      <Trans>Transfer</Trans>
                    </Menu.Item>
                    <Menu.Item onClick={() => onTopics(true)}>
                      <Trans>Topics</Trans>
                    </Menu.Item>
                    <Menu.Item onClick={() => noReplyNeeded.mutate(!conversation.noReplyNeeded)}>
                      {conversation.noReplyNeeded ? <Trans>A reply is needed</Trans> : <Trans>No reply needed</Trans>}
                    </Menu.Item>
                    {canPull && (
                      <Menu.Item onClick={() => onClose(true)}>
                        <Trans>Close and next</Trans>
                      </Menu.Item>
                    )}
                    <Menu.Item onClick={() => onClose(false)}>
                      <Trans>Close</Trans>
                    </Menu.Item>
                  </>
                )}
              </Menu.Dropdown>
            </Menu>
          )}
          {!customerShown && (
            <Tooltip label={t`Customer details ( ] )`}>
              <ActionIcon onClick={onCustomer} aria-label={t`Customer details`}>
                <IconLayoutSidebarRightExpand className={classes.wideIcon} size={18} stroke={1.75} />
                <IconUserCircle className={classes.phoneIcon} size={20} stroke={1.75} />
              </ActionIcon>
            </Tooltip>
          )}
        </div>
      </div>
      <div className={classes.sub}>
        <span className={classes.statusBelow}>
          <ConversationStatusChip status={conversation.status} />
        </span>
        <UnstyledButton
          className={classes.pill}
          onClick={onTransfer}
          disabled={closed || !works}
          aria-label={t`Inbox ${names.inbox(conversation.inboxId)}, transfer`}
        >
          <IconInbox size={14} stroke={1.75} aria-hidden />
          {names.inbox(conversation.inboxId)}
          {!closed && works && <IconChevronDown size={14} stroke={1.75} aria-hidden />}
        </UnstyledButton>
        <span className={classes.pill}>
          <IconUser size={14} stroke={1.75} aria-hidden />
          {assignee === me.user.id ? (
            <Trans>You</Trans>
          ) : assignee ? (
            names.person(assignee)
          ) : closed ? (
            <Trans>Nobody</Trans>
          ) : (
            <Trans>Nobody yet</Trans>
          )}
        </span>
        <DueWithWhy conversation={conversation} />
        {conversation.test && (
          <StatusChip status="off" icon={null}>
            <Trans>Test</Trans>
          </StatusChip>
        )}
        <Topics conversation={conversation} asked={topicsAsked} onAsked={onTopics} disabled={!works || closed} />
      </div>
    </header>
  )
}

function ConversationStatusChip({ status }: { status: OpenConversation["status"] }) {
  if (status === "closed")
    return (
      <StatusChip status="off" icon={IconCheck}>
        <Trans>Closed</Trans>
      </StatusChip>
    )
  return (
    <span className={classes.desktop}>
      <StatusChip status="info" icon={null}>
        {status === "new" ? (
          <Trans>New</Trans>
        ) : status === "open" ? (
          <Trans>Open</Trans>
        ) : (
          <Trans>Waiting for customer</Trans>
        )}
      </StatusChip>
    </span>
  )
}

/** The due date; pressed, it says which rule set it. It stands below the name, which needs the room, on a phone beside it. */
function DueWithWhy({ conversation }: { conversation: OpenConversation }) {
  const { t } = useLingui()
  if (!conversation.dueAt) return null
  return (
    <Popover position="bottom-start" width={340} withArrow trapFocus>
      <Popover.Target>
        <UnstyledButton className={classes.due}>
          <SlaChip dueAt={conversation.dueAt} slaSeconds={conversation.contact?.slaSeconds ?? null} />
          <VisuallyHidden>
            , <Trans>why then?</Trans>
          </VisuallyHidden>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown aria-label={t`Why this due date`}>
        <WhySteps conversationId={conversation.id} kinds={["received", "entry_point", "inbox", "sla", "due"]} />
      </Popover.Dropdown>
    </Popover>
  )
}
