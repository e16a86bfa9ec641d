import { TextInput } from "@mantine/core"
import { useLingui } from "@lingui/react/macro"
import { type ReactNode, useState } from "react"
import {
  formatSeconds,
  parseInboxSlaMinutes,
  parseSlaMinutes,
  type SlaCode,
  slaMessage,
} from "../../../src/core/sla/minutes.ts"

type Inherited = { minutesText: string; inboxName: string; seconds: number }
type Props = {
  value: string
  onChange: (typed: string) => void
  /** What an empty field takes; absent in an Inbox's own field, which must be filled in. */
  inherited?: Inherited
  required?: boolean
  /** Also show the error before the field was left (after Save, or from the server). */
  showError?: boolean
  serverError?: string
  label?: ReactNode
  "aria-label"?: string
  id?: string
  withHelp?: boolean
}

/** SLA in decimal minutes, kept as typed; the same rules as on the server (core/sla), with the echo "= 40 s". */
export function SlaMinutesInput({
  value,
  onChange,
  inherited,
  required,
  showError,
  serverError,
  label,
  id,
  withHelp,
  ...aria
}: Props) {
  const { t } = useLingui()
  const [left, setLeft] = useState(false)
  const code = slaError(value, required)
  const error = code && (left || showError) ? slaMessage(code, inherited) : serverError
  return (
    <TextInput
      id={id}
      label={label}
      {...aria}
      description={withHelp ? t`Counts clock time, nights and weekends too.` : undefined}
      inputMode="decimal"
      autoComplete="off"
      value={value}
      placeholder={inherited?.minutesText}
      error={error}
      onChange={(event) => {
        setLeft(false)
        onChange(event.currentTarget.value)
      }}
      onBlur={() => setLeft(true)}
      rightSection={<span className="dim num">{echo(value, code, inherited, t`from Inbox`)}</span>}
      rightSectionWidth="auto"
      rightSectionPointerEvents="none"
      rightSectionProps={{ style: { paddingInlineEnd: 10, fontSize: 12 } }}
      classNames={{ input: "num" }}
    />
  )
}

/** Why the typed text cannot be taken; null when it can. */
export function slaError(typed: string, required?: boolean): SlaCode | "required" | null {
  const parsed = required ? parseInboxSlaMinutes(typed) : parseSlaMinutes(typed)
  return parsed.ok ? null : parsed.code
}

function echo(typed: string, code: string | null, inherited: Inherited | undefined, fromInbox: string): string {
  if (code) return ""
  const parsed = parseSlaMinutes(typed)
  if (parsed.ok && parsed.seconds !== null) return `= ${formatSeconds(parsed.seconds)}`
  return inherited ? `${fromInbox}, ${formatSeconds(inherited.seconds)}` : ""
}
