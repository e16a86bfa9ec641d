import { UnstyledButton } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconNote } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { useEffect, useState } from "react"
import type { ChannelName } from "../../../../src/core/channels.ts"
import { textLengthMax } from "../../../../src/core/conversations/composing.ts"
import type { ReplyOption } from "../../../../src/core/conversations/reply-option.ts"
import { useMe } from "../../can.ts"
import { announce } from "../../field/announcer.tsx"
import { usersQuery } from "../../settings/users/users.queries.ts"
import { shownName } from "../names.ts"
import { useTellTyping } from "../typing.ts"
import type { OpenConversation } from "../work.queries.ts"
import { ChannelPicker } from "./channel-picker.tsx"
import classes from "./composer.module.css"
import { ComposerFrame } from "./composer-frame.tsx"
import { Count } from "./count.tsx"
import { type Draft, type DraftState, isEmpty, useDraft } from "./draft.ts"
import { AttachButton, Files } from "./files.tsx"
import { FromAndTo } from "./from-and-to.tsx"
import { carry, focusNext, takeCarried, takeFocus } from "./hand-over.ts"
import { areCopiesRight, MailFields } from "./mail-fields.tsx"
import { MailText } from "./mail-text.tsx"
import { PlainText } from "./plain-text.tsx"
import { refusalTexts } from "./refusals.ts"
import { AddNoteButton, SendButtons } from "./send-buttons.tsx"
import { useAddNote, useSendAnswer } from "./sending.ts"
import { UndoBar } from "./undo-bar.tsx"
import { useUploads } from "./uploads.ts"

export type ComposerTab = "reply" | "note"

type Props = {
  conversation: OpenConversation
  options: ReplyOption[]
  /** Of the channel; null: a note is written. */
  option: ReplyOption | null
  channel: ChannelName | null
  onTab: (tab: ComposerTab) => void
  onChannel: (channel: ChannelName) => void
  onSendAndClose: () => void
}

