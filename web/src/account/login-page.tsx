import { Alert, Anchor, Button, PasswordInput, Stack, TextInput } from "@mantine/core"
import { t } from "@lingui/core/macro"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { Link, useRouter, useSearch } from "@tanstack/react-router"
import { type FormEvent, useState } from "react"
import { ApiProblem } from "../api.ts"
import { AccountCard } from "./account-card.tsx"
import { signIn } from "./account.queries.ts"
import { isOwnPath } from "./own-path.ts"

/** Sign-in; a wrong password keeps the e-mail. */
export function LoginPage() {
  const { t } = useLingui()
  const { to } = useSearch({ from: "/login" })
  const router = useRouter()
  const client = useQueryClient()
  const [email, setEmail] = useState("")
  const [password, setPassword] = useState("")
  const enter = useMutation({
    mutationFn: () => signIn(email.trim(), password),
    onSuccess: async () => {
      client.clear()
      await router.navigate({ href: to && isOwnPath(to) ? to : "/" })
    },
    onError: () => setPassword(""),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    enter.mutate()
  }
  return (
    <AccountCard title={t`Sign in`}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          {enter.error && (
            <Alert color="red" variant="light" role="alert" p="sm">
              {loginError(enter.error)}
            </Alert>
          )}
          <TextInput
            label={t`E-mail`}
            type="email"
            autoComplete="username"
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            autoFocus
            data-autofocus
          />
          <PasswordInput
            label={t`Password`}
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            visibilityToggleButtonProps={{ "aria-label": t`Show password` }}
          />
          <Button type="submit" loading={enter.isPending} fullWidth>
            <Trans>Sign in</Trans>
          </Button>
          <Anchor component={Link} to="/forgot-password" size="sm" ta="center">
            <Trans>Forgot password?</Trans>
          </Anchor>
        </Stack>
      </form>
    </AccountCard>
  )
}

function loginError(error: Error): string {
  if (!(error instanceof ApiProblem)) return error.message
  if (error.code === "credentials_wrong" || error.status === 422) return t`E-mail or password is wrong.`
  if (error.code === "too_many_tries") return t`Too many tries. Try again in a few minutes.`
  return error.message
}
