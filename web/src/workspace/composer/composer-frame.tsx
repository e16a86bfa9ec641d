import { useLingui } from "@lingui/react/macro"
import type { HTMLAttributes, ReactNode } from "react"
import classes from "./composer.module.css"

type Props = { note: boolean; children: ReactNode } & Pick<HTMLAttributes<HTMLElement>, "onDrop" | "onDragOver">

/** The note's tint lies across the whole of it, so that nobody takes it for an answer. */
export function ComposerFrame({ note, children, ...events }: Props) {
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
