import { ActionIcon, CopyButton, Group, Text, Tooltip } from "@mantine/core"
import { useLingui } from "@lingui/react/macro"
import { IconCheck, IconCopy } from "@tabler/icons-react"
import { announce } from "./announcer.tsx"

type Props = {
  value: string /** What is copied, for the button's name. */
  label: string
  mono?: boolean
  hidden?: boolean
}

/** A value and its Copy button; the success is told to screen readers too. */
export function CopyField({ value, label, mono, hidden }: Props) {
  const { t } = useLingui()
  return (
    <Group gap={4} wrap="nowrap" style={{ minWidth: 0 }}>
      {!hidden && (
        <Text size="sm" ff={mono ? "monospace" : undefined} className="ellipsis" title={value}>
          {value}
        </Text>
      )}
      <CopyButton value={value} timeout={2000}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? t`Copied` : t`Copy ${label}`}>
            <ActionIcon
              aria-label={t`Copy ${label}`}
              onClick={() => {
                copy()
                announce("status", t`Copied`)
              }}
            >
              {copied ? <IconCheck size={16} color="var(--sb-ok)" /> : <IconCopy size={16} stroke={1.75} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  )
}
