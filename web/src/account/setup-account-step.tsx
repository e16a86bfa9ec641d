import { Button, Group, Select, Stack, TextInput } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { ApiProblem } from "../api.ts"
import { FocusedHeading } from "../field/focused-heading.tsx"
import { Form, Refusal } from "../field/form.tsx"
import classes from "./account.module.css"
import { completeSetup, passwordLengthMin } from "./account.queries.ts"
import { NewPasswordField } from "./password-field.tsx"

type Props = {
  code: string
  part: "you" | "organization"
  onPart: (part: "you" | "organization") => void
  onDone: () => void
}
type Values = {
  code: string
  name: string
  email: string
  password: string
  organization: string
  timeZone: string
  country: string
}

/** Steps 1 and 2; the answer signs the first administrator in. */
export function SetupAccountStep({ code, part, onPart, onDone }: Props) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [values, setValues] = useState<Values>({
    code,
    name: "",
    email: "",
    password: "",
    organization: "",
    timeZone: browserZone(),
    country: "US",
  })
  const [tried, setTried] = useState(false)
  const set = (change: Partial<Values>) => setValues((before) => ({ ...before, ...change }))
  const create = useMutation({
    mutationFn: () =>
      completeSetup({
        code: values.code.trim(),
        organization: { name: values.organization.trim(), timeZone: values.timeZone, country: values.country },
        user: { name: values.name.trim(), email: values.email.trim(), password: values.password },
      }),
    onSuccess: () => {
      client.clear()
      onDone()
    },
    onError: (error) => {
      if (
        error instanceof ApiProblem &&
        (error.code === "setup_code_wrong" || error.errors.some((each) => each.pointer?.startsWith("#/user")))
      )
        onPart("you")
    },
  })
  const problem = create.error instanceof ApiProblem ? create.error : null
  const youReady =
    values.name.trim() &&
    values.email.includes("@") &&
    values.password.length >= passwordLengthMin &&
    values.code.trim()
  const submit = () => {
    setTried(true)
    if (part === "you" && youReady) {
      setTried(false)
      onPart("organization")
    }
    if (part === "organization" && values.organization.trim()) create.mutate()
  }
  const missing = (value: string, text: string) => (tried && !value.trim() ? text : undefined)
  return (
    <Form key={part} onSubmit={submit}>
      <FocusedHeading className={classes.title}>
        {part === "you" ? <Trans>You</Trans> : <Trans>Your organization</Trans>}
      </FocusedHeading>
      <p className={classes.lead}>
        {part === "you" ? (
          <Trans>You become the first administrator, and you can answer customers too.</Trans>
        ) : (
          <Trans>You can change this later.</Trans>
        )}
      </p>
      <Stack gap="md" maw={420}>
        {create.error && problem?.code !== "validation_failed" && <Refusal>{create.error.message}</Refusal>}
        {part === "you" ? (
          <>
            {!code && (
              <TextInput
                label={t`Set-up code`}
                description={t`The server printed it when it started, at the end of the setup link.`}
                value={values.code}
                onChange={(event) => set({ code: event.currentTarget.value })}
                error={missing(values.code, t`Enter the code.`)}
              />
            )}
            <TextInput
              label={t`Name`}
              autoComplete="name"
              value={values.name}
              onChange={(event) => set({ name: event.currentTarget.value })}
              error={missing(values.name, t`Enter your name.`) ?? problem?.at("/user/name")}
            />
            <TextInput
              label={t`E-mail`}
              type="email"
              autoComplete="username"
              value={values.email}
              onChange={(event) => set({ email: event.currentTarget.value })}
              error={
                (tried && !values.email.includes("@") && t`Enter an e-mail address.`) || problem?.at("/user/email")
              }
            />
            <NewPasswordField
              value={values.password}
              onChange={(event) => set({ password: event.currentTarget.value })}
              tried={tried}
              error={problem?.at("/user/password")}
            />
          </>
        ) : (
          <>
            <TextInput
              label={t`Name of the organization`}
              autoComplete="organization"
              value={values.organization}
              onChange={(event) => set({ organization: event.currentTarget.value })}
              error={missing(values.organization, t`Enter a name.`) ?? problem?.at("/organization/name")}
            />
            <Select
              label={t`Time zone`}
              searchable
              allowDeselect={false}
              data={
                Intl.supportedValuesOf("timeZone").includes(values.timeZone)
                  ? Intl.supportedValuesOf("timeZone")
                  : [values.timeZone, ...Intl.supportedValuesOf("timeZone")]
              }
              value={values.timeZone}
              onChange={(timeZone) => timeZone && set({ timeZone })}
              error={problem?.at("/organization/timeZone")}
            />
          </>
        )}
        <Group justify="space-between">
          {part === "organization" ? (
            <Button variant="subtle" onClick={() => onPart("you")}>
              <Trans>Back</Trans>
            </Button>
          ) : (
            <span />
          )}
          <Button type="submit" loading={create.isPending}>
            <Trans>Next</Trans>
          </Button>
        </Group>
      </Stack>
    </Form>
  )
}

function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC"
}
