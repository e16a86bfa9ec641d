import { Trans } from "@lingui/react/macro"
import { dueState } from "../../../src/core/sla/due.ts"
import { useNowSeconds } from "./now.ts"
import { exactTime } from "./relative-time.tsx"
import { StatusChip } from "./status-chip.tsx"
import classes from "./status-chip.module.css"
import { locale } from "./locale.ts"

type Props = { dueAt: string | null; slaSeconds: number | null }

/** Nothing while nothing is outstanding; then dimmed text, due soon, overdue (ui.md 2). All chips share one clock. */
export function SlaChip({ dueAt, slaSeconds }: Props) {
  const now = useNowSeconds()
  if (!dueAt) return null
  const due = new Date(dueAt)
  const left = Math.round((due.getTime() - now) / 1000)
  const state = dueState(due, slaSeconds, new Date(now))
  if (state === "overdue")
    return (
      <StatusChip status="overdue" title={exactTime(dueAt)} role="timer">
        <Trans>Overdue {span(-left)}</Trans>
      </StatusChip>
    )
  if (state === "due_soon")
    return (
      <StatusChip status="soon" title={exactTime(dueAt)} role="timer">
        <Trans>Due {span(left)}</Trans>
      </StatusChip>
    )
  return (
    <span className={classes.plain} title={exactTime(dueAt)} role="timer">
      <Trans>Due {left > 3600 ? clock(due, now) : span(left)}</Trans>
    </span>
  )
}

/** mm:ss below ten minutes, then minutes, then hours and days. */
function span(seconds: number): string {
  if (seconds < 600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

function clock(due: Date, now: number): string {
  const sameDay = due.toDateString() === new Date(now).toDateString()
  const time = due.toLocaleTimeString(locale, { timeStyle: "short" })
  return sameDay ? time : `${due.toLocaleDateString(locale, { weekday: "short" })} ${time}`
}
