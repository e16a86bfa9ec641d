import { ActionIcon, Button, Stack, Text, TextInput, Tooltip } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconPlus, IconTrash } from "@tabler/icons-react"
import classes from "./chat-apps.module.css"
import type { TabProps } from "./tab.ts"

const actionsMax = 10

/** Offered before the first message: one tap says it, or leads to a page. */
export function QuickActions({ draft, onChange, problem }: TabProps) {
  const { t } = useLingui()
  const { quickActions } = draft
  const set = (index: number, part: Partial<(typeof quickActions)[number]>) =>
    onChange({ quickActions: quickActions.map((action, at) => (at === index ? { ...action, ...part } : action)) })
  return (
    <div>
      <Text size="sm" fw={500} mb={4}>
        <Trans>Quick actions</Trans>
      </Text>
      <Text size="xs" c="dimmed" mb="sm">
        <Trans>Offered before the first message. One with an address leads there instead of writing.</Trans>
      </Text>
      <Stack gap="sm">
        {quickActions.map((action, index) => {
          const number = index + 1
          const at = (name: string) => problem?.at(`/quickActions/${index}/${name}`)
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: they have no other identity
            // biome-ignore lint/a11y/useSemanticElements: a fieldset brings a frame and a legend of its own
            <div key={index} className={classes.action} role="group" aria-label={t`Quick action ${number}`}>
              <TextInput
                label={t`On the button`}
                maxLength={60}
                value={action.label}
                onChange={(event) => set(index, { label: event.currentTarget.value })}
                error={at("label")}
              />
              <TextInput
                label={t`Writes`}
                maxLength={500}
                value={action.text}
                onChange={(event) => set(index, { text: event.currentTarget.value })}
                error={at("text")}
              />
              <TextInput
                label={t`Or leads to`}
                placeholder="https://"
                maxLength={2000}
                value={action.url ?? ""}
                onChange={(event) => set(index, { url: event.currentTarget.value || null })}
                error={at("url")}
              />
              <Tooltip label={t`Delete`}>
                <ActionIcon
                  aria-label={t`Delete quick action ${number}`}
                  onClick={() => onChange({ quickActions: quickActions.filter((_, place) => place !== index) })}
                >
                  <IconTrash size={18} stroke={1.75} />
                </ActionIcon>
              </Tooltip>
            </div>
          )
        })}
      </Stack>
      <Button
        mt="sm"
        size="compact-sm"
        variant="subtle"
        leftSection={<IconPlus size={14} />}
        disabled={quickActions.length >= actionsMax}
        onClick={() => onChange({ quickActions: [...quickActions, { label: "", text: "", url: null }] })}
      >
        <Trans>Add quick action</Trans>
      </Button>
    </div>
  )
}
