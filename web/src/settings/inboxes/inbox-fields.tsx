import { TextInput } from "@mantine/core"
import { useLingui } from "@lingui/react/macro"
import { ApiProblem } from "../../api.ts"
import { SlaMinutesInput, slaError } from "../../field/sla-minutes-input.tsx"

export type InboxValues = { name: string; sla: string }

type Props = {
  values: InboxValues
  onChange: (values: InboxValues) => void
  /** Once it was tried to save them. */
  tried: boolean
  error: Error | null
  readOnly?: boolean
  autoFocus?: boolean
}

/** What every Inbox has: a name of its own and an SLA. */
export function InboxFields({ values, onChange, tried, error, readOnly = false, autoFocus = false }: Props) {
  const { t } = useLingui()
  const { name, sla } = values
  const problem = error instanceof ApiProblem ? error : null
  const nameError =
    tried && !name.trim()
      ? t`Enter a name.`
      : problem?.code === "name_taken"
        ? t`An Inbox called ${name} exists.`
        : problem?.at("/name")
  return (
    <>
      <TextInput
        label={t`Name`}
        data-autofocus={autoFocus || undefined}
        value={name}
        maxLength={100}
        readOnly={readOnly}
        onChange={(event) => onChange({ ...values, name: event.currentTarget.value })}
        error={nameError}
      />
      <SlaMinutesInput
        label={t`SLA (minutes)`}
        required
        withHelp
        value={sla}
        onChange={(sla) => onChange({ ...values, sla })}
        showError={tried}
        serverError={problem?.at("/slaMinutesText")}
      />
    </>
  )
}

export function isComplete({ name, sla }: InboxValues): boolean {
  return name.trim() !== "" && !slaError(sla, true)
}
