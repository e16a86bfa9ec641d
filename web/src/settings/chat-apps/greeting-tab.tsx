import { Select, Stack, Text, Textarea } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { QuickActions } from "./quick-actions.tsx"
import type { TabProps } from "./tab.ts"

type Asked = "off" | "optional" | "required"

/** What the visitor reads first and is asked. */
export function GreetingTab({ draft, onChange, problem }: TabProps) {
  const { t } = useLingui()
  const choices = [
    { value: "off", label: t`Do not ask` },
    { value: "optional", label: t`Ask, can be skipped` },
    { value: "required", label: t`Must be answered` },
  ]
  const set = (part: Partial<Record<"name" | "email", Asked>>) =>
    onChange({ questions: { ...draft.questions, ...part } })
  return (
    <Stack gap="md">
      <Textarea
        label={t`Greeting`}
        autosize
        minRows={2}
        maxLength={1000}
        placeholder={t`Hi! How can we help?`}
        value={draft.greeting}
        onChange={(event) => onChange({ greeting: event.currentTarget.value })}
        error={problem?.at("/greeting")}
      />
      <Text size="sm" c="dimmed">
        <Trans>
          The visitor types the first message before anything is asked; it is kept and sent with the answers.
        </Trans>
      </Text>
      <Select
        label={t`Ask for the name`}
        allowDeselect={false}
        data={choices}
        value={draft.questions.name}
        onChange={(name) => name && set({ name: name as Asked })}
      />
      <Select
        label={t`Ask for the e-mail address`}
        allowDeselect={false}
        data={choices}
        value={draft.questions.email}
        onChange={(email) => email && set({ email: email as Asked })}
      />
      <QuickActions draft={draft} onChange={onChange} problem={problem} />
    </Stack>
  )
}
