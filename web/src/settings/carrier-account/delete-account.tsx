import { Button, Group, Modal, Text } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { CarrierAccount } from "../../../../src/core/carriers/carrier-account.ts"
import { api } from "../../api.ts"
import { toastProblem } from "../../field/toast.tsx"

/** Refused by the server while numbers of the account are in use. */
export function DeleteAccount({ account }: { account: CarrierAccount }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [opened, { open, close }] = useDisclosure()
  const remove = useMutation({
    mutationFn: () => api.delete(`/carrier-accounts/${account.id}`),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["carrier-accounts"] }),
    onError: toastProblem,
    onSettled: close,
  })
  return (
    <>
      <Button variant="subtle" color="gray" size="xs" onClick={open}>
        <Trans>Remove account</Trans>
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t`Remove ${account.name}?`}
        closeButtonProps={{ "aria-label": t`Close` }}
      >
        <Text size="sm" mb="lg">
          <Trans>The token is deleted here. Your account at the company stays as it is.</Trans>
        </Text>
        <Group justify="flex-end" gap="sm">
          <Button variant="subtle" color="gray" onClick={close}>
            <Trans>Cancel</Trans>
          </Button>
          <Button color="red" onClick={() => remove.mutate()} loading={remove.isPending}>
            <Trans>Remove account</Trans>
          </Button>
        </Group>
      </Modal>
    </>
  )
}
