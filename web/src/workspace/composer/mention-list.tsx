import { Paper, UnstyledButton } from "@mantine/core"
import { useLingui } from "@lingui/react/macro"
import type { RefObject } from "react"
import type { User } from "../../../../src/core/people/user.ts"
import classes from "./composer.module.css"

const suggestionsMax = 5

type Props = {
  text: string
  field: RefObject<HTMLTextAreaElement | null>
  users: User[]
  onText: (text: string) => void
}

/** Colleagues for the `@…` that is being written at the end of the text. */
export function MentionList({ text, field, users, onText }: Props) {
  const { t } = useLingui()
  const begun = /(?:^|\s)@([\p{L}\p{N}]{0,30})$/u.exec(text)?.[1]
  if (begun === undefined) return null
  const fitting = users.filter((user) => user.name.toLowerCase().includes(begun.toLowerCase())).slice(0, suggestionsMax)
  if (fitting.length === 0) return null
  return (
    <Paper className={classes.mentions} shadow="md" role="group" aria-label={t`Mention a colleague`}>
      {fitting.map((user) => (
        <UnstyledButton
          key={user.id}
          className={classes.mention}
          onClick={() => {
            onText(`${text.slice(0, text.length - begun.length)}${user.name} `)
            field.current?.focus()
          }}
        >
          @{user.name}
        </UnstyledButton>
      ))}
    </Paper>
  )
}

/** Ids of the colleagues whose whole name stands behind an `@`. */
export function mentionedIn(text: string, users: readonly Pick<User, "id" | "name">[]): string[] {
  const lower = text.toLowerCase()
  return users.filter((user) => lower.includes(`@${user.name.toLowerCase()}`)).map((user) => user.id)
}
