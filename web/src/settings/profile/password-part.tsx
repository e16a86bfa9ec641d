import { Button, Group, PasswordInput, Stack } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation } from "@tanstack/react-query"
import { useState } from "react"
import { passwordLengthMin } from "../../account/account.queries.ts"
import { NewPasswordField } from "../../account/password-field.tsx"
import { ApiProblem, api } from "../../api.ts"
import { Form, Refusal } from "../../field/form.tsx"
import { LeaveGuard } from "../../field/leave-guard.tsx"
import { Done } from "./done.tsx"
import classes from "./profile.module.css"

export function PasswordPart() {
  const { t } = useLingui()
  const [currentPassword, setCurrentPassword] = useState("")
  const [password, setPassword] = useState("")
  const [tried, setTried] = useState(false)
  const save = useMutation({
    mutationFn: () => api.put<void>("/me/password", { currentPassword, password }),
    onSuccess: () => {
      setCurrentPassword("")
      setPassword("")
      setTried(false)
    },
  })
  const problem = save.error instanceof ApiProblem ? save.error : null
  return (
    <section className={classes.part} aria-labelledby="profile-password">
      <LeaveGuard
        when={(currentPassword !== "" || password !== "") && !save.isPending}
        question={<Trans>Leave without changing your password?</Trans>}
      />
      <h2 id="profile-password">
        <Trans>Password</Trans>
      </h2>
      <Form
        onSubmit={() => {
          setTried(true)
          if (currentPassword && password.length >= passwordLengthMin) save.mutate()
        }}
      >
        <Stack gap="md" maw={320}>
          {save.error && !problem?.errors.length && <Refusal>{save.error.message}</Refusal>}
          <PasswordInput
            label={t`Current password`}
            autoComplete="current-password"
            visibilityToggleButtonProps={{ "aria-label": t`Show current password` }}
            value={currentPassword}
            onChange={(event) => {
              save.reset()
              setCurrentPassword(event.currentTarget.value)
            }}
            error={tried && !currentPassword ? t`Enter your current password.` : problem?.at("/currentPassword")}
          />
          <NewPasswordField
            label={t`New password`}
            value={password}
            onChange={(event) => {
              save.reset()
              setPassword(event.currentTarget.value)
            }}
            tried={tried}
            error={problem?.at("/password")}
          />
          <Group gap="md">
            <Button type="submit" variant="default" loading={save.isPending}>
              <Trans>Change password</Trans>
            </Button>
            <Done>{save.isSuccess && <Trans>Password changed. Your other sessions were ended.</Trans>}</Done>
          </Group>
        </Stack>
      </Form>
    </section>
  )
}
