import { Button, Modal, Stack, Text } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { ChatApp } from "../../../../src/core/chat/chat-app.ts"
import { api } from "../../api.ts"
import { CopyField } from "../../field/copy-field.tsx"
import { toastProblem } from "../../field/toast.tsx"

/** With it a site proves who its signed-in customer is; it is shown once. */
export function IdentitySecret({ app }: { app: ChatApp }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const renew = useMutation({
    mutationFn: () => api.post<{ secret: string }>(`/chat-apps/${app.id}/identity-secrets`),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["chat-apps", app.id] }),
    onError: toastProblem,
  })
  return (
    <div>
      <Text size="sm" fw={500}>
        <Trans>Signed-in customers</Trans>
      </Text>
      <Text size="sm" c="dimmed" mb="sm">
        <Trans>
          Your server can sign who the visitor is, so that agents see a proved customer. Without it an e-mail address
          that a visitor types is marked as not proved.
        </Trans>
      </Text>
      <Button variant="default" onClick={() => renew.mutate()} loading={renew.isPending}>
        {app.identitySecretSet ? <Trans>Make a new secret</Trans> : <Trans>Make a secret</Trans>}
      </Button>
      <Modal
        opened={renew.data !== undefined}
        onClose={() => renew.reset()}
        closeOnClickOutside={false}
        closeOnEscape={false}
        withCloseButton={false}
        title={t`Copy it now`}
      >
        <Stack gap="md">
          <Text size="sm">
            <Trans>It is not shown again. A secret made before no longer works.</Trans>
          </Text>
          {renew.data && <CopyField value={renew.data.secret} label={t`secret`} mono />}
          <Button onClick={() => renew.reset()}>
            <Trans>I have copied it</Trans>
          </Button>
        </Stack>
      </Modal>
    </div>
  )
}
