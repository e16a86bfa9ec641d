import {
  ActionIcon,
  Button,
  FileButton,
  Loader,
  Menu,
  Skeleton,
  Textarea,
  Tooltip,
  UnstyledButton,
} from "@mantine/core"
import { Plural, Trans, useLingui } from "@lingui/react/macro"
import { IconChevronDown, IconNote, IconPaperclip, IconX } from "@tabler/icons-react"
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type DragEvent, lazy, Suspense, useEffect, useRef, useState } from "react"
import type { ChannelName } from "../../../../src/core/channels.ts"
import {
  attachmentBytesMax,
  attachmentsMax,
  replySubject,
  textLengthMax,
} from "../../../../src/core/conversations/composing.ts"
import type { Attachment } from "../../../../src/core/conversations/message.ts"
import type { ReplyOption } from "../../../../src/core/conversations/reply-option.ts"
import type { TimelineItem } from "../../../../src/core/conversations/timeline-item.ts"
import { segmentsOf } from "../../../../src/core/sms/segments.ts"
import { api } from "../../api.ts"
import { useMe } from "../../can.ts"
import { announce } from "../../field/announcer.tsx"
import { toastProblem } from "../../field/toast.tsx"
import { usersQuery } from "../../settings/users/users.queries.ts"
import { bytes } from "../timeline/attachment-card.tsx"
import { useTellTyping } from "../typing.ts"
import { replyOptionsQuery, timelineQuery, type OpenConversation, workKeys } from "../work.queries.ts"
import { ChannelPicker } from "./channel-picker.tsx"
import classes from "./composer.module.css"
import { type Draft, emptyDraft, isEmpty, useDraft } from "./draft.ts"
import { type Copies, MailFields } from "./mail-fields.tsx"
import { MentionList, mentionedIn } from "./mention-list.tsx"
import { post } from "./outbox.ts"
import { refusalTexts } from "./refusals.ts"
import type { RichTextProps } from "./rich-text.tsx"
import { UndoBar } from "./undo-bar.tsx"

/** Where the editor cannot be loaded (the line, a new version), a mail is written as plain text. */
const RichText = lazy(() =>
  import("./rich-text.tsx").then((module) => ({ default: module.RichText })).catch(() => ({ default: PlainMail })),
)

export type ComposerTab = "reply" | "note"
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
  const latest = conversation.lastItem?.channel ?? conversation.contact?.channel
  const usable = options?.filter((option) => option.allowed) ?? []
  const first =
    usable.find((option) => option.channel === latest) ??
    usable[0] ??
    options?.find((option) => option.channel === latest) ??
    options?.[0]
  const [chosen, setChosen] = useState<ChannelName | null>(null)
  const channel = chosen ?? first?.channel ?? null
  const option = options?.find((each) => each.channel === channel) ?? null
  if (query.isError && !options)
    return <ComposerFrame note={false}>{<p className={classes.blocked}>{query.error.message}</p>}</ComposerFrame>
  if (!options) return <ComposerFrame note={false}>{<Skeleton height={60} m="sm" />}</ComposerFrame>
  const isNote = tab === "note" || !channel
  const key = `${conversation.id}:${isNote ? "note" : channel}`
  return (
    <Writing
      key={key}
      conversation={conversation}
      options={options}
      option={isNote ? null : option}
      channel={channel}
      isNote={isNote}
      onTab={onTab}
      onChannel={(next) => {
        setChosen(next)
        onTab("reply")
      }}
      onSendAndClose={onSendAndClose}
    />
  )
}

function ComposerFrame({
  note,
  children,
  ...events
}: { note: boolean; children: React.ReactNode } & Pick<React.HTMLAttributes<HTMLElement>, "onDrop" | "onDragOver">) {
  const { t } = useLingui()
  return (
    <section
      className={classes.composer}
      data-note={note || undefined}
      aria-label={note ? t`Note for the team` : t`Answer`}
      {...events}
    >
      {children}
    </section>
  )
}

