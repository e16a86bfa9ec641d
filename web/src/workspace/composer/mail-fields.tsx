import { Anchor, TagsInput, TextInput } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useState } from "react"
import classes from "./composer.module.css"

export type Copies = { cc: string[]; bcc: string[] }

type Props = {
  subject: string
  onSubject: (subject: string) => void
  copies: Copies
  onCopies: (copies: Copies) => void
}

/** The subject, and who else gets it. */
export function MailFields({ subject, onSubject, copies, onCopies }: Props) {
  const { t } = useLingui()
  const [withCopies, setWithCopies] = useState(copies.cc.length + copies.bcc.length > 0)
  return (
    <div className={classes.mailFields}>
      <div className={classes.fieldRow}>
        <TextInput
          variant="unstyled"
          size="xs"
          className="grow"
          aria-label={t`Subject`}
          placeholder={t`Subject`}
          maxLength={998}
          value={subject}
          onChange={(event) => onSubject(event.currentTarget.value)}
        />
        {!withCopies && (
          <Anchor component="button" type="button" size="xs" onClick={() => setWithCopies(true)}>
            <Trans>Cc, Bcc</Trans>
          </Anchor>
        )}
      </div>
      {withCopies && (
        <>
          <Recipients label={t`Cc`} value={copies.cc} onChange={(cc) => onCopies({ ...copies, cc })} />
          <Recipients label={t`Bcc`} value={copies.bcc} onChange={(bcc) => onCopies({ ...copies, bcc })} />
        </>
      )}
    </div>
  )
}

function Recipients({
  label,
  value,
  onChange,
}: {
  label: string
  value: string[]
  onChange: (value: string[]) => void
}) {
  const { t } = useLingui()
  const wrong = value.find((address) => !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address))
  return (
    <div className={classes.fieldRow}>
      <span className={classes.fieldLabel} aria-hidden>
        {label}
      </span>
      <TagsInput
        variant="unstyled"
        size="xs"
        className="grow"
        aria-label={label}
        splitChars={[",", ";", " "]}
        acceptValueOnBlur
        value={value}
        onChange={onChange}
        error={wrong ? t`${wrong} is no mail address.` : undefined}
      />
    </div>
  )
}
