import { Anchor, Button, PasswordInput, Stack, TextInput } from "@mantine/core"
import { plural, t } from "@lingui/core/macro"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { Link, Navigate, useRouter, useSearch } from "@tanstack/react-router"
import { useRef, useState } from "react"
import { ApiProblem } from "../api.ts"
import { Form, Refusal } from "../field/form.tsx"
import { AccountCard } from "./account-card.tsx"
import { setupQuery, signIn } from "./account.queries.ts"
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
    onError: (error) => {
      if (!(error instanceof ApiProblem)) return
      setPassword("")
      passwordField.current?.focus()
    },
  })
  const [tried, setTried] = useState(false)
  const passwordField = useRef<HTMLInputElement>(null)
  const submit = () => {
    const complete = email.trim() !== "" && password !== ""
    setTried(!complete)
    if (complete) enter.mutate()
  }
  const isFirst = useQuery(setupQuery).data?.open
  if (isFirst) return <Navigate to="/setup" replace />
  return (
    <AccountCard title={t`Sign in`}>
      <Form onSubmit={submit}>
        <Stack gap="md">
          {enter.error && <Refusal>{loginError(enter.error)}</Refusal>}
          <TextInput
            label={t`E-mail`}
            type="email"
            autoComplete="username"
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={tried && email.trim() === "" ? t`Enter your e-mail address.` : undefined}
            autoFocus
            data-autofocus
          />
          <PasswordInput
            ref={passwordField}
            label={t`Password`}
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={tried && password === "" ? t`Enter your password.` : undefined}
            visibilityToggleButtonProps={{ "aria-label": t`Show password` }}
          />
          <Button type="submit" loading={enter.isPending} fullWidth>
            <Trans>Sign in</Trans>
          </Button>
          <Anchor component={Link} to="/forgot-password" size="sm" ta="center">
            <Trans>Forgot password?</Trans>
          </Anchor>
        </Stack>
      </Form>
    </AccountCard>
  )
}

function loginError(error: Error): string {
  if (!(error instanceof ApiProblem)) return error.message
  if (error.code === "credentials_wrong" || error.status === 422) return t`E-mail or password is wrong.`
  if (error.code === "too_many_tries" && error.retryAfterSeconds !== null) {
    const minutes = Math.ceil(error.retryAfterSeconds / 60)
    return t`Too many tries. Try again in ${plural(minutes, { one: "# minute", other: "# minutes" })}.`
  }
  if (error.code === "too_many_tries") return t`Too many tries. Try again in a few minutes.`
  return error.message
}