/** What a change of channel carries over. */
let carried: { conversationId: string; text: string } | null = null
/** A person who chose a tab or a channel wants to write at once. */
let focusNext = false

type WritingProps = {
  conversation: OpenConversation
  options: ReplyOption[]
  option: ReplyOption | null
  channel: ChannelName | null
  isNote: boolean
  onTab: (tab: ComposerTab) => void
  onChannel: (channel: ChannelName) => void
  onSendAndClose: () => void
}

function Writing({ conversation, options, option, channel, isNote, onTab, onChannel, onSendAndClose }: WritingProps) {
  const { t } = useLingui()
  const me = useMe()
  const client = useQueryClient()
  const kind = isNote || !channel ? "note" : channel
  const { draft, state, revision, put, clear } = useDraft(me.user.id, conversation.id, kind)
  const tellTyping = useTellTyping(conversation.id, kind)
  const [from, setFrom] = useState<string | null>(null)
  const [to, setTo] = useState<string | null>(null)
  const [copies, setCopies] = useState<Copies>({ cc: [], bcc: [] })
  const [wantsFocus] = useState(() => focusNext)
  const users = useQuery(usersQuery).data ?? []
  const field = useRef<HTMLTextAreaElement>(null)
  const uploads = useUploads(draft, put)
  const blocked = !isNote && !option?.allowed
  const items = (useInfiniteQuery(timelineQuery(conversation.customer.id)).data?.pages ?? []).flatMap(
    (page) => page.items,
  )
  const subject = draft.subject ?? subjectOf(items, conversation.id)

  useEffect(() => {
    focusNext = false
    if (wantsFocus) field.current?.focus()
    if (carried?.conversationId === conversation.id && carried.text)
      put({ ...emptyDraft, text: carried.text, html: null })
    carried = null
  }, [conversation.id, put, wantsFocus])

  const note = useMutation({
    mutationFn: (body: { text: string; mentionUserIds: string[] }) =>
      api.post(`/conversations/${conversation.id}/notes`, body),
    onSuccess: () => {
      clear()
      announce("status", t`Note added`)
      void client.invalidateQueries({ queryKey: workKeys.timeline(conversation.customer.id) })
    },
    onError: toastProblem,
  })

  const canSend =
    !blocked && !isEmpty(draft) && !uploads.busy && !note.isPending && !(option && draft.text.length > option.lengthMax)
  const send = () => {
    if (!canSend) return false
    if (isNote) {
      note.mutate({ text: draft.text.trim(), mentionUserIds: mentionedIn(draft.text, users) })
      return true
    }
    if (!channel) return false
    const isMail = channel === "email"
    const seen = items
      .filter((item) => item.conversationId === conversation.id && item.message?.direction === "inbound")
      .toSorted((a, b) => b.position - a.position)[0]
    post({
      userId: me.user.id,
      conversationId: conversation.id,
      channel,
      text: draft.text,
      subject: isMail ? subject : null,
      html: draft.html,
      attachments: draft.attachments,
      body: {
        channel,
        ...(from && { entryPointId: from }),
        ...(to && { toAddressId: to }),
        text: draft.text,
        ...(isMail && {
          ...(draft.html && { html: draft.html }),
          ...(subject && { subject }),
          cc: copies.cc,
          bcc: copies.bcc,
        }),
        attachmentIds: draft.attachments.map(({ id }) => id),
        ...(seen?.message && { seenMessageId: seen.message.id }),
      },
    })
    clear()
    return true
  }

  const onKeys = (event: {
    key: string
    metaKey: boolean
    ctrlKey: boolean
    shiftKey: boolean
    isComposing?: boolean
    preventDefault: () => void
  }): boolean => {
    if (event.key !== "Enter" || event.isComposing) return false
    const command = event.metaKey || event.ctrlKey
    if (!command && !(channel === "chat" && !isNote && !event.shiftKey)) return false
    event.preventDefault()
    if (send() && command && event.shiftKey && !isNote) onSendAndClose()
    return true
  }
  const leave = () => document.querySelector<HTMLElement>('[data-region="timeline"]')?.focus()
  const write = (next: Draft, byEditor = false) => {
    put(next, byEditor)
    if (next.text !== "") tellTyping()
  }
  const placeholder = isNote
    ? t`Write a note. Only your team sees it. @ mentions a colleague.`
    : t`Write to ${conversation.customer.name ?? t`the customer`}`
  return (
    <ComposerFrame note={isNote} onDragOver={(event) => event.preventDefault()} onDrop={uploads.onDrop}>
      <UndoBar
        conversationId={conversation.id}
        onUndone={(text) => isEmpty(draft) && put({ ...emptyDraft, ...text })}
      />
      <div className={classes.tabs}>
        {channel && (
          <ChannelPicker
            options={options}
            channel={channel}
            selected={!isNote}
            onSelect={() => {
              if (!isNote) return
              focusNext = true
              onTab("reply")
            }}
            onChannel={(next) => {
              focusNext = true
              if (next !== channel && !isNote && draft.text !== "") {
                carried = { conversationId: conversation.id, text: draft.text }
                if (draft.html && /<(b|strong|i|em|a|ul|ol|blockquote)\b/.test(draft.html))
                  announce("status", t`Bold, links and lists are left out on this channel.`)
              }
              onChannel(next)
            }}
          />
        )}
        <UnstyledButton
          className={classes.tab}
          data-selected={isNote || undefined}
          aria-pressed={isNote}
          onClick={() => {
            focusNext = true
            onTab("note")
          }}
        >
          <IconNote size={16} stroke={1.75} aria-hidden />
          <Trans>Note</Trans>
        </UnstyledButton>
        <span className="grow" />
        {isNote ? (
          <span className={classes.as}>
            <Trans>Only your team sees this</Trans>
          </span>
        ) : (
          option && <Route option={option} from={from} to={to} onFrom={setFrom} onTo={setTo} />
        )}
      </div>
      {!isNote && channel === "email" && !blocked && (
        <MailFields
          subject={subject}
          onSubject={(text) => put({ ...draft, subject: text }, true)}
          copies={copies}
          onCopies={setCopies}
        />
      )}
      {blocked ? (
        <p className={classes.blocked}>
          {option?.reason && t(refusalTexts[option.reason])} {option?.remedy}
        </p>
      ) : kind === "email" ? (
        <Suspense fallback={<Skeleton height={60} m="sm" />}>
          <RichText
            html={draft.html ?? htmlOf(draft.text)}
            revision={revision}
            label={placeholder}
            autoFocus={wantsFocus}
            onChange={(html, text) => write({ ...draft, html: html || null, text }, true)}
            onSubmit={onKeys}
            onEscape={leave}
          />
        </Suspense>
      ) : (
        <>
          <Textarea
            ref={field}
            variant="unstyled"
            autosize
            minRows={2}
            maxRows={12}
            classNames={{ input: classes.field }}
            data-composer
            aria-label={placeholder}
            placeholder={placeholder}
            value={draft.text}
            onChange={(event) => write({ ...draft, text: event.currentTarget.value, html: null })}
            onKeyDown={(event) => {
              if (event.key === "Escape") return leave()
              onKeys({
                ...event,
                key: event.key,
                metaKey: event.metaKey,
                ctrlKey: event.ctrlKey,
                shiftKey: event.shiftKey,
                isComposing: event.nativeEvent.isComposing,
                preventDefault: () => event.preventDefault(),
              })
            }}
            onPaste={(event) => event.clipboardData.files.length > 0 && uploads.add([...event.clipboardData.files])}
          />
          {isNote && (
            <MentionList
              text={draft.text}
              field={field}
              users={users.filter((user) => user.status === "active" && user.id !== me.user.id)}
              onText={(text) => write({ ...draft, text })}
            />
          )}
        </>
      )}
      {(draft.attachments.length > 0 || uploads.busy) && (
        <div className={classes.files}>
          {draft.attachments.map((file) => (
            <span key={file.id} className={classes.fileChip}>
              <span className="ellipsis">{file.name}</span> <span className="dim num">{bytes(file.sizeBytes)}</span>
              <ActionIcon
                size={24}
                aria-label={t`Remove ${file.name}`}
                onClick={() => put({ ...draft, attachments: draft.attachments.filter((each) => each.id !== file.id) })}
              >
                <IconX size={14} />
              </ActionIcon>
            </span>
          ))}
          {uploads.busy && <Loader size={16} aria-label={t`Uploading`} />}
        </div>
      )}
      <div className={classes.foot}>
        {!isNote && !blocked && (
          <FileButton multiple onChange={(files) => uploads.add(files)}>
            {(props) => (
              <Tooltip label={t`Attach files`}>
                <ActionIcon {...props} aria-label={t`Attach files`}>
                  <IconPaperclip size={18} stroke={1.75} />
                </ActionIcon>
              </Tooltip>
            )}
          </FileButton>
        )}
        <Count
          channel={kind}
          text={draft.text}
          lengthMax={option?.lengthMax ?? textLengthMax.email}
          files={draft.attachments.length}
        />
        <span className={classes.saved} data-draft={state}>
          {state === "saved" && <Trans>Draft saved</Trans>}
          {state === "kept" && !isEmpty(draft) && <Trans>Draft kept in this browser</Trans>}
        </span>
        <span className="grow" />
        {isNote ? (
          <Button
            size="xs"
            className={classes.addNote}
            variant="outline"
            onClick={send}
            aria-disabled={!canSend}
            data-disabled={!canSend || undefined}
            loading={note.isPending}
          >
            <Trans>Add note</Trans>
          </Button>
        ) : (
          !blocked && (
            <Button.Group>
              <Button
                size="xs"
                onClick={send}
                aria-disabled={!canSend}
                data-disabled={!canSend || undefined}
                className={classes.send}
              >
                <Trans>Send</Trans> <SendKeys chat={channel === "chat"} />
              </Button>
              <Menu position="top-end">
                <Menu.Target>
                  <Button size="xs" px={6} className={classes.sendMore} aria-label={t`More ways to send`}>
                    <IconChevronDown size={16} stroke={1.75} />
                  </Button>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item disabled={!canSend} onClick={() => send() && onSendAndClose()}>
                    <Trans>Send and close</Trans>
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            </Button.Group>
          )
        )}
      </div>
    </ComposerFrame>
  )
}

