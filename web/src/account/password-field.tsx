import { PasswordInput, type PasswordInputProps } from "@mantine/core"
import { useLingui } from "@lingui/react/macro"
import { passwordLengthMin } from "./account.queries.ts"

/** A new password, with its strength in words (length is what counts). */
export function NewPasswordField(props: PasswordInputProps) {
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
      visibilityToggleButtonProps={{ "aria-label": t`Show password` }}
      {...props}
    />
  )
}
