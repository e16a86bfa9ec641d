import { Button, EmptyState } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconMessageCircle, IconPlugConnected, IconPlugConnectedX, IconPlus } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { Link, useNavigate, useSearch } from "@tanstack/react-router"
import type { ChatApp } from "../../../../src/core/chat/chat-app.ts"
import { useCan } from "../../can.ts"
import { locale } from "../../field/locale.ts"
import { RelativeTime } from "../../field/relative-time.tsx"
import { ResourceState } from "../../field/resource-state.tsx"
import { StatusChip } from "../../field/status-chip.tsx"
import { SettingsPage } from "../settings-page.tsx"
import classes from "./chat-apps.module.css"
import { chatAppsQuery } from "./chat-apps.queries.ts"
import { NewChatApp } from "./new-chat-app.tsx"

/** Each chat app is an entry point of the channel Chat (S29, S64). */
export function ChatAppsPage() {
  const { t } = useLingui()
  const can = useCan()
  const navigate = useNavigate()
  const { add = false } = useSearch({ from: "/signed-in/settings/channels/chat-apps" })
  const query = useQuery(chatAppsQuery)
  const setAdd = (open: boolean) =>
    void navigate({ to: "/settings/channels/chat-apps", search: open ? { add: true } : {} })
  const editable = can("chatApp.edit")
  const isEmpty = query.data?.every((app) => app.deletion)
  const addButton = editable && (
    <Button leftSection={<IconPlus size={18} stroke={1.75} />} onClick={() => setAdd(true)}>
      <Trans>Create chat app</Trans>
    </Button>
  )
  return (
    <SettingsPage
      title={t`Chat apps`}
      lead={t`A chat app puts a chat on your site. Each one is an entry point.`}
      requiredRole={t`Administrator`}
      actions={isEmpty ? undefined : addButton}
    >
      <ResourceState
        query={query}
        isEmpty={(apps) => apps.every((app) => app.deletion)}
        empty={
          <EmptyState
            py="xl"
            icon={<IconMessageCircle size={28} stroke={1.75} />}
            title={t`No chat app yet`}
            description={t`It takes a minute: name, colors, one line of code.`}
          >
            <EmptyState.Actions>{addButton}</EmptyState.Actions>
          </EmptyState>
        }
      >
        {(apps) => (
          <div className={classes.cards}>
            {apps
              .filter((app) => !app.deletion)
              .map((app) => (
                <AppCard key={app.id} app={app} />
              ))}
          </div>
        )}
      </ResourceState>
      {editable && (
        <NewChatApp
          opened={add}
          onClose={() => setAdd(false)}
          taken={(query.data ?? []).map((app) => app.name.toLowerCase())}
        />
      )}
    </SettingsPage>
  )
}

function AppCard({ app }: { app: ChatApp }) {
  return (
    <Link to="/settings/channels/chat-apps/$chatAppId" params={{ chatAppId: app.id }} className={classes.card}>
      <span style={{ display: "flex", gap: 12, alignItems: "center", minWidth: 0 }}>
        <span className={classes.swatch} style={{ background: app.appearance.color }} aria-hidden />
        <strong className="ellipsis" style={{ fontWeight: 600 }}>
          {app.name}
        </strong>
      </span>
      <span style={{ display: "flex", gap: 8, flexWrap: "wrap" }}>
        <OpenState app={app} />
        <Installed app={app} />
      </span>
    </Link>
  )
}

export function OpenState({ app }: { app: Pick<ChatApp, "hours" | "open" | "nextChangeAt"> }) {
  const next = app.nextChangeAt
    ? new Date(app.nextChangeAt).toLocaleString(locale, { weekday: "short", hour: "2-digit", minute: "2-digit" })
    : ""
  if (!app.hours)
    return (
      <StatusChip status="ok">
        <Trans>Always open</Trans>
      </StatusChip>
    )
  return app.open ? (
    <StatusChip status="ok">{next ? <Trans>Open until {next}</Trans> : <Trans>Open</Trans>}</StatusChip>
  ) : (
    <StatusChip status="off">{next ? <Trans>Closed until {next}</Trans> : <Trans>Closed</Trans>}</StatusChip>
  )
}

/** Whether a page with the snippet has called us. */
export function Installed({ app }: { app: ChatApp }) {
  const { seenAt, origin } = app.installation ?? { seenAt: null, origin: null }
  const place = origin?.replace(/^https?:\/\//, "") ?? ""
  return seenAt ? (
    <StatusChip status="info" icon={IconPlugConnected}>
      <Trans>
        Seen on {place} <RelativeTime at={seenAt} />
      </Trans>
    </StatusChip>
  ) : (
    <StatusChip status="off" icon={IconPlugConnectedX}>
      <Trans>No page has loaded it yet</Trans>
    </StatusChip>
  )
}
