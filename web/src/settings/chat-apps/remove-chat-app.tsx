import { Divider, Text } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { ChatApp } from "../../../../src/core/chat/chat-app.ts"
import { api } from "../../api.ts"
import { toast, toastProblem } from "../../field/toast.tsx"
import { Removal } from "../removal.tsx"

/** Names what stops before it does; the page leaves by itself once the app is gone. */
export function RemoveChatApp({ app }: { app: ChatApp }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => api.put<ChatApp>(`/chat-apps/${app.id}/deletion`),
    onSuccess: (removed) => {
      client.setQueryData(["chat-apps", app.id], removed)
      void client.invalidateQueries()
      toast(t`${app.name} was removed.`)
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
            The chat disappears from every page with its snippet. Nobody can write in it any more, also who is in a
            conversation there now.
          </Trans>
        </Removal>
      </div>
    </>
  )
}