/** The form of one channel, or of the note, around its draft. */
export function Writing({ conversation, options, option, channel, onTab, onChannel, onSendAndClose }: Props) {
  const { t } = useLingui()
  const me = useMe()
  const isNote = option === null
  const kind = isNote || !channel ? "note" : channel
  const { draft, state, revision, put, clear } = useDraft(me.user.id, conversation.id, kind)
  const tellTyping = useTellTyping(conversation.id, kind)
  const [wantsFocus] = useState(takeFocus)
  const users = useQuery(usersQuery).data ?? []
  const uploads = useUploads(draft, put)
  const answer = useSendAnswer(conversation, channel, option)
  const note = useAddNote(conversation, clear)
  const blocked = option !== null && !option.allowed

  useEffect(() => {
    const carried = takeCarried(conversation.id)
    if (carried && !isEmpty(carried)) put(carried)
  }, [conversation.id, put])

  const canSend =
    !blocked &&
    !isEmpty(draft) &&
    !uploads.busy &&
    !note.busy &&
    areCopiesRight(draft) &&
    !(option && draft.text.length > option.lengthMax)
  const send = () => {
    if (!canSend) return false
    if (isNote) note.add(draft, users)
    else {
      answer.send(draft)
      clear()
    }
    return true
  }
  const sendByKeys = (event: KeyboardEvent): boolean => {
    if (event.key !== "Enter" || event.isComposing) return false
    const command = event.metaKey || event.ctrlKey
    if (!command && !(kind === "chat" && !event.shiftKey)) return false
    event.preventDefault()
    if (send() && command && event.shiftKey && !isNote) onSendAndClose()
    return true
  }
  const write = (next: Draft, byEditor = false) => {
    put(next, byEditor)
    if (next.text !== "") tellTyping()
  }
  const changeChannel = (next: ChannelName) => {
    focusNext()
    if (next !== channel && !isNote && !isEmpty(draft)) {
      carry(conversation.id, draft)
      clear()
      if (draft.html && /<(b|strong|i|em|a|ul|ol|blockquote)\b/.test(draft.html))
        announce("status", t`Bold, links and lists are left out on this channel.`)
    }
    onChannel(next)
  }
  const changeTab = (tab: ComposerTab) => {
    focusNext()
    onTab(tab)
  }
  const label = isNote
    ? t`Write a note. Only your team sees it. @ mentions a colleague.`
    : t`Write to ${shownName(conversation.customer.name, t`the customer`)}`
  return (
    <ComposerFrame note={isNote} onDragOver={(event) => event.preventDefault()} onDrop={uploads.onDrop}>
      <UndoBar conversationId={conversation.id} onUndone={(undone) => isEmpty(draft) && put(undone)} />
      <div className={classes.tabs}>
        {channel && (
          <ChannelPicker
            options={options}
            channel={channel}
            selected={!isNote}
            onSelect={() => isNote && changeTab("reply")}
            onChannel={changeChannel}
          />
        )}
        <UnstyledButton
          className={classes.tab}
          data-selected={isNote || undefined}
          aria-pressed={isNote}
          onClick={() => changeTab("note")}
        >
          <IconNote className={classes.noteIcon} size={16} stroke={1.75} aria-hidden />
          <Trans>Note</Trans>
        </UnstyledButton>
        <span className="grow" />
        {option ? (
          <FromAndTo
            option={option}
            draft={draft}
            onFrom={(entryPointId) => put({ ...draft, entryPointId }, true)}
            onTo={(toAddressId) => put({ ...draft, toAddressId }, true)}
          />
        ) : (
          <span className={classes.as}>
            <span className="ellipsis">
              <Trans>Only your team sees this</Trans>
            </span>
          </span>
        )}
      </div>
      <div className={classes.middle}>
        {kind === "email" && !blocked && (
          <MailFields
            subject={answer.subjectOf(draft)}
            copies={draft}
            onChange={(change) => put({ ...draft, ...change }, true)}
          />
        )}
        {blocked ? (
          <p className={classes.blocked}>
            {option.reason && t(refusalTexts[option.reason])} {option.remedy}
          </p>
        ) : kind === "email" ? (
          <MailText
            html={draft.html}
            text={draft.text}
            revision={revision}
            label={label}
            autoFocus={wantsFocus}
            onChange={(html, text) => write({ ...draft, html: html || null, text }, true)}
            onSubmit={sendByKeys}
            onEscape={leave}
          />
        ) : (
          <PlainText
            text={draft.text}
            label={label}
            autoFocus={wantsFocus}
            colleagues={isNote ? users.filter(({ status, id }) => status === "active" && id !== me.user.id) : null}
            onText={(text) => write({ ...draft, text, html: null })}
            onFiles={uploads.add}
            onSubmit={sendByKeys}
            onEscape={leave}
          />
        )}
        <Files
          files={draft.attachments}
          busy={uploads.busy}
          onRemove={(id) => put({ ...draft, attachments: draft.attachments.filter((file) => file.id !== id) })}
        />
      </div>
      <div className={classes.foot}>
        {!isNote && !blocked && <AttachButton onFiles={uploads.add} />}
        <Count
          channel={kind}
          text={draft.text}
          lengthMax={option?.lengthMax ?? textLengthMax.email}
          files={draft.attachments.length}
        />
        <Saved state={state} />
        <span className="grow" />
        {isNote ? (
          <AddNoteButton canSend={canSend} busy={note.busy} onSend={send} />
        ) : (
          !blocked && (
            <SendButtons canSend={canSend} byEnter={kind === "chat"} onSend={send} onSendAndClose={onSendAndClose} />
          )
        )}
      </div>
    </ComposerFrame>
  )
}

/** Esc leaves the composer; the draft is kept. */
function leave() {
  document.querySelector<HTMLElement>('[data-region="timeline"]')?.focus()
}

function Saved({ state }: { state: DraftState }) {
  return (
    <span className={classes.saved} data-draft={state}>
      {state === "saved" && <Trans>Draft saved</Trans>}
      {state === "kept" && <Trans>Draft kept in this browser</Trans>}
    </span>
  )
}