function PlainMail({ html, label, autoFocus, onChange, onSubmit, onEscape }: RichTextProps) {
  const [text, setText] = useState(() =>
    new DOMParser().parseFromString(html.replaceAll("</p>", "</p>\n\n"), "text/html").body.textContent.trim(),
  )
  return (
    <Textarea
      variant="unstyled"
      autosize
      minRows={3}
      maxRows={12}
      classNames={{ input: classes.field }}
      data-composer
      data-autofocus={autoFocus || undefined}
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value)
        onChange("", event.currentTarget.value)
      }}
      onKeyDown={(event) => (event.key === "Escape" ? onEscape() : void onSubmit(event.nativeEvent))}
    />
  )
}

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent)

function SendKeys({ chat }: { chat: boolean }) {
  return (
    <span className={classes.keys} aria-hidden>
      {chat ? (isMac ? "↵" : "Enter") : isMac ? "⌘↵" : "Ctrl Enter"}
    </span>
  )
}

/** From which address to which: plain words where there is one, a choice where there are several. */
function Route({
  option,
  from,
  to,
  onFrom,
  onTo,
}: {
  option: ReplyOption
  from: string | null
  to: string | null
  onFrom: (id: string) => void
  onTo: (id: string) => void
}) {
  const { t } = useLingui()
  const chosenFrom =
    option.from.find((each) => each.entryPointId === from) ?? option.from.find((each) => each.default) ?? option.from[0]
  const chosenTo =
    option.to.find((each) => each.addressId === to) ?? option.to.find((each) => each.default) ?? option.to[0]
  if (!option.allowed) return null
  return (
    <span className={classes.as}>
      {option.to.length > 1 && (
        <Choice
          label={t`To`}
          value={chosenTo?.value ?? ""}
          choices={option.to.map((each) => ({ id: each.addressId, label: each.value }))}
          onChoose={onTo}
        />
      )}
      <Choice
        label={t`From`}
        value={chosenFrom?.label ?? t`choose`}
        choices={option.from.map((each) => ({ id: each.entryPointId, label: each.label }))}
        onChoose={onFrom}
      />
    </span>
  )
}

