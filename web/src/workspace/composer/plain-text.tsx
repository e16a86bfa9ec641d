import { Textarea } from "@mantine/core"
import { type KeyboardEvent as KeyEvent, useEffect, useRef } from "react"
import type { User } from "../../../../src/core/people/user.ts"
import classes from "./composer.module.css"
import { MentionList, mentionListId, useMentions } from "./mention-list.tsx"

type Props = {
  text: string
  label: string
  autoFocus: boolean
  /** Whom an `@` may mention; null: it is no note. */
  colleagues: User[] | null
  onText: (text: string) => void
  onFiles: (files: File[]) => void
  /** True: the key was taken. */
  onSubmit: (event: KeyboardEvent) => boolean
  onEscape: () => void
}

/** A chat, a text message or a note. */
export function PlainText({ text, label, autoFocus, colleagues, onText, onFiles, onSubmit, onEscape }: Props) {
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    if (autoFocus) field.current?.focus()
  }, [autoFocus])
  const mentions = useMentions({ text, users: colleagues ?? [], onText })
  const isListed = mentions.fitting.length > 0
  const onKeyDown = (event: KeyEvent) => {
    if (mentions.onKey(event)) return
    if (event.key === "Escape") onEscape()
    else onSubmit(event.nativeEvent)
  }
  return (
    <>
      <Textarea
        ref={field}
        variant="unstyled"
        autosize
        minRows={2}
        maxRows={12}
        classNames={{ input: classes.field }}
        data-composer
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={(event) => onText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        dir="auto"
        aria-controls={isListed ? mentionListId : undefined}
        aria-activedescendant={isListed ? `${mentionListId}-${mentions.at}` : undefined}
        onPaste={(event) => event.clipboardData.files.length > 0 && onFiles([...event.clipboardData.files])}
      />
      <MentionList fitting={mentions.fitting} at={mentions.at} onChoose={mentions.choose} />
    </>
  )
}
