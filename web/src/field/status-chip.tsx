import {
  type Icon,
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconClockExclamation,
  IconInfoCircle,
  IconNote,
} from "@tabler/icons-react"
import type { ReactNode } from "react"
import classes from "./status-chip.module.css"

export type Status = "ok" | "soon" | "overdue" | "info" | "off" | "note"

const icons: Record<Status, Icon> = {
  ok: IconCircleCheck,
  soon: IconClockExclamation,
  overdue: IconAlertTriangle,
  info: IconInfoCircle,
  off: IconCircleDashed,
  note: IconNote,
}

type Props = { status: Status; children: ReactNode; title?: string; icon?: Icon | null; role?: string }

/** A status is an icon and a word, never a color alone (ui.md 2). */
export function StatusChip({ status, children, title, icon, role }: Props) {
  const Glyph = icon === undefined ? icons[status] : icon
  return (
    <span className={`${classes.chip} ${classes[status]}`} data-chip title={title} role={role}>
      {Glyph && <Glyph size={13} stroke={1.75} aria-hidden />}
      {children}
    </span>
  )
}
