import { UnstyledButton } from "@mantine/core"
import { t } from "@lingui/core/macro"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconMail } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { useState } from "react"
import type { EntryPoint } from "../../../../src/core/entry-points/entry-point.ts"
import type { Mailbox } from "../../../../src/core/mailboxes/mailbox.ts"
import { useCan } from "../../can.ts"
import type { Column } from "../../field/data-table.tsx"
import { ResolvedInbox } from "../../field/resolved-inbox.tsx"
import { entryPointsQuery } from "../entry-points/entry-points.queries.ts"
import { EntryPointList } from "../entry-point-list.tsx"
import { Notice } from "../settings-page.tsx"
import { AddAddresses } from "./add-addresses.tsx"
import { mailboxesQuery } from "./email.queries.ts"
import { Forwarding } from "./forwarding.tsx"
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
  return (
    <EntryPointList
      title={t`Email addresses`}
      lead={t`Each address is an entry point. Mail reaches it when your mail host forwards it to us.`}
      requiredRole={t`Administrator`}
      caption={t`Email addresses`}
      query={query}
      columns={columnsOf(entryPoints, setOpenId)}
      onRow={(mailbox) => setOpenId(mailbox.id)}
      add={editable ? { label: <Trans>Add addresses</Trans>, onClick: () => setAdd(true) } : undefined}
      empty={{
        icon: IconMail,
        title: t`No address yet`,
        description: t`Add one, and forward its mail to the target that we show. Until then mail stays in your mailbox.`,
      }}
      notice={
        query.data?.some((mailbox) => !mailbox.sends) && (
          <Notice kind="info">
            <Trans>
              No mail relay is set (SMTP_RELAY_URL): answers do not leave this server, they go to the sandbox.
            </Trans>
          </Notice>
        )
      }
    >
      {editable && <AddAddresses opened={add} onClose={() => setAdd(false)} />}
      {open && (
        <MailboxDrawer
          key={open.id}
          mailbox={open}
          entryPoint={entryPoints.get(open.entryPointId)}
          onClose={() => setOpenId(null)}
        />
      )}
    </EntryPointList>
  )
}

function columnsOf(entryPoints: Map<string, EntryPoint>, open: (id: string) => void): Column<Mailbox>[] {
  return [
    {
      key: "address",
      header: t`Address`,
      sortBy: (mailbox) => mailbox.address,
      cell: (mailbox) => (
        <UnstyledButton className="link" fz="sm" onClick={() => open(mailbox.id)}>
          {mailbox.address}
        </UnstyledButton>
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