function Choice({
  label,
  value,
  choices,
  onChoose,
}: {
  label: string
  value: string
  choices: { id: string; label: string }[]
  onChoose: (id: string) => void
}) {
  if (choices.length < 2)
    return (
      <span className="ellipsis" title={value}>
        {label} {value}
      </span>
    )
  return (
    <Menu position="top-end">
      <Menu.Target>
        <UnstyledButton className={classes.choice} title={value}>
          <span className="ellipsis">
            {label} {value}
          </span>
          <IconChevronDown size={12} stroke={1.75} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map((choice) => (
          <Menu.Item key={choice.id} onClick={() => onChoose(choice.id)}>
            {choice.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

const warnBelow = 500

/** Parts of a text message, as the carrier bills them; elsewhere only what comes near the limit. */
function Count({
  channel,
  text,
  lengthMax,
  files,
}: {
  channel: string
  text: string
  lengthMax: number
  files: number
}) {
  if (channel === "sms" && text !== "") {
    const { units, segments, perSegment, remaining } = segmentsOf(text)
    const capacity = segments <= 1 ? perSegment : units + remaining
    return (
      <span className={classes.count} data-over={text.length > lengthMax || undefined}>
        <span className="num">
          {units}/{capacity}
        </span>{" "}
        · {files > 0 ? <Trans>picture message</Trans> : <Plural value={segments} one="# message" other="# messages" />}
      </span>
    )
  }
  if (text.length < lengthMax - warnBelow) return null
  return (
    <span className={classes.count} data-over={text.length > lengthMax || undefined}>
      <span className="num">
        {text.length}/{lengthMax}
      </span>
    </span>
  )
}

function useUploads(draft: Draft, put: (draft: Draft) => void) {
  const { t } = useLingui()
  const [running, setRunning] = useState(0)
  const latest = useRef(draft)
  latest.current = draft
  const add = async (files: File[]) => {
    for (const file of files) {
      if (latest.current.attachments.length >= attachmentsMax)
        return toastProblem(new Error(t`A message takes at most ${attachmentsMax} files.`))
      if (file.size > attachmentBytesMax) {
        toastProblem(new Error(t`${file.name} is larger than 25 MB and was not attached.`))
        continue
      }
      setRunning((count) => count + 1)
      try {
        const form = new FormData()
        form.append("file", file, file.name)
        const attachment = await api.upload<Attachment>("/attachments", form)
        latest.current = { ...latest.current, attachments: [...latest.current.attachments, attachment] }
        put(latest.current)
      } catch (error) {
        toastProblem(error)
      } finally {
        setRunning((count) => count - 1)
      }
    }
  }
  const onDrop = (event: DragEvent) => {
    if (event.dataTransfer.files.length === 0) return
    event.preventDefault()
    void add([...event.dataTransfer.files])
  }
  return { add: (files: File[]) => void add(files), onDrop, busy: running > 0 }
}

/** "Re: …" of the conversation's last mail. */
function subjectOf(items: TimelineItem[], conversationId: string): string {
  const last = items
    .filter((item) => item.conversationId === conversationId && item.message?.subject)
    .toSorted((a, b) => b.position - a.position)[0]
  return last?.message?.subject ? replySubject(last.message.subject) : ""
}

function htmlOf(text: string): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
  return escaped === ""
    ? ""
    : escaped
        .split(/\n{2,}/)
        .map((part) => `<p>${part.replaceAll("\n", "<br>")}</p>`)
        .join("")
}
