import { Button, EmptyState, Group } from "@mantine/core"
import { plural, t } from "@lingui/core/macro"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconCircleCheck, IconRefresh } from "@tabler/icons-react"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import type { EntryPoint } from "../../../../src/core/entry-points/entry-point.ts"
import { useCan } from "../../can.ts"
import { ChannelIcon, channelLabel } from "../../field/channel-icon.tsx"
import { type Column, DataTable } from "../../field/data-table.tsx"
import { EntryPointLabel } from "../../field/entry-point-label.tsx"
import { RelativeTime } from "../../field/relative-time.tsx"
import { ResourceState } from "../../field/resource-state.tsx"
import { toast, toastProblem } from "../../field/toast.tsx"
import { entryPointsQuery } from "../entry-points/entry-points.queries.ts"
import { Removal } from "../removal.tsx"
import { SettingsPage } from "../settings-page.tsx"
import { discard, type ParkedEvent, parkedQuery, replay } from "./parked.queries.ts"
import { parkedReason } from "./parked-reason.ts"

/** What arrived and could not be taken in: kept as received, with its reason, until it is replayed or given up. */
export function ParkedPage() {
  const { t } = useLingui()
  const can = useCan()
  const query = useQuery(parkedQuery)
  const entryPoints = useQuery({ ...entryPointsQuery, enabled: can("entryPoint.read") }).data ?? []
  const actions = useActions()
  const editable = can("inboundEvent.replay")
  const parked = query.data ?? []
  return (
    <SettingsPage
      title={t`Parked messages`}
      lead={t`What arrived and could not be processed. It is kept as it came; nothing of it was shown to anybody yet.`}
      requiredRole={t`Administrator or Operator`}
      actions={
        editable &&
        parked.length > 0 && (
          <Button
            leftSection={<IconRefresh size={18} stroke={1.75} />}
            onClick={() => actions.replay.mutate(parked)}
            loading={actions.replay.isPending}
          >
            {parked.length > 1 ? <Trans>Replay all {parked.length}</Trans> : <Trans>Replay it</Trans>}
          </Button>
        )
      }
    >
      <ResourceState
        query={query}
        isEmpty={(events) => events.length === 0}
        empty={
          <EmptyState
            py="xl"
            icon={<IconCircleCheck size={28} stroke={1.75} />}
            title={t`Nothing is parked`}
            description={t`Everything that arrived was processed.`}
          />
        }
      >
        {(events) => (
          <DataTable
            caption={t`Parked messages`}
            rows={events}
            rowKey={(event) => event.id}
            columns={columnsOf(entryPoints, editable ? actions : undefined)}
          />
        )}
      </ResourceState>
    </SettingsPage>
  )
}

function useActions() {
  const { t } = useLingui()
  const client = useQueryClient()
  const refresh = () => void client.invalidateQueries({ queryKey: ["inbound-events"] })
  return {
    replay: useMutation({
      mutationFn: replayAll,
      onSuccess: ({ done, parked }) => {
        if (done > 0) toast(plural(done, { one: "# message was processed.", other: "# messages were processed." }))
        if (parked > 0)
          toastProblem(plural(parked, { one: "# message failed again.", other: "# messages failed again." }))
      },
      onError: toastProblem,
      onSettled: refresh,
    }),
    discard: useMutation({
      mutationFn: discard,
      onSuccess: () => toast(t`Given up. What was received stays stored.`),
      onError: toastProblem,
      onSettled: refresh,
    }),
  }
}

/** One after the other, in the order in which they arrived. */
async function replayAll(events: ParkedEvent[]): Promise<{ done: number; parked: number }> {
  const counts = { done: 0, parked: 0 }
  for (const { id } of [...events].sort((a, b) => a.receivedAt.localeCompare(b.receivedAt)))
    counts[(await replay(id)).status]++
  return counts
}

function columnsOf(
  entryPoints: EntryPoint[],
  actions: ReturnType<typeof useActions> | undefined,
): Column<ParkedEvent>[] {
  const columns: Column<ParkedEvent>[] = [
    {
      key: "channel",
      header: t`Channel`,
      width: 130,
      cell: (event) => (
        <Group gap="sm" wrap="nowrap">
          <ChannelIcon channel={event.channel} size={20} decorative />
          {channelLabel(event.channel)}
        </Group>
      ),
    },
    {
      key: "received",
      header: t`Received`,
      width: 140,
      sortBy: (event) => event.receivedAt,
      cell: (event) => <RelativeTime at={event.receivedAt} />,
    },
    {
      key: "entryPoint",
      header: t`Entry point`,
      cell: (event) => {
        const entryPoint = entryPoints.find(({ id }) => id === event.entryPointId)
        return entryPoint ? <EntryPointLabel entryPoint={entryPoint} /> : <span className="dim">–</span>
      },
    },
    { key: "reason", header: t`Why`, cell: (event) => parkedReason(event.parkedReason) },
    { key: "attempts", header: t`Tries`, numeric: true, width: 70, cell: (event) => event.attempts },
  ]
  if (actions)
    columns.push({
      key: "actions",
      header: "",
      width: 170,
      cell: (event) => <Actions event={event} actions={actions} />,
    })
  return columns
}

function Actions({ event, actions }: { event: ParkedEvent; actions: ReturnType<typeof useActions> }) {
  const { t } = useLingui()
  const what = channelLabel(event.channel)
  return (
    <Group gap="xs" justify="flex-end" wrap="nowrap" data-actions>
      <Button
        size="compact-sm"
        variant="subtle"
        onClick={() => actions.replay.mutate([event])}
        disabled={actions.replay.isPending}
      >
        <Trans>Replay</Trans>
      </Button>
      <Removal
        label={<Trans>Give up</Trans>}
        question={t`Give up this message (${what})?`}
        size="compact-sm"
        variant="subtle"
        pending={actions.discard.isPending}
        onConfirm={(close) => actions.discard.mutate(event.id, { onSettled: close })}
      >
        <Trans>It never reaches an agent, and it cannot be replayed any more. What was received stays stored.</Trans>
      </Removal>
    </Group>
  )
}
