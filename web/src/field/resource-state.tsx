import { Alert, Button, EmptyState, Group, Skeleton, Stack, Text } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconAlertTriangle, IconLock, IconMapOff } from "@tabler/icons-react"
import type { UseQueryResult } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useEffect, useState } from "react"
import { type Role, roleLabels, roles } from "../../../src/core/permissions.ts"
import { ApiProblem } from "../api.ts"
import { useMe } from "../can.ts"
import { locale } from "./locale.ts"

type Props<T> = {
  query: UseQueryResult<T>
  children: (data: T) => ReactNode
  /** Shown instead of `children` when true for the data. */
  isEmpty?: (data: T) => boolean
  empty?: ReactNode
  /** The final shape while loading; a few rows by default. */
  skeleton?: ReactNode
}

/** Every query on a screen goes through here: skeleton after 150 ms, empty, error with Retry, stale age, forbidden. */
export function ResourceState<T>({ query, children, isEmpty, empty, skeleton }: Props<T>) {
  if (query.data === undefined) {
    if (query.isError)
      return <QueryError error={query.error} retry={() => void query.refetch()} busy={query.isFetching} />
    return <Delayed>{skeleton ?? <RowSkeleton />}</Delayed>
  }
  return (
    <>
      {query.isError && (
        <QueryError
          error={query.error}
          retry={() => void query.refetch()}
          busy={query.isFetching}
          asOf={query.dataUpdatedAt}
        />
      )}
      {isEmpty?.(query.data) && empty ? empty : children(query.data)}
    </>
  )
}

type ErrorProps = { error: Error; retry: () => void; busy: boolean; asOf?: number }

export function QueryError({ error, retry, busy, asOf }: ErrorProps) {
  const { t } = useLingui()
  if (error instanceof ApiProblem && error.status === 403) return <Forbidden problem={error} />
  if (error instanceof ApiProblem && error.status === 404) return <Gone />
  const shownAsOf = asOf ? new Date(asOf).toLocaleTimeString(locale, { timeStyle: "short" }) : null
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconAlertTriangle size={18} />}
      title={t`This could not be loaded`}
      mb="md"
    >
      <Stack gap="sm" align="flex-start">
        <Text size="sm">
          {error.message} {shownAsOf && <Trans>Shown as of {shownAsOf}.</Trans>}
        </Text>
        <Group gap="sm">
          <Button size="xs" variant="default" onClick={retry} loading={busy}>
            <Trans>Retry</Trans>
          </Button>
          {error instanceof ApiProblem && (
            <Text size="xs" c="dimmed">
              {error.code} {error.requestId}
            </Text>
          )}
        </Group>
      </Stack>
    </Alert>
  )
}

/** The page's frame stays; the reason and the way to the matrix stand in it (ui.md 3). */
export function Forbidden({ problem }: { problem?: ApiProblem }) {
  const { t } = useLingui()
  const me = useMe()
  const told = problem?.body.requiredRoles
  const required = roles.filter((role) => (Array.isArray(told) ? told.includes(role) : role === "administrator"))
  const needed = namesOf(required, "disjunction")
  const own = namesOf(me.roles, "conjunction")
  return (
    <EmptyState
      icon={<IconLock size={28} stroke={1.75} />}
      title={t`You may not see this page`}
      description={t`It takes the role ${needed}. You are signed in as ${own}.`}
      py="xl"
    >
      <EmptyState.Actions>
        <Button variant="default" component={Link} to="/settings/people/roles">
          <Trans>See who can</Trans>
        </Button>
      </EmptyState.Actions>
    </EmptyState>
  )
}

function namesOf(names: readonly Role[], type: "conjunction" | "disjunction"): string {
  return new Intl.ListFormat(locale, { type }).format(names.map((role) => roleLabels[role].name))
}

function Gone() {
  const { t } = useLingui()
  return (
    <EmptyState
      icon={<IconMapOff size={28} stroke={1.75} />}
      title={t`This is not here`}
      description={t`The link may be old, or the thing was deleted.`}
      py="xl"
    >
      <EmptyState.Actions>
        <Button variant="default" component={Link} to="/">
          <Trans>Go to the start</Trans>
        </Button>
      </EmptyState.Actions>
    </EmptyState>
  )
}

export function RowSkeleton({ rows = 5 }: { rows?: number }) {
  return (
    <Stack gap="sm" aria-hidden>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows of a skeleton are all the same
        <Skeleton key={row} height={44} radius="md" />
      ))}
    </Stack>
  )
}

/** Nothing for the first 150 ms, so that fast answers do not flash. */
function Delayed({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 150)
    return () => clearTimeout(timer)
  }, [])
  return <div aria-busy="true">{shown ? children : null}</div>
}
