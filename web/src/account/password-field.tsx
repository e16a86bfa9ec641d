import { PasswordInput, type PasswordInputProps } from "@mantine/core"
import { useLingui } from "@lingui/react/macro"
import { passwordLengthMin } from "./account.queries.ts"

type Props = PasswordInputProps & {
  /** The form was sent: what is too short is an error now, not only a hint. */
  tried?: boolean
}

/** A new password, with its strength in words (length is what counts). */
export function NewPasswordField({ tried, error, ...props }: Props) {
  const { t } = useLingui()
  const length = String(props.value ?? "").length
  const left = passwordLengthMin - length
  const description =
    length === 0
      ? t`At least ${passwordLengthMin} characters. A short sentence is good.`
      : left > 0
        ? t`${left} more characters`
        : length >= 20
          ? t`Strong`
          : t`Good`
  return (
    <PasswordInput
      label={t`Password`}
      autoComplete="new-password"
      description={description}
      error={tried && left > 0 ? (length === 0 ? t`Enter a password.` : t`Too short.`) : error}
      visibilityToggleButtonProps={{ "aria-label": t`Show password` }}
      {...props}
    />
  )
}
