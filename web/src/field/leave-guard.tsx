import { Button, Group, Modal, Text } from "@mantine/core"
import { Trans } from "@lingui/react/macro"
import { useBlocker } from "@tanstack/react-router"
import type { ReactNode } from "react"

type Props = {
  when: boolean
  question: ReactNode
  /** What the address says besides the page may change: whether a dialog is open stands there. */
  withinPage?: boolean
}

/** Asks before a page with unsaved changes is left, by link, Back or closing the tab. */
export function LeaveGuard({ when, question, withinPage = false }: Props) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => when && !(withinPage && current.pathname === next.pathname),
    enableBeforeUnload: when,
    disabled: !when,
    withResolver: true,
  })
  return (
    <AskDiscard
      opened={blocker.status === "blocked"}
      question={question}
      onStay={() => blocker.reset?.()}
      onDiscard={() => blocker.proceed?.()}
    />
  )
}

type AskProps = { opened: boolean; question: ReactNode; onStay: () => void; onDiscard: () => void }

export function AskDiscard({ opened, question, onStay, onDiscard }: AskProps) {
  return (
    <Modal opened={opened} onClose={onStay} title={question} withCloseButton={false}>
      <Text size="sm" mb="lg">
        <Trans>Nothing is stored until you save.</Trans>
      </Text>
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onDiscard}>
          <Trans>Discard</Trans>
        </Button>
        <Button onClick={onStay} data-autofocus>
          <Trans>Stay</Trans>
        </Button>
      </Group>
    </Modal>
  )
}
