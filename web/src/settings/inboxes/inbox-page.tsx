import { Tabs } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useQuery } from "@tanstack/react-query"
import { useParams } from "@tanstack/react-router"
import { formatSeconds } from "../../../../src/core/sla/minutes.ts"
import type { Inbox } from "../../../../src/core/inboxes/inbox.ts"
import { ResourceState } from "../../field/resource-state.tsx"
import { StatusChip } from "../../field/status-chip.tsx"
import { Notice, SettingsPage } from "../settings-page.tsx"
import { InboxMembers } from "./inbox-members.tsx"
import { InboxSettings } from "./inbox-settings.tsx"
import { InboxUses } from "./inbox-uses.tsx"
import { inboxQuery, waitingOf } from "./inboxes.queries.ts"

/** One Inbox: its agents, its settings, what feeds it. */
export function InboxPage() {
  const { inboxId } = useParams({ from: "/signed-in/settings/orchestration/inboxes/$inboxId" })
  const query = useQuery(inboxQuery(inboxId))
  const { t } = useLingui()
  if (query.data)
    return <ResourceState query={query}>{(inbox) => <Loaded key={inbox.id} inbox={inbox} />}</ResourceState>
  return (
    <SettingsPage title={t`Inbox`}>
      <ResourceState query={query}>{() => null}</ResourceState>
    </SettingsPage>
  )
}

function Loaded({ inbox }: { inbox: Inbox }) {
  const { t } = useLingui()
  const waiting = waitingOf(inbox)
  const sla = formatSeconds(inbox.slaSeconds)
  return (
    <SettingsPage
      title={inbox.name}
      lead={t`Requests are due within ${sla}, ${waiting} waiting now.`}
      requiredRole={t`Administrator or Team manager`}
      actions={
        inbox.deactivation && (
          <StatusChip status="off">
            <Trans>Deactivated</Trans>
          </StatusChip>
        )
      }
    >
      {inbox.memberCount === 0 && !inbox.deactivation && (
        <Notice>
          <Trans>No agents yet. Requests to this Inbox wait until you add one.</Trans>
        </Notice>
      )}
      <Tabs defaultValue="agents" keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="agents">
            <Trans>Agents</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="settings">
            <Trans>Settings</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="uses">
            <Trans>What feeds it</Trans>
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="agents">
          <InboxMembers inbox={inbox} />
        </Tabs.Panel>
        <Tabs.Panel value="settings">
          <InboxSettings inbox={inbox} />
        </Tabs.Panel>
        <Tabs.Panel value="uses">
          <InboxUses inbox={inbox} />
        </Tabs.Panel>
      </Tabs>
    </SettingsPage>
  )
}
