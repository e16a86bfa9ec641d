import { Button, Group, Text } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { Trans } from "@lingui/react/macro"
import type { ReactNode } from "react"
import { Dialog } from "../field/dialog.tsx"

type Props = {
  /** What the button does, in words. */
  label: ReactNode
  question: string
  /** What stops, and what stays. */
  children: ReactNode
  pending: boolean
  onConfirm: (close: () => void) => void
  size?: "xs" | "sm" | "compact-sm"
  variant?: "default" | "subtle"
  /** Where the label alone would not tell which. */
  name?: string
}

/** A button that asks before it takes something away, and says what stops. */
export function Removal({ label, question, children, pending, onConfirm, size = "sm", ...look }: Props) {
  const { variant = "default", name } = look
  const [opened, { open, close }] = useDisclosure()
  return (
    <>
      <Button
        variant={variant}
        color={variant === "subtle" ? "gray" : undefined}
        size={size}
        onClick={open}
        aria-label={name}
      >
        {label}
      </Button>
      <Dialog opened={opened} onClose={close} title={question}>
        <Text size="sm" mb="lg">
          {children}
        </Text>
        <Group justify="flex-end" gap="sm">
          <Button variant="subtle" color="gray" onClick={close} data-autofocus>
            <Trans>Cancel</Trans>
          </Button>
          <Button color="red" onClick={() => onConfirm(close)} loading={pending}>
            {label}
          </Button>
        </Group>
      </Dialog>
    </>
  )
}
