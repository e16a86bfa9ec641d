import { Button, EmptyState, Group, Pill, TextInput, UnstyledButton } from "@mantine/core"
import { t } from "@lingui/core/macro"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconMailForward, IconSearch, IconUsers } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { useState } from "react"
import { roleLabels } from "../../../../src/core/permissions.ts"
import type { User } from "../../../../src/core/people/user.ts"
import { useCan } from "../../can.ts"
import { type Column, DataTable } from "../../field/data-table.tsx"
import { RelativeTime } from "../../field/relative-time.tsx"
import { ResourceState } from "../../field/resource-state.tsx"
import { StatusChip } from "../../field/status-chip.tsx"
import { SettingsPage } from "../settings-page.tsx"
import { InvitationList } from "./invitation-list.tsx"
import { InvitePeople } from "./invite-people.tsx"
import { UserDrawer } from "./user-drawer.tsx"
import { usersQuery } from "./users.queries.ts"
import settings from "../settings.module.css"

/** The people of the organization; a row opens the person. */
export function UsersPage() {
  const { t } = useLingui()
  const can = useCan()
  const navigate = useNavigate()
  const { add = false } = useSearch({ from: "/signed-in/settings/people/users" })
  const query = useQuery(usersQuery)
  const [filter, setFilter] = useState("")
  const [openId, setOpenId] = useState<string | null>(null)
  const setAdd = (open: boolean) => void navigate({ to: "/settings/people/users", search: open ? { add: true } : {} })
  const editable = can("user.edit")
  const open = query.data?.find((user) => user.id === openId)
  const word = filter.trim().toLowerCase()
  return (
    <SettingsPage
      title={t`Users`}
      lead={t`Who works here, and what each may do.`}
      requiredRole={t`Administrator`}
      actions={
        editable && (
          <Button leftSection={<IconMailForward size={18} stroke={1.75} />} onClick={() => setAdd(true)}>
            <Trans>Invite people</Trans>
          </Button>
        )
      }
    >
      <Group mb="md">
        <TextInput
          className={settings.filter}
          aria-label={t`Filter users`}
          placeholder={t`Filter`}
          leftSection={<IconSearch size={16} stroke={1.75} aria-hidden />}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      </Group>
      <ResourceState
        query={query}
        isEmpty={(users) => users.length === 0}
        empty={
          <EmptyState
            py="xl"
            icon={<IconUsers size={28} stroke={1.75} />}
            title={t`Nobody here yet`}
            description={t`Invite the first people by e-mail.`}
          />
        }
      >
        {(users) => (
          <DataTable
            caption={t`Users`}
            filter={filter}
            columns={columnsOf(setOpenId)}
            rows={users.filter(
              (user) => user.status !== "invited" && `${user.name} ${user.email}`.toLowerCase().includes(word),
            )}
            rowKey={(user) => user.id}
            onRow={(user) => setOpenId(user.id)}
          />
        )}
      </ResourceState>
      {editable && <InvitationList />}
      {editable && <InvitePeople opened={add} onClose={() => setAdd(false)} />}
      {open && <UserDrawer key={open.id} user={open} onClose={() => setOpenId(null)} />}
    </SettingsPage>
  )
}

function columnsOf(open: (id: string) => void): Column<User>[] {
  return [
    {
      key: "name",
      header: t`Name`,
      sortBy: (user) => user.name,
      cell: (user) => (
        <UnstyledButton className="link" fz="sm" onClick={() => open(user.id)}>
          {user.name}
        </UnstyledButton>
      ),
    },
    { key: "email", header: t`E-mail`, sortBy: (user) => user.email, cell: (user) => user.email },
    { key: "roles", header: t`Roles`, cell: (user) => <Roles user={user} /> },
    {
      key: "inboxes",
      header: t`Inboxes`,
      numeric: true,
      sortBy: (user) => user.inboxIds.length,
      cell: (user) => user.inboxIds.length || <span className="dim">–</span>,
    },
    { key: "state", header: t`State`, sortBy: (user) => user.status, cell: (user) => <UserState user={user} /> },
    {
      key: "seen",
      header: t`Last seen`,
      sortBy: (user) => user.lastSeenAt ?? "",
      cell: (user) => (user.lastSeenAt ? <RelativeTime at={user.lastSeenAt} /> : <span className="dim">–</span>),
    },
  ]
}

function Roles({ user }: { user: User }) {
  return (
    <Group gap={4}>
      {user.roles.map((role) => (
        <Pill key={role} size="sm">
          {roleLabels[role].name}
        </Pill>
      ))}
    </Group>
  )
}

function UserState({ user }: { user: User }) {
  if (user.status === "active")
    return (
      <StatusChip status="ok">
        <Trans>Active</Trans>
      </StatusChip>
    )
  return (
    <StatusChip status="off">
      <Trans>Deactivated</Trans>
    </StatusChip>
  )
}
