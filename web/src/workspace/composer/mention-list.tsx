import { Paper } from "@mantine/core"
import { useLingui } from "@lingui/react/macro"
import { type KeyboardEvent, useState } from "react"
import type { User } from "../../../../src/core/people/user.ts"
import classes from "./composer.module.css"

const suggestionsMax = 5
export const mentionListId = "mentions"

/** Colleagues for the `@…` that is being written at the end of the text: walked by arrows, taken by Enter or Tab. */
export function useMentions({ text, users, onText }: { text: string; users: User[]; onText: (text: string) => void }) {
  const begun = /(?:^|\s)@([\p{L}\p{N}]{0,30})$/u.exec(text)?.[1]
  const [active, setActive] = useState(0)
  /** The text for which Escape put the list away. */
  const [leftAt, setLeftAt] = useState<string | null>(null)
  const fitting =
    begun === undefined || text === leftAt
      ? []
      : users.filter((user) => user.name.toLowerCase().includes(begun.toLowerCase())).slice(0, suggestionsMax)
  const at = Math.min(active, fitting.length - 1)
  const choose = (user: User) => {
    onText(`${text.slice(0, text.length - (begun ?? "").length)}${user.name} `)
    setActive(0)
  }
  /** True: the key was for the list. */
  const onKey = (event: KeyboardEvent): boolean => {
    const user = fitting[at]
    if (!user || event.ctrlKey || event.metaKey || event.altKey || event.nativeEvent.isComposing) return false
    const { key } = event
    if (key === "ArrowDown") setActive((at + 1) % fitting.length)
    else if (key === "ArrowUp") setActive((at + fitting.length - 1) % fitting.length)
    else if (key === "Escape") setLeftAt(text)
    else if (key === "Enter" || (key === "Tab" && !event.shiftKey)) choose(user)
    else return false
    event.preventDefault()
    return true
  }
  return { fitting, at, choose, onKey }
}

type Props = { fitting: User[]; at: number; onChoose: (user: User) => void }

/** The focus stays in the text. */
export function MentionList({ fitting, at, onChoose }: Props) {
  const { t } = useLingui()
  if (fitting.length === 0) return null
  return (
    <Paper
      className={classes.mentions}
      shadow="md"
      id={mentionListId}
      role="listbox"
      aria-label={t`Mention a colleague`}
    >
      {fitting.map((user, index) => (
        <div
          key={user.id}
          id={`${mentionListId}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === at}
          data-active={index === at || undefined}
          className={classes.mention}
          // The text keeps the focus.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onChoose(user)}
          onKeyDown={(event) => event.key === "Enter" && onChoose(user)}
        >
          @{user.name}
        </div>
      ))}
    </Paper>
  )
}

/** Ids of the colleagues whose whole name stands behind an `@`. */
export function mentionedIn(text: string, users: readonly Pick<User, "id" | "name">[]): string[] {
  const lower = text.toLowerCase()
  return users.filter((user) => lower.includes(`@${user.name.toLowerCase()}`)).map((user) => user.id)
}
