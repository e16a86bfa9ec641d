import { Button, EmptyState, Group, Switch, TextInput } from "@mantine/core"
import { t } from "@lingui/core/macro"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconInbox, IconPlus, IconSearch, IconUsersGroup } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { Link, useNavigate, useSearch } from "@tanstack/react-router"
import { useState } from "react"
import type { ChannelName } from "../../../../src/core/channels.ts"
import type { Inbox } from "../../../../src/core/inboxes/inbox.ts"
import { formatSeconds } from "../../../../src/core/sla/minutes.ts"
import { useCan } from "../../can.ts"
import { ChannelIcon } from "../../field/channel-icon.tsx"
import { type Column, DataTable } from "../../field/data-table.tsx"
import { ResourceState } from "../../field/resource-state.tsx"
import { StatusChip } from "../../field/status-chip.tsx"
import { SettingsPage } from "../settings-page.tsx"
import { inboxesQuery, isUnserved, waitingOf } from "./inboxes.queries.ts"
import { NewInbox } from "./new-inbox.tsx"
import settings from "../settings.module.css"

/** All Inboxes with what feeds them and who serves them (spec 3). */
export function InboxesPage() {
  const { t } = useLingui()
  const can = useCan()
  const navigate = useNavigate()
  const { add = false } = useSearch({ from: "/signed-in/settings/orchestration/inboxes" })
  const query = useQuery(inboxesQuery)
  const [filter, setFilter] = useState("")
  const [withDeactivated, setWithDeactivated] = useState(false)
  const setAdd = (open: boolean) =>
    void navigate({ to: "/settings/orchestration/inboxes", search: open ? { add: true } : {} })
  const shown = (inbox: Inbox) =>
    (withDeactivated || !inbox.deactivation) && inbox.name.toLowerCase().includes(filter.trim().toLowerCase())
  const mayAdd = can("inbox.edit")
  const isEmpty = query.data?.length === 0
  const create = mayAdd && (
    <Button leftSection={<IconPlus size={18} stroke={1.75} />} onClick={() => setAdd(true)}>
      <Trans>Create Inbox</Trans>
    </Button>
  )
  return (
    <SettingsPage
      title={t`Inboxes`}
      lead={t`An Inbox is a queue with people in it.`}
      requiredRole={t`Administrator or Team manager`}
      actions={isEmpty ? undefined : create}
    >
      {!isEmpty && (
        <Group mb="md" justify="space-between">
          <TextInput
            className={settings.filter}
            aria-label={t`Filter Inboxes`}
            placeholder={t`Filter`}
            leftSection={<IconSearch size={16} stroke={1.75} aria-hidden />}
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
          <Switch
            label={t`Show deactivated`}
            checked={withDeactivated}
            onChange={(event) => setWithDeactivated(event.currentTarget.checked)}
          />
        </Group>
      )}
      <ResourceState
        query={query}
        isEmpty={(inboxes) => inboxes.length === 0}
        empty={
          <EmptyState
            py="xl"
            icon={<IconInbox size={28} stroke={1.75} />}
            title={t`Create your first Inbox`}
            description={t`An Inbox is a queue with people in it.`}
          >
            <EmptyState.Actions>{create}</EmptyState.Actions>
          </EmptyState>
        }
      >
        {(inboxes) => (
          <DataTable
            caption={t`Inboxes`}
            columns={columnsOf()}
            rows={inboxes.filter(shown)}
            filter={filter}
            rowKey={(inbox) => inbox.id}
            onRow={(inbox) =>
              void navigate({ to: "/settings/orchestration/inboxes/$inboxId", params: { inboxId: inbox.id } })
            }
          />
        )}
      </ResourceState>
      {mayAdd && <NewInbox opened={add} onClose={() => setAdd(false)} />}
    </SettingsPage>
  )
}

function columnsOf(): Column<Inbox>[] {
  return [
    {
      key: "name",
      header: t`Name`,
      sortBy: (inbox) => inbox.name,
      cell: (inbox) => (
        <Link to="/settings/orchestration/inboxes/$inboxId" params={{ inboxId: inbox.id }} className="link">
          {inbox.name}
        </Link>
      ),
    },
    {
      key: "sla",
      header: t`SLA`,
      sortBy: (inbox) => inbox.slaSeconds,
      cell: (inbox) => (
        <span className="num">
          <Trans>{inbox.slaMinutesText} min</Trans>{" "}
          {formatSeconds(inbox.slaSeconds) !== `${inbox.slaMinutesText} min` && (
            <span className="dim">· {formatSeconds(inbox.slaSeconds)}</span>
          )}
        </span>
      ),
    },
    {
      key: "fedBy",
      header: t`Fed by`,
      cell: (inbox) => (
        <Group gap={4} wrap="nowrap">
          {inbox.channels.map((channel) => (
            <ChannelIcon key={channel} channel={channel as ChannelName} size={20} />
          ))}
          {inbox.channels.length === 0 && <span className="dim">–</span>}
        </Group>
      ),
    },
    {
      key: "agents",
      header: t`Agents`,
      numeric: true,
      sortBy: (inbox) => inbox.memberCount,
      cell: (inbox) => <Agents inbox={inbox} />,
    },
    {
      key: "waiting",
      header: t`Waiting now`,
      numeric: true,
      sortBy: waitingOf,
      cell: (inbox) => <Waiting inbox={inbox} />,
    },
    {
      key: "state",
      header: t`State`,
      width: 130,
      cell: (inbox) =>
        inbox.deactivation ? (
          <StatusChip status="off">
            <Trans>Deactivated</Trans>
          </StatusChip>
        ) : (
          <StatusChip status="ok">
            <Trans>Active</Trans>
          </StatusChip>
        ),
    },
  ]
}

/** Who waits for nobody is what an administrator came for (the line under the header leads here). */
function Waiting({ inbox }: { inbox: Inbox }) {
  const waiting = waitingOf(inbox)
  if (waiting === 0) return <span className="dim">–</span>
  if (!isUnserved(inbox)) return waiting
  return (
    <StatusChip status="soon" icon={IconUsersGroup}>
      <Trans>{waiting}, nobody available</Trans>
    </StatusChip>
  )
}

function Agents({ inbox }: { inbox: Inbox }) {
  if (inbox.memberCount > 0 || inbox.deactivation) return inbox.memberCount
  return (
    <StatusChip status="soon" icon={IconUsersGroup}>
      <Trans>Nobody</Trans>
    </StatusChip>
  )
}
