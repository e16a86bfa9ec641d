import { Skeleton, Textarea } from "@mantine/core"
import { lazy, Suspense, useState } from "react"
import classes from "./composer.module.css"
import type { RichTextProps } from "./rich-text.tsx"

/** Where the editor cannot be loaded (the line, a new version), a mail is written as plain text. */
const RichText = lazy(() =>
  import("./rich-text.tsx").then((module) => ({ default: module.RichText })).catch(() => ({ default: PlainMail })),
)

type Props = Omit<RichTextProps, "html"> & { html: string | null; text: string }

/** The body of a mail, with bold, links and lists. */
export function MailText({ html, text, ...props }: Props) {
  return (
    <Suspense fallback={<Skeleton height={60} m="sm" />}>
      <RichText html={html ?? htmlOf(text)} {...props} />
    </Suspense>
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

function htmlOf(text: string): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
  return escaped === ""
    ? ""
    : escaped
        .split(/\n{2,}/)
        .map((part) => `<p>${part.replaceAll("\n", "<br>")}</p>`)
        .join("")
}
