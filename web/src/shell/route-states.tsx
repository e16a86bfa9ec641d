import { Button, EmptyState } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconAlertTriangle, IconMapOff } from "@tabler/icons-react"
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router"

/** A page that could not be shown: what happened, and a way to try again. */
export function RouteError({ error }: ErrorComponentProps) {
  const { t } = useLingui()
  const router = useRouter()
  const message = error instanceof Error ? error.message : String(error)
  return (
    <EmptyState
      pt="15vh"
      icon={<IconAlertTriangle size={28} stroke={1.75} />}
      title={t`This page could not be shown`}
      description={t`${message} Nothing was lost: what was saved stays saved.`}
    >
      <EmptyState.Actions>
        <Button onClick={() => void router.invalidate()}>
          <Trans>Try again</Trans>
        </Button>
      </EmptyState.Actions>
    </EmptyState>
  )
}

export function NotFound() {
  const { t } = useLingui()
  return (
    <EmptyState
      pt="15vh"
      icon={<IconMapOff size={28} stroke={1.75} />}
      title={t`There is no such page`}
      description={t`The link may be old, or the thing was deleted.`}
    >
      <EmptyState.Actions>
        <Button component={Link} to="/">
          <Trans>Go to the start</Trans>
        </Button>
      </EmptyState.Actions>
    </EmptyState>
  )
}
