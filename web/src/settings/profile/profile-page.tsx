import { Button, Group, SegmentedControl, Stack, Switch, Text, TextInput, useMantineColorScheme } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { Preferences } from "../../../../src/core/people/user.ts"
import { ApiProblem, api } from "../../api.ts"
import { useMe } from "../../can.ts"
import { Form, Refusal } from "../../field/form.tsx"
import { LeaveGuard } from "../../field/leave-guard.tsx"
import { toastProblem } from "../../field/toast.tsx"
import { SettingsPage } from "../settings-page.tsx"
import { DesktopNotifications } from "./desktop-notifications.tsx"
import { Done } from "./done.tsx"
import { PasswordPart } from "./password-part.tsx"
import classes from "./profile.module.css"
import { preferencesQuery } from "./profile.queries.ts"
import { SessionsPart } from "./sessions-part.tsx"

/** What a person sets for himself. */
export function ProfilePage() {
  const { t } = useLingui()
  return (
    <div className={classes.page}>
      <div className={classes.inner}>
        <SettingsPage title={t`Profile`}>
          <NamePart />
          <LookPart />
          <PasswordPart />
          <SessionsPart />
        </SettingsPage>
      </div>
    </div>
  )
}

function NamePart() {
  const { t } = useLingui()
  const me = useMe()
  const client = useQueryClient()
  const [name, setName] = useState(me.user.name)
  const save = useMutation({
    mutationFn: () => api.patch("/me", { name: name.trim() }),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["me"] }),
  })
  const wrong = name.trim()
    ? save.error instanceof ApiProblem
      ? save.error.at("/name")
      : undefined
    : t`Enter your name.`
  return (
    <section className={classes.part} aria-labelledby="profile-you">
      <LeaveGuard
        when={name.trim() !== me.user.name && !save.isPending}
        question={<Trans>Leave without saving your name?</Trans>}
      />
      <h2 id="profile-you">
        <Trans>You</Trans>
      </h2>
      <Form onSubmit={() => name.trim() && save.mutate()}>
        <Stack gap="md" align="flex-start">
          {save.error && !wrong && <Refusal>{save.error.message}</Refusal>}
          <TextInput
            label={t`Name`}
            w={320}
            maw="100%"
            maxLength={100}
            value={name}
            onChange={(event) => {
              save.reset()
              setName(event.currentTarget.value)
            }}
            error={wrong}
          />
          <Text size="sm" c="dimmed">
            {me.user.email}
          </Text>
          <Group gap="md">
            <Button type="submit" variant="default" loading={save.isPending}>
              <Trans>Save name</Trans>
            </Button>
            <Done>{save.isSuccess && <Trans>Name saved.</Trans>}</Done>
          </Group>
        </Stack>
      </Form>
    </section>
  )
}

function LookPart() {
  const { t } = useLingui()
  const client = useQueryClient()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const preferences = useQuery(preferencesQuery).data
  const change = useMutation({
    mutationFn: (part: Partial<Preferences>) => api.patch<Preferences>("/me/preferences", part),
    onSuccess: (saved) => client.setQueryData(preferencesQuery.queryKey, saved),
    onError: toastProblem,
  })
  const choose = (theme: string) => {
    const chosen = theme === "light" || theme === "dark" ? theme : "system"
    setColorScheme(chosen === "system" ? "auto" : chosen)
    change.mutate({ theme: chosen })
  }
  return (
    <section className={classes.part} aria-labelledby="profile-look">
      <h2 id="profile-look">
        <Trans>Look and sound</Trans>
      </h2>
      <Stack gap="md" align="flex-start">
        <SegmentedControl
          aria-label={t`Theme`}
          value={colorScheme === "auto" ? "system" : colorScheme}
          onChange={choose}
          data={[
            { value: "light", label: t`Light` },
            { value: "dark", label: t`Dark` },
            { value: "system", label: t`Like the system` },
          ]}
        />
        <Switch
          label={t`Sounds`}
          description={t`For offers, new messages and what is overdue.`}
          checked={preferences?.sounds ?? true}
          disabled={!preferences}
          onChange={(event) => change.mutate({ sounds: event.currentTarget.checked })}
        />
        <Switch
          label={t`Shortcuts of one letter`}
          description={t`They never act inside a field.`}
          checked={preferences?.shortcuts ?? true}
          disabled={!preferences}
          onChange={(event) => change.mutate({ shortcuts: event.currentTarget.checked })}
        />
        <DesktopNotifications />
      </Stack>
    </section>
  )
}
