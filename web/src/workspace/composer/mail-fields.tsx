import { Anchor, TagsInput, TextInput } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useState } from "react"
import { recipientsMax } from "../../../../src/core/conversations/composing.ts"
import classes from "./composer.module.css"
import type { Draft } from "./draft.ts"

type Copies = Pick<Draft, "cc" | "bcc">

type Props = {
  subject: string
  copies: Copies
  onChange: (change: Partial<Pick<Draft, "subject" | "cc" | "bcc">>) => void
}

/** The subject, and who else gets it. */
export function MailFields({ subject, copies, onChange }: Props) {
  const { t } = useLingui()
  const [asked, setAsked] = useState(false)
  const withCopies = asked || copies.cc.length + copies.bcc.length > 0
  return (
    <div className={classes.mailFields}>
      <div className={classes.fieldRow}>
        <TextInput
          variant="unstyled"
          size="xs"
          className="grow"
          aria-label={t`Subject`}
          placeholder={t`Subject`}
          dir="auto"
          maxLength={998}
          value={subject}
          onChange={(event) => onChange({ subject: event.currentTarget.value })}
        />
        {!withCopies && (
          <Anchor component="button" type="button" size="xs" onClick={() => setAsked(true)}>
            <Trans>Cc, Bcc</Trans>
          </Anchor>
        )}
      </div>
      {withCopies && (
        <>
          <Recipients label={t`Cc`} value={copies.cc} onChange={(cc) => onChange({ cc })} />
          <Recipients label={t`Bcc`} value={copies.bcc} onChange={(bcc) => onChange({ bcc })} />
        </>
      )}
    </div>
  )
}

const address = /^[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]+$/

/** What was pasted may be a list, or an address in angle brackets. */
function addressesIn(text: string): string[] {
  return text.split(/[\s,;<>]+/).filter(Boolean)
}

export function areCopiesRight({ cc, bcc }: Copies): boolean {
  return [...cc, ...bcc].every((each) => address.test(each))
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
  const wrong = value.find((each) => !address.test(each))
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
        maxTags={recipientsMax}
        value={value}
        onChange={(tags) => onChange(tags.flatMap(addressesIn))}
        error={wrong ? t`${wrong} is no mail address.` : undefined}
      />
    </div>
  )
}
