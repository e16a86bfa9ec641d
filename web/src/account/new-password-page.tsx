import { Button, Stack } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import { ApiProblem } from "../api.ts"
import { Form, Refusal } from "../field/form.tsx"
import { AccountCard } from "./account-card.tsx"
import { fromFragment, passwordLengthMin, setPassword } from "./account.queries.ts"
import { NewPasswordField } from "./password-field.tsx"

/** Opened by the link of a password reset: PUBLIC_URL/password#token=… */
export function NewPasswordPage() {
  const { t } = useLingui()
  const [token] = useState(() => fromFragment("token"))
  const [typed, setTyped] = useState("")
  const [tried, setTried] = useState(false)
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
  if (spent)
    return (
      <AccountCard
        title={t`This link no longer works`}
        lead={t`It was used, or it is too old. Your password is as it was.`}
      >
        <Button component={Link} to="/forgot-password" fullWidth>
          <Trans>Ask for a new link</Trans>
        </Button>
      </AccountCard>
    )
  return (
    <AccountCard title={t`Choose a new password`}>
      <Form
        onSubmit={() => {
          setTried(true)
          if (typed.length >= passwordLengthMin) save.mutate()
        }}
      >
        <Stack gap="md">
          {save.error && !problem?.at("/password") && <Refusal>{save.error.message}</Refusal>}
          <NewPasswordField
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            tried={tried}
            error={problem?.at("/password")}
            autoFocus
            data-autofocus
          />
          <Button type="submit" loading={save.isPending}>
            <Trans>Save password</Trans>
          </Button>
        </Stack>
      </Form>
    </AccountCard>
  )
}
