import { Trans, useLingui } from "@lingui/react/macro"
import { IconArrowUp } from "@tabler/icons-react"
import type { Conversation } from "../../../../src/core/conversations/conversation.ts"
import { useMe } from "../../can.ts"
import { ChannelIcon } from "../../field/channel-icon.tsx"
import { useNowMinutes } from "../../field/now.ts"
import { exactTime } from "../../field/relative-time.tsx"
import { SlaChip } from "../../field/sla-chip.tsx"
import { useHasDraft } from "../composer/draft.ts"
import { shownName, useNames } from "../names.ts"
import { shortTime } from "../short-time.ts"
import { useTyping } from "../typing.ts"
import { channelOf, needsReply } from "./groups.ts"
import classes from "./list.module.css"

type Props = {
  conversation: Conversation
  selected: boolean
  /** Exactly one row of the list is a tab stop. */
  tabStop: boolean
  /** A row that will stand higher once the hand has left the list. */
  rises: boolean
  onOpen: () => void
  onFocus: () => void
  queued?: boolean
}

/** One conversation, 68 px: channel, name, time since, the last words, its Inbox, its due date. */
export function ListRow({ conversation, selected, tabStop, rises, onOpen, onFocus, queued }: Props) {
  const { t } = useLingui()
  const now = useNowMinutes()
  const names = useNames()
  const typing = useTyping(conversation.id)
  const hasDraft = useHasDraft(useMe().user.id, conversation.id)
  const { lastItem, queueItem, contact } = conversation
  const at = (queued && queueItem?.waitingSince) || lastItem?.at || conversation.createdAt
  const unread = conversation.unread && !selected
  const name = shownName(conversation.customer.name, t`Unknown customer`)
  return (
    <div
      role="option"
      aria-selected={selected}
      tabIndex={tabStop ? 0 : -1}
      data-row={conversation.id}
      className={classes.row}
      data-selected={selected || undefined}
      data-unread={unread || undefined}
      onClick={onOpen}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return
        event.preventDefault()
        onOpen()
      }}
      onFocus={onFocus}
    >
      {unread && <span className={classes.dot} />}
      <ChannelIcon channel={channelOf(conversation)} />
      <span className={classes.text}>
        <span className={classes.line}>
          <span className={`${classes.name} ellipsis`} title={name} dir="auto">
            {name}
          </span>
          {rises && <IconArrowUp size={13} stroke={1.75} aria-label={t`moves up`} className={classes.rises} />}
          <time dateTime={at} title={exactTime(at)} className={classes.time}>
            {shortTime(at, now)}
          </time>
        </span>
        <span className={`${classes.preview} ellipsis`} dir={typing ? undefined : "auto"}>
          {typing ? (
            <Trans>{typing} is writing…</Trans>
          ) : (
            <>
              {hasDraft && (
                <bdi className={classes.draft}>
                  <Trans>Draft</Trans>{" "}
                </bdi>
              )}
              {lastItem?.direction === "outbound" && (
                <bdi>
                  <Trans>You: </Trans>
                </bdi>
              )}
              {lastItem?.preview || t`No message yet`}
            </>
          )}
        </span>
        <span className={classes.meta}>
          <span className="ellipsis">
            {queued && queueItem ? (
              <Trans>
                Place {queueItem.position} · {names.inbox(conversation.inboxId)}
              </Trans>
            ) : (
              names.inbox(conversation.inboxId)
            )}
          </span>
          {(needsReply(conversation) || queued) && (
            <SlaChip dueAt={conversation.dueAt} slaSeconds={contact?.slaSeconds ?? null} />
          )}
        </span>
      </span>
    </div>
  )
}
