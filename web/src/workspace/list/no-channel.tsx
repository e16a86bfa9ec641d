import { Button, EmptyState } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconDoorEnter } from "@tabler/icons-react"
import { Link } from "@tanstack/react-router"
import { useCan } from "../../can.ts"

/** Of a company that customers cannot reach yet: nothing can be switched on. */
export function NoChannel() {
  const { t } = useLingui()
  const can = useCan()
  const mayAdd = can("entryPoint.edit")
  return (
    <EmptyState
      py="xl"
      px="md"
      size="sm"
      icon={<IconDoorEnter size={24} stroke={1.75} />}
      title={t`Customers cannot reach you yet.`}
      description={
        mayAdd ? t`Set up a first channel: chat works in a minute.` : t`An administrator sets up the channels.`
      }
    >
      {mayAdd && (
        <EmptyState.Actions>
          <Button component={Link} to="/settings/channels/entry-points" size="xs" variant="light">
            <Trans>Set up a channel</Trans>
          </Button>
        </EmptyState.Actions>
      )}
    </EmptyState>
  )
}
