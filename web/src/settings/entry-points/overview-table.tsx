import { Button, EmptyState, Group, TextInput, UnstyledButton } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconDownload, IconSearch, IconUsersGroup } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import type { OverviewRow } from "../../../../src/core/entry-points/channel-routing.ts"
import { formatSeconds } from "../../../../src/core/sla/minutes.ts"
import { ChannelIcon, channelLabel } from "../../field/channel-icon.tsx"
import { type Column, DataTable } from "../../field/data-table.tsx"
import { formatPhoneNumber } from "../../field/phone-number.ts"
import { ResourceState } from "../../field/resource-state.tsx"
import classes from "./entry-points.module.css"
import { WarningList } from "./warning-list.tsx"
import { overviewCsvUrl, overviewQuery } from "./entry-points.queries.ts"

/** Channel | Entry Points | Inbox: every Inbox that can be reached, and what is wrong with it (spec 2.6). */
export function OverviewTable() {
  const { t } = useLingui()
  const query = useQuery(overviewQuery)
  const [filter, setFilter] = useState("")
  const columns: Column<OverviewRow>[] = [
    {
      key: "channel",
      header: t`Channel`,
      width: 170,
      sortBy: (row) => channelLabel(row.channel),
      cell: (row) => (
        <Group gap="sm" wrap="nowrap">
          <ChannelIcon channel={row.channel} size={20} decorative />
          {channelLabel(row.channel)}
        </Group>
      ),
    },
    {
      key: "entryPoints",
      header: t`Entry Points`,
      sortBy: (row) => row.labels[0] ?? "",
      cell: (row) => <Labels labels={row.labels} filter={filter} />,
    },
    {
      key: "inbox",
      header: t`Inbox`,
      width: 260,
      sortBy: (row) => row.reachable[0]?.name ?? "",
      cell: (row) => <Reachable row={row} />,
    },
    {
      key: "sla",
      header: t`SLA`,
      width: 110,
      numeric: true,
      sortBy: (row) => row.slaSeconds,
      cell: (row) => formatSeconds(row.slaSeconds),
    },
    {
      key: "agents",
      header: t`Agents`,
      width: 110,
      numeric: true,
      sortBy: (row) => row.agents,
      cell: (row) => <Agents row={row} />,
    },
  ]
  return (
    <>
      <Group mb="md" justify="space-between">
        <TextInput
          className={classes.search}
          aria-label={t`Filter the overview`}
          placeholder={t`Filter`}
          leftSection={<IconSearch size={16} stroke={1.75} aria-hidden />}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
        <Button
          component="a"
          href={overviewCsvUrl}
          variant="default"
          leftSection={<IconDownload size={18} stroke={1.75} />}
        >
          <Trans>Download CSV</Trans>
        </Button>
      </Group>
      <ResourceState
        query={query}
        isEmpty={(rows) => rows.length === 0}
        empty={
          <EmptyState
            title={t`No entry points yet`}
            description={t`Add one: it goes to the channel's default Inbox at once.`}
            py="xl"
          />
        }
      >
        {(rows) => (
          <DataTable
            caption={t`Routing overview`}
            filter={filter}
            columns={columns}
            rows={rows.filter((row) => matches(row, filter))}
            rowKey={(row) => row.entryPointIds.join(" ")}
          />
        )}
      </ResourceState>
    </>
  )
}

const labelsMost = 8

/** Hundreds of addresses may share one default: a few of them, those that the filter names first. */
function Labels({ labels, filter }: { labels: string[]; filter: string }) {
  const [all, { toggle }] = useDisclosure()
  const word = filter.trim().toLowerCase()
  const sorted = word ? [...labels].sort((a, b) => Number(b.includes(word)) - Number(a.includes(word))) : labels
  const listed = all ? sorted : sorted.slice(0, labelsMost)
  const hidden = labels.length - labelsMost
  return (
    <span className="num">
      {listed.map(shown).join(", ")}
      {hidden > 0 && (
        <>
          {" "}
          <UnstyledButton className="link" fz="sm" onClick={toggle} aria-expanded={all}>
            {all ? <Trans>Show fewer</Trans> : <Trans>and {hidden} more</Trans>}
          </UnstyledButton>
        </>
      )}
    </span>
  )
}

function Reachable({ row }: { row: OverviewRow }) {
  return (
    <div>
      {row.reachable.map((each, index) => (
        <span key={`${each.inboxId} ${each.viaLabel}`}>
          {index > 0 && ", "}
          <Link to="/settings/orchestration/inboxes/$inboxId" params={{ inboxId: each.inboxId }} className="link">
            {each.name}
          </Link>
          {each.viaLabel && (
            <span className={classes.via}>
              {" "}
              {each.via === "rule" ? <Trans>via rule {each.viaLabel}</Trans> : <Trans>via exit {each.viaLabel}</Trans>}
            </span>
          )}
        </span>
      ))}
      <WarningList warnings={row.warnings} />
    </div>
  )
}

function Agents({ row }: { row: OverviewRow }) {
  if (row.agents > 0) return row.agents
  return (
    <span style={{ color: "var(--sb-soon)", display: "inline-flex", gap: 4, alignItems: "center" }}>
      <IconUsersGroup size={14} aria-hidden />
      <Trans>Nobody</Trans>
    </span>
  )
}

function shown(label: string): string {
  return label.startsWith("+") ? formatPhoneNumber(label) : label
}

function matches(row: OverviewRow, filter: string): boolean {
  const word = filter.trim().toLowerCase()
  return (
    !word ||
    [channelLabel(row.channel), ...row.labels, ...row.reachable.map((each) => each.name)].some((text) =>
      text.toLowerCase().includes(word),
    )
  )
}
