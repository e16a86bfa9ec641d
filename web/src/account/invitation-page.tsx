import { Button, Stack, TextInput } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { Link, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { ApiProblem } from "../api.ts"
import { Form, Refusal } from "../field/form.tsx"
import { AccountCard } from "./account-card.tsx"
import { acceptInvitation, fromFragment, passwordLengthMin } from "./account.queries.ts"
import { NewPasswordField } from "./password-field.tsx"

/** Opened by an invitation's link: PUBLIC_URL/invitation#token=… (one use, 24 hours). */
export function InvitationPage() {
  const { t } = useLingui()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [token] = useState(() => fromFragment("token"))
  const [name, setName] = useState("")
  const [password, setPassword] = useState("")
  const [tried, setTried] = useState(false)
  const accept = useMutation({
    mutationFn: () => acceptInvitation({ token, name: name.trim(), password }),
    onSuccess: async () => {
      client.clear()
      await navigate({ to: "/" })
    },
  })
  const problem = accept.error instanceof ApiProblem ? accept.error : null
  const spent = problem?.errors.some((error) => error.code === "token_invalid")
  if (spent)
    return (
      <AccountCard
        title={t`This invitation no longer works`}
        lead={t`It was used or is older than 24 hours. Ask an administrator for a new one.`}
      >
        <Button component={Link} to="/login" variant="default" fullWidth>
          <Trans>Go to the sign-in</Trans>
        </Button>
      </AccountCard>
    )
  return (
    <AccountCard title={t`Welcome to Switchboard`} lead={t`You were invited. Tell your name and choose a password.`}>
      <Form
        onSubmit={() => {
          setTried(true)
          if (name.trim() && password.length >= passwordLengthMin) accept.mutate()
        }}
      >
        <Stack gap="md">
          {accept.error && !problem?.at("/name") && !problem?.at("/password") && (
            <Refusal>{accept.error.message}</Refusal>
          )}
          <TextInput
            label={t`Name`}
            autoComplete="name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={tried && !name.trim() ? t`Enter your name.` : problem?.at("/name")}
            autoFocus
            data-autofocus
          />
          <NewPasswordField
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            tried={tried}
            error={problem?.at("/password")}
          />
          <Button type="submit" loading={accept.isPending}>
            <Trans>Join</Trans>
          </Button>
        </Stack>
      </Form>
    </AccountCard>
  )
}
