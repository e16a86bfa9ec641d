import { Button, EmptyState } from "@mantine/core"
import { t } from "@lingui/core/macro"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconMail, IconPlus } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { Link, useNavigate, useSearch } from "@tanstack/react-router"
import { useState } from "react"
import type { EntryPoint } from "../../../../src/core/entry-points/entry-point.ts"
import type { Mailbox } from "../../../../src/core/mailboxes/mailbox.ts"
import { useCan } from "../../can.ts"
import { type Column, DataTable } from "../../field/data-table.tsx"
import { RelativeTime } from "../../field/relative-time.tsx"
import { ResourceState } from "../../field/resource-state.tsx"
import { StatusChip } from "../../field/status-chip.tsx"
import { entryPointsQuery } from "../entry-points/entry-points.queries.ts"
import { Notice, SettingsPage } from "../settings-page.tsx"
import { AddAddresses } from "./add-addresses.tsx"
import { mailboxesQuery } from "./email.queries.ts"
import { MailboxDrawer } from "./mailbox-drawer.tsx"

/** The addresses that customers write to, and whether mail to them reaches us (S14, S26, S59). */
export function EmailPage() {
  const { t } = useLingui()
  const can = useCan()
  const navigate = useNavigate()
  const { add = false } = useSearch({ from: "/signed-in/settings/channels/email" })
  const query = useQuery(mailboxesQuery)
  const entryPoints = new Map((useQuery(entryPointsQuery).data ?? []).map((each) => [each.id, each]))
  const [openId, setOpenId] = useState<string | null>(null)
  const setAdd = (open: boolean) => void navigate({ to: "/settings/channels/email", search: open ? { add: true } : {} })
  const editable = can("mailbox.edit")
  const open = query.data?.find((mailbox) => mailbox.id === openId)
  const addButton = editable && (
    <Button leftSection={<IconPlus size={18} stroke={1.75} />} onClick={() => setAdd(true)}>
      <Trans>Add addresses</Trans>
    </Button>
  )
  return (
    <SettingsPage
      title={t`Email addresses`}
      lead={t`Each address is an entry point. Mail reaches it when your mail host forwards it to us.`}
      requiredRole={t`Administrator`}
      actions={addButton}
    >
      {query.data?.some((mailbox) => !mailbox.sends) && (
        <Notice kind="info">
          <Trans>
            No mail relay is set (SMTP_RELAY_URL): answers do not leave this server, they go to the sandbox.
          </Trans>
        </Notice>
      )}
      <ResourceState
        query={query}
        isEmpty={(mailboxes) => mailboxes.length === 0}
        empty={
          <EmptyState
            py="xl"
            icon={<IconMail size={28} stroke={1.75} />}
            title={t`No address yet`}
            description={t`Add one, and forward its mail to the target that we show. Until then mail stays in your mailbox.`}
          >
            <EmptyState.Actions>{addButton}</EmptyState.Actions>
          </EmptyState>
        }
      >
        {(mailboxes) => (
          <DataTable
            caption={t`Email addresses`}
            columns={columnsOf(entryPoints, setOpenId)}
            rows={mailboxes}
            rowKey={(mailbox) => mailbox.id}
            onRow={(mailbox) => setOpenId(mailbox.id)}
          />
        )}
      </ResourceState>
      {editable && <AddAddresses opened={add} onClose={() => setAdd(false)} />}
      {open && (
        <MailboxDrawer
          key={`${open.id} ${open.version}`}
          mailbox={open}
          entryPoint={entryPoints.get(open.entryPointId)}
          onClose={() => setOpenId(null)}
        />
      )}
    </SettingsPage>
  )
}

function columnsOf(entryPoints: Map<string, EntryPoint>, open: (id: string) => void): Column<Mailbox>[] {
  return [
    {
      key: "address",
      header: t`Address`,
      sortBy: (mailbox) => mailbox.address,
      cell: (mailbox) => (
        <Button variant="transparent" p={0} h="auto" className="link" onClick={() => open(mailbox.id)}>
          {mailbox.address}
        </Button>
      ),
    },
    { key: "sender", header: t`Sender name`, cell: (mailbox) => mailbox.senderName || <span className="dim">–</span> },
    {
      key: "inbox",
      header: t`Inbox`,
      cell: (mailbox) => <ResolvedInbox entryPoint={entryPoints.get(mailbox.entryPointId)} />,
    },
    {
      key: "forwarding",
      header: t`Forwarding`,
      sortBy: (mailbox) => mailbox.forwarding,
      cell: (mailbox) => <Forwarding mailbox={mailbox} />,
    },
    { key: "sends", header: t`Sends`, width: 120, cell: (mailbox) => (mailbox.sends ? t`yes` : t`to sandbox`) },
  ]
}

function ResolvedInbox({ entryPoint }: { entryPoint?: EntryPoint }) {
  if (!entryPoint?.resolution) return <span className="dim">–</span>
  return (
    <Link
      to="/settings/orchestration/inboxes/$inboxId"
      params={{ inboxId: entryPoint.resolution.inboxId }}
      className="link"
    >
      {entryPoint.resolution.inboxName}
    </Link>
  )
}

export function Forwarding({ mailbox }: { mailbox: Mailbox }) {
  if (mailbox.forwarding === "waiting")
    return (
      <StatusChip status="soon">
        <Trans>Waiting for forwarding</Trans>
      </StatusChip>
    )
  return (
    <span style={{ display: "inline-flex", gap: 8, alignItems: "center" }}>
      <StatusChip status="ok">
        <Trans>Active</Trans>
      </StatusChip>
      {mailbox.forwardingSeenAt && (
        <span className="dim" style={{ fontSize: 12 }}>
          <RelativeTime at={mailbox.forwardingSeenAt} />
        </span>
      )}
    </span>
  )
}
