import { Alert, Button, Stack, TextInput } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { ApiProblem } from "../api.ts"
import { Form } from "../field/form.tsx"
import { AccountCard } from "./account-card.tsx"
import { acceptInvitation, fromFragment } from "./account.queries.ts"
import { NewPasswordField } from "./password-field.tsx"

/** Opened by an invitation's link: PUBLIC_URL/invitation#token=… (one use, 24 hours). */
export function InvitationPage() {
  const { t } = useLingui()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [token] = useState(() => fromFragment("token"))
  const [name, setName] = useState("")
  const [password, setPassword] = useState("")
  const accept = useMutation({
    mutationFn: () => acceptInvitation({ token, name: name.trim(), password }),
    onSuccess: async () => {
      client.clear()
      await navigate({ to: "/" })
    },
  })
  const problem = accept.error instanceof ApiProblem ? accept.error : null
  const spent = problem?.errors.some((error) => error.code === "token_invalid")
  return (
    <AccountCard title={t`Welcome to Switchboard`} lead={t`You were invited. Tell your name and choose a password.`}>
      <Form onSubmit={() => accept.mutate()}>
        <Stack gap="md">
          {accept.error && (spent || !problem?.errors.length) && (
            <Alert color="red" variant="light" role="alert" p="sm">
              {spent ? (
                <Trans>This invitation was used or is older than 24 hours. Ask an administrator for a new one.</Trans>
              ) : (
                accept.error.message
              )}
            </Alert>
          )}
          <TextInput
            label={t`Name`}
            autoComplete="name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={problem?.at("/name")}
          />
          <NewPasswordField
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
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
