import { Alert, Anchor, Button, Stack, TextInput } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import { Form, Refusal } from "../field/form.tsx"
import { AccountCard } from "./account-card.tsx"
import { askForPassword } from "./account.queries.ts"

/** The answer is the same for known and unknown addresses. */
export function ForgotPasswordPage() {
  const { t } = useLingui()
  const [email, setEmail] = useState("")
  const [tried, setTried] = useState(false)
  const isAddress = email.includes("@")
  const ask = useMutation({ mutationFn: () => askForPassword(email.trim()) })
  return (
    <AccountCard
      title={t`Forgot password`}
      lead={t`We send a link with which you choose a new one. If no mail arrives, ask an administrator for a link.`}
    >
      <Form
        onSubmit={() => {
          setTried(true)
          if (isAddress) ask.mutate()
        }}
      >
        <Stack gap="md">
          {ask.isSuccess && (
            <Alert color="accent" variant="light" role="status" p="sm">
              <Trans>If {email} has an account here, the link is on its way.</Trans>
            </Alert>
          )}
          {ask.error && <Refusal>{ask.error.message}</Refusal>}
          <TextInput
            label={t`E-mail`}
            type="email"
            autoComplete="username"
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={tried && !isAddress ? t`Enter an e-mail address.` : undefined}
            autoFocus
            data-autofocus
          />
          <Button type="submit" loading={ask.isPending}>
            <Trans>Send link</Trans>
          </Button>
          <Anchor component={Link} to="/login" size="sm" ta="center">
            <Trans>Back to sign-in</Trans>
          </Anchor>
        </Stack>
      </Form>
    </AccountCard>
  )
}
