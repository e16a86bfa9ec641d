import { Button, Skeleton } from "@mantine/core"
import { Trans } from "@lingui/react/macro"
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import type { ChannelName } from "../../../../src/core/channels.ts"
import type { ReplyOption } from "../../../../src/core/conversations/reply-option.ts"
import { type OpenConversation, replyOptionsQuery } from "../work.queries.ts"
import classes from "./composer.module.css"
import { ComposerFrame } from "./composer-frame.tsx"
import { begunOn } from "./hand-over.ts"
import { type ComposerTab, Writing } from "./writing.tsx"

type Props = {
  conversation: OpenConversation
  tab: ComposerTab
  onTab: (tab: ComposerTab) => void
  /** Sent and to be closed: ⌘/Ctrl ⇧ Enter. */
  onSendAndClose: () => void
}

/** Where one writes: on which channel, from and to which address, what is lost by no crash (ui.md 4.2). */
export function Composer({ conversation, tab, onTab, onSendAndClose }: Props) {
  const query = useQuery(replyOptionsQuery(conversation.id))
  const options = query.data
  const [chosen, setChosen] = useState<ChannelName | null>(() => begunOn(conversation.id))
  if (!options)
    return (
      <ComposerFrame note={false}>
        {query.isError ? (
          <p className={classes.blocked}>
            {query.error.message}{" "}
            <Button size="compact-xs" variant="default" loading={query.isFetching} onClick={() => void query.refetch()}>
              <Trans>Retry</Trans>
            </Button>
          </p>
        ) : (
          <Skeleton height={60} m="sm" />
        )}
      </ComposerFrame>
    )
  const isThere = options.some((option) => option.channel === chosen)
  const channel = isThere ? chosen : firstChannel(options, conversation)
  const isNote = tab === "note" || !channel
  return (
    <Writing
      key={`${conversation.id}:${isNote ? "note" : channel}`}
      conversation={conversation}
      options={options}
      option={isNote ? null : (options.find((each) => each.channel === channel) ?? null)}
      channel={channel}
      onTab={onTab}
      onChannel={(next) => {
        setChosen(next)
        onTab("reply")
      }}
      onSendAndClose={onSendAndClose}
    />
  )
}

/** The channel on which the customer was last, where one can answer on it. */
function firstChannel(options: ReplyOption[], conversation: OpenConversation): ChannelName | null {
  const latest = conversation.lastItem?.channel ?? conversation.contact?.channel
  const usable = options.filter((option) => option.allowed)
  const first =
    usable.find((option) => option.channel === latest) ??
    usable[0] ??
    options.find((option) => option.channel === latest) ??
    options[0]
  return first?.channel ?? null
}
