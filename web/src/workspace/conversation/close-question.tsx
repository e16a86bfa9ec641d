import { Button, Group, Modal, Text } from "@mantine/core"
import { Trans } from "@lingui/react/macro"

type Props = { opened: boolean; name: string; ago: string; onCancel: () => void; onClose: () => void; busy: boolean }

/** Nobody is left without an answer by a slip of the hand. */
export function CloseQuestion({ opened, name, ago, onCancel, onClose, busy }: Props) {
  return (
    <Modal opened={opened} onClose={onCancel} title={<Trans>Close without an answer?</Trans>} withCloseButton={false}>
      <Text size="sm" mb="lg">
        <Trans>
          {name} wrote {ago} ago and has no answer. Close anyway?
        </Trans>
      </Text>
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onClose} loading={busy}>
          <Trans>Close anyway</Trans>
        </Button>
        <Button onClick={onCancel} data-autofocus>
          <Trans>Keep it open</Trans>
        </Button>
      </Group>
    </Modal>
  )
}
