import { Alert, Button, Stack } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import { ApiProblem } from "../api.ts"
import { AccountCard } from "./account-card.tsx"
import { fromFragment, setPassword } from "./account.queries.ts"
import { NewPasswordField } from "./password-field.tsx"

/** Opened by the link of a password reset: PUBLIC_URL/password#token=… */
export function NewPasswordPage() {
  const { t } = useLingui()
  const [token] = useState(() => fromFragment("token"))
  const [typed, setTyped] = useState("")
  const save = useMutation({ mutationFn: () => setPassword(token, typed) })
  const problem = save.error instanceof ApiProblem ? save.error : null
  const spent = problem?.errors.some((error) => error.code === "token_invalid")
  if (save.isSuccess)
    return (
      <AccountCard title={t`Password changed`} lead={t`All sessions were ended. Sign in with the new password.`}>
        <Button component={Link} to="/login" fullWidth>
          <Trans>Sign in</Trans>
        </Button>
      </AccountCard>
    )
  return (
    <AccountCard title={t`Choose a new password`}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack gap="md">
          {save.error && (
            <Alert color="red" variant="light" role="alert" p="sm">
              {spent ? (
                <Trans>This link was used or is too old. Ask for a new one.</Trans>
              ) : (
                (problem?.at("/password") ?? save.error.message)
              )}
            </Alert>
          )}
          <NewPasswordField value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
          <Button type="submit" loading={save.isPending}>
            <Trans>Save password</Trans>
          </Button>
        </Stack>
      </form>
    </AccountCard>
  )
}
