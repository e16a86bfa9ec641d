import { Button, Group, NumberInput, Switch } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { type ReactNode, useState } from "react"
import { formatSeconds } from "../../../../src/core/sla/minutes.ts"
import classes from "./workflow.module.css"

type Common = { label: string; description?: ReactNode; error?: string }

type NumberProps = Common & {
  value: number
  initial: number
  min: number
  max: number
  onChange: (value: number) => void
  unit?: "seconds" | "minutes" | "days" | "count"
}

const unitSeconds = { seconds: 1, minutes: 60, days: 86_400, count: 1 }

/** A number in the unit that people think in, its default, and the way back to it. */
export function NumberSetting({
  label,
  description,
  error,
  value,
  initial,
  min,
  max,
  onChange,
  unit = "seconds",
}: NumberProps) {
  const { t } = useLingui()
  const [empty, setEmpty] = useState(false)
  const size = unitSeconds[unit]
  const [least, most] = [Math.ceil(min / size), Math.floor(max / size)]
  const outside = value < min || value > max ? t`Enter a number from ${least} to ${most}.` : undefined
  const shownInitial = unit === "count" ? String(initial) : formatSeconds(initial)
  const suffix = { seconds: t` seconds`, minutes: t` minutes`, days: t` days`, count: "" }[unit]
  return (
    <div className={classes.row}>
      <NumberInput
        label={label}
        description={description}
        className={classes.input}
        min={least}
        max={most}
        clampBehavior="none"
        decimalScale={unit === "seconds" || unit === "count" ? 0 : 2}
        suffix={suffix}
        value={empty ? "" : value / size}
        onChange={(typed) => {
          setEmpty(typeof typed !== "number")
          if (typeof typed === "number") onChange(Math.round(typed * size))
        }}
        // Left empty it shows again what holds.
        onBlur={() => setEmpty(false)}
        error={outside ?? error}
      />
      <ResetTo shown={value !== initial} text={shownInitial} label={label} onReset={() => onChange(initial)} />
    </div>
  )
}

type SwitchProps = Common & { value: boolean; initial: boolean; onChange: (value: boolean) => void }

export function SwitchSetting({ label, description, value, initial, onChange }: SwitchProps) {
  const { t } = useLingui()
  return (
    <div className={classes.row}>
      <Switch
        className={classes.input}
        label={label}
        description={description}
        checked={value}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <ResetTo
        shown={value !== initial}
        text={initial ? t`on` : t`off`}
        label={label}
        onReset={() => onChange(initial)}
      />
    </div>
  )
}

export function ResetTo({
  shown,
  text,
  label,
  onReset,
}: {
  shown: boolean
  text: string
  label: string
  onReset: () => void
}) {
  const { t } = useLingui()
  return (
    <Group gap="xs" className={classes.reset}>
      <span className="dim">
        <Trans>Default: {text}</Trans>
      </span>
      {shown && (
        <Button size="compact-xs" variant="subtle" onClick={onReset} aria-label={t`Reset to default: ${label}`}>
          <Trans>Reset to default</Trans>
        </Button>
      )}
    </Group>
  )
}
