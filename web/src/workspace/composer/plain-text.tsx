import { Textarea } from "@mantine/core"
import { useEffect, useRef } from "react"
import type { User } from "../../../../src/core/people/user.ts"
import classes from "./composer.module.css"
import { MentionList } from "./mention-list.tsx"

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
        onKeyDown={(event) => (event.key === "Escape" ? onEscape() : void onSubmit(event.nativeEvent))}
        onPaste={(event) => event.clipboardData.files.length > 0 && onFiles([...event.clipboardData.files])}
      />
      {colleagues && <MentionList text={text} field={field} users={colleagues} onText={onText} />}
    </>
  )
}
