import { Button, Group, Text } from "@mantine/core"
import { Trans } from "@lingui/react/macro"
import { useState } from "react"
import { StatusChip } from "../../field/status-chip.tsx"

/** The browser is asked only after the person pressed the button, which says what for (ui.md 5). */
export function DesktopNotifications() {
  const [permission, setPermission] = useState(() => ("Notification" in window ? Notification.permission : "denied"))
  return (
    <Group gap="sm">
      <Text size="sm">
        <Trans>Desktop notifications, while this page is in the background</Trans>
      </Text>
      {permission === "granted" && (
        <StatusChip status="ok">
          <Trans>On</Trans>
        </StatusChip>
      )}
      {permission === "denied" && (
        <StatusChip status="off">
          <Trans>Blocked by the browser</Trans>
        </StatusChip>
      )}
      {permission === "default" && (
        <Button size="xs" variant="default" onClick={() => void Notification.requestPermission().then(setPermission)}>
          <Trans>Turn on</Trans>
        </Button>
      )}
    </Group>
  )
}
