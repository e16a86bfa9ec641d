import { Button, Divider, EmptyState, Text } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconMessageOff } from "@tabler/icons-react"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ChatApp } from "../../../../src/core/chat/chat-app.ts"
import { api } from "../../api.ts"
import { toastProblem } from "../../field/toast.tsx"
import { Removal } from "../removal.tsx"
import { SettingsPage } from "../settings-page.tsx"

/** Names what stops before it does. */
export function RemoveChatApp({ app }: { app: ChatApp }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => api.put<ChatApp>(`/chat-apps/${app.id}/deletion`),
    onSuccess: (removed) => {
      client.setQueryData(["chat-apps", app.id], removed)
      void client.invalidateQueries()
    },
    onError: toastProblem,
  })
  return (
    <>
      <Divider />
      <div>
        <Text size="sm" c="dimmed" mb="sm">
          <Trans>After removing it, no page shows this chat and its exception ends. Past conversations stay.</Trans>
        </Text>
        <Removal
          label={<Trans>Remove chat app</Trans>}
          question={t`Remove ${app.name}?`}
          pending={remove.isPending}
          onConfirm={(close) => remove.mutate(undefined, { onError: close })}
        >
          <Trans>
            The chat disappears from every page with its snippet. Nobody can write in it any more, not even who is
            chatting now.
          </Trans>
        </Removal>
      </div>
    </>
  )
}

/** In the place of its page, in other tabs and by old links too. */
export function RemovedChatApp({ name }: { name: string }) {
  const { t } = useLingui()
  return (
    <SettingsPage title={name}>
      <EmptyState
        py="xl"
        icon={<IconMessageOff size={28} stroke={1.75} />}
        title={t`This chat app was removed`}
        description={t`No page shows it any more. Past conversations stay.`}
      >
        <EmptyState.Actions>
          <Button variant="default" component={Link} to="/settings/channels/chat-apps">
            <Trans>All chat apps</Trans>
          </Button>
        </EmptyState.Actions>
      </EmptyState>
    </SettingsPage>
  )
}
