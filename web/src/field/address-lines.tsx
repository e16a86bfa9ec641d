import { Textarea } from "@mantine/core"
import { plural, t } from "@lingui/core/macro"
import { useLingui } from "@lingui/react/macro"
import type { ReactNode } from "react"
import { locale } from "./locale.ts"
import { readAddressLines } from "./read-address-lines.ts"

type Props = {
  label: string
  description: ReactNode
  placeholder: string
  value: string
  onChange: (text: string) => void
  /** Once it was tried to send them. */
  showError: boolean
  serverError?: string
}

/** Mail addresses, typed or pasted, as many as there are. */
export function AddressLines({ label, description, placeholder, value, onChange, showError, serverError }: Props) {
  const { t } = useLingui()
  const { addresses, wrong } = readAddressLines(value)
  const error =
    addresses.length === 0 ? t`Enter at least one address.` : wrong.length > 0 ? wrongText(wrong) : undefined
  return (
    <Textarea
      label={label}
      description={description}
      autosize
      minRows={3}
      maxRows={10}
      data-autofocus
      placeholder={placeholder}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={(showError && error) || serverError}
    />
  )
}

const namedMost = 3

function wrongText(wrong: string[]): string {
  const named = wrong.slice(0, namedMost).map((each) => `"${each}"`)
  const more = wrong.length - named.length
  const all = new Intl.ListFormat(locale).format(
    more > 0 ? [...named, plural(more, { one: "# more", other: "# more" })] : named,
  )
  return wrong.length === 1
    ? t`${all} is no address. Write one per line, such as support@example.com.`
    : t`${all} are no addresses. Write one per line, such as support@example.com.`
}
