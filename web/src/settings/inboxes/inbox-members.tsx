import { ActionIcon, Button, Group, Select, Tooltip } from "@mantine/core"
import { t } from "@lingui/core/macro"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconX } from "@tabler/icons-react"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { channelGroups } from "../../../../src/core/channels.ts"
import type { Inbox } from "../../../../src/core/inboxes/inbox.ts"
import { api } from "../../api.ts"
import { useCan } from "../../can.ts"
import { type Column, DataTable } from "../../field/data-table.tsx"
import { locale } from "../../field/locale.ts"
import { ResourceState } from "../../field/resource-state.tsx"
import { StatusChip } from "../../field/status-chip.tsx"
import { toast, toastProblem } from "../../field/toast.tsx"
import { groupLabels } from "../../shell/availability-switches.tsx"
import { agentsOf, usersQuery } from "../users/users.queries.ts"
import { inboxMembersQuery, type Member } from "./inboxes.queries.ts"

/** Who receives from this Inbox; each adding and removing is saved at once. */
export function InboxMembers({ inbox }: { inbox: Inbox }) {
  const { t } = useLingui()
  const can = useCan()
  const query = useQuery(inboxMembersQuery(inbox.id))
  const change = useChangeMember(inbox)
  const editable = can("inboxMember.edit")
  return (
    <>
      {editable && (
        <AddAgent inbox={inbox} members={query.data ?? []} onAdd={(userId) => change.mutate({ userId, add: true })} />
      )}
      <ResourceState
        query={query}
        isEmpty={(members) => members.length === 0}
        empty={
          <p className="dim">
            {inbox.deactivation ? (
              <Trans>No agents.</Trans>
            ) : (
              <Trans>No agents yet. Requests to this Inbox wait until you add one.</Trans>
            )}
          </p>
        }
      >
        {(members) => (
          <DataTable
            caption={t`Agents of ${inbox.name}`}
            rows={members}
            rowKey={(member) => member.userId}
            columns={columnsOf(editable ? (member) => change.mutate({ userId: member.userId, add: false }) : undefined)}
          />
        )}
      </ResourceState>
    </>
  )
}

function AddAgent({ inbox, members, onAdd }: { inbox: Inbox; members: Member[]; onAdd: (userId: string) => void }) {
  const { t } = useLingui()
  const users = useQuery(usersQuery).data ?? []
  const taken = new Set(members.map((member) => member.userId))
  const choices = agentsOf(users).filter((user) => !taken.has(user.id))
  return (
    <Select
      mb="md"
      maw={420}
      label={t`Add an agent`}
      placeholder={t`Search by name or e-mail`}
      searchable
      value={null}
      disabled={Boolean(inbox.deactivation)}
      nothingFoundMessage={t`No other agent found`}
      data={choices.map((user) => ({ value: user.id, label: `${user.name} (${user.email})` }))}
      onChange={(userId) => userId && onAdd(userId)}
    />
  )
}

function useChangeMember(inbox: Inbox) {
  const { t } = useLingui()
  const client = useQueryClient()
  const refresh = () => {
    for (const key of ["inboxes", "users", "channel-routings", "agents"])
      void client.invalidateQueries({ queryKey: [key] })
  }
  const change = useMutation({
    mutationFn: ({ userId, add }: { userId: string; add: boolean }) =>
      add ? api.put(`/inboxes/${inbox.id}/members/${userId}`) : api.delete(`/inboxes/${inbox.id}/members/${userId}`),
    onSuccess: (_answer, { userId, add }) => {
      refresh()
      const name = client.getQueryData(usersQuery.queryKey)?.find((user) => user.id === userId)?.name ?? t`The agent`
      const undo = () =>
        void (
          add ? api.delete(`/inboxes/${inbox.id}/members/${userId}`) : api.put(`/inboxes/${inbox.id}/members/${userId}`)
        ).then(refresh, toastProblem)
      toast(
        <Group gap="sm" justify="space-between">
          <span>
            {add ? (
              <Trans>
                {name} receives from {inbox.name} now.
              </Trans>
            ) : (
              <Trans>{name} keeps the open conversations and gets no new ones.</Trans>
            )}
          </span>
          <Button size="compact-xs" variant="light" onClick={undo}>
            <Trans>Undo</Trans>
          </Button>
        </Group>,
      )
    },
    onError: toastProblem,
  })
  return change
}

function columnsOf(onRemove?: (member: Member) => void): Column<Member>[] {
  const columns: Column<Member>[] = [
    { key: "name", header: t`Name`, sortBy: (member) => member.name, cell: (member) => member.name },
    { key: "email", header: t`E-mail`, sortBy: (member) => member.email, cell: (member) => member.email },
    { key: "standing", header: t`Now`, cell: (member) => <Standing member={member} /> },
  ]
  if (onRemove)
    columns.push({
      key: "remove",
      header: "",
      width: 60,
      cell: (member) => (
        <Tooltip label={t`Remove`}>
          <ActionIcon aria-label={t`Remove ${member.name}`} onClick={() => onRemove(member)}>
            <IconX size={16} stroke={1.75} />
          </ActionIcon>
        </Tooltip>
      ),
    })
  return columns
}

function Standing({ member }: { member: Member }) {
  const { t } = useLingui()
  const groups = channelGroups
    .filter((group) => member.availableFor.includes(group))
    .map((group) => t(groupLabels[group]))
  if (member.status === "away")
    return (
      <StatusChip status="soon">
        <Trans>Away</Trans>
      </StatusChip>
    )
  if (member.status !== "logged_in" || groups.length === 0)
    return (
      <StatusChip status="off">
        <Trans>Unavailable</Trans>
      </StatusChip>
    )
  return <StatusChip status="ok">{new Intl.ListFormat(locale, { style: "short" }).format(groups)}</StatusChip>
}
