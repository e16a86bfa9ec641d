import { Button, Group, Modal, Text } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { Mailbox } from "../../../../src/core/mailboxes/mailbox.ts"
import { api } from "../../api.ts"
import { toast, toastProblem } from "../../field/toast.tsx"

type Props = { mailbox: Mailbox; inboxName: string; onDeleted: () => void }

/** Names what stops before it does. */
export function DeleteMailbox({ mailbox, inboxName, onDeleted }: Props) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [opened, { open, close }] = useDisclosure()
  const remove = useMutation({
    mutationFn: () => api.put(`/mailboxes/${mailbox.id}/deletion`),
    onSuccess: () => {
      void client.invalidateQueries()
      toast(t`${mailbox.address} was removed.`)
      onDeleted()
    },
    onError: toastProblem,
  })
  return (
    <div>
      <Text size="sm" c="dimmed" mb="sm">
        <Trans>
          After removing it, mail for this address is refused and its exception ends. Past conversations stay.
        </Trans>
      </Text>
      <Button variant="default" onClick={open}>
        <Trans>Remove address</Trans>
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t`Remove ${mailbox.address}?`}
        closeButtonProps={{ "aria-label": t`Close` }}
      >
        <Text size="sm" mb="lg">
          <Trans>
            New mail to {mailbox.address} no longer reaches {inboxName}. Its sender gets it back as undeliverable.
          </Trans>
        </Text>
        <Group justify="flex-end" gap="sm">
          <Button variant="subtle" color="gray" onClick={close}>
            <Trans>Cancel</Trans>
          </Button>
          <Button color="red" onClick={() => remove.mutate()} loading={remove.isPending}>
            <Trans>Remove address</Trans>
          </Button>
        </Group>
      </Modal>
    </div>
  )
}
