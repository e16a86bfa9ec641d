import { Group, UnstyledButton } from "@mantine/core"
import { t } from "@lingui/core/macro"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconDeviceMobileMessage } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { useState } from "react"
import type { PhoneNumber } from "../../../../src/core/carriers/phone-number.ts"
import type { EntryPoint } from "../../../../src/core/entry-points/entry-point.ts"
import { useCan, useMe } from "../../can.ts"
import type { Column } from "../../field/data-table.tsx"
import { formatPhoneNumber } from "../../field/phone-number.ts"
import { ResolvedInbox } from "../../field/resolved-inbox.tsx"
import { entryPointsQuery } from "../entry-points/entry-points.queries.ts"
import { EntryPointList } from "../entry-point-list.tsx"
import { AddNumber } from "./add-number.tsx"
import { NumberDrawer } from "./number-drawer.tsx"
import { SmsState } from "./sms-state.tsx"
import { carrierAccountsQuery, smsNumbersQuery } from "./sms.queries.ts"

/** Numbers that can send and receive text messages; an activated one is an entry point of SMS (S15, S28). */
export function SmsPage() {
  const { t } = useLingui()
  const can = useCan()
  const navigate = useNavigate()
  const home = useMe().organization.country
  const { add = false } = useSearch({ from: "/signed-in/settings/channels/sms" })
  const query = useQuery(smsNumbersQuery)
  const entryPoints = (useQuery(entryPointsQuery).data ?? []).filter((each) => each.section === "sms")
  const accounts = new Map(
    (useQuery({ ...carrierAccountsQuery, enabled: can("carrierAccount.edit") }).data ?? []).map((each) => [
      each.id,
      each.name,
    ]),
  )
  const [openId, setOpenId] = useState<string | null>(null)
  const setAdd = (open: boolean) => void navigate({ to: "/settings/channels/sms", search: open ? { add: true } : {} })
  const open = query.data?.find((number) => number.id === openId)
  const editable = can("phoneNumber.edit")
  return (
    <EntryPointList
      title={t`SMS`}
      lead={t`Numbers that take text messages and pictures. A number becomes an entry point when SMS is activated.`}
      requiredRole={t`Administrator`}
      caption={t`SMS numbers`}
      query={query}
      columns={columnsOf({ entryPoints, accounts, home, open: setOpenId })}
      onRow={(number) => setOpenId(number.id)}
      add={editable ? { label: <Trans>Add SMS number</Trans>, onClick: () => setAdd(true) } : undefined}
      empty={{
        icon: IconDeviceMobileMessage,
        title: t`No number yet`,
        description: t`Take a number of the sandbox to try it, or one that your carrier account owns.`,
      }}
    >
      {editable && <AddNumber opened={add} onClose={() => setAdd(false)} />}
      {open && <NumberDrawer key={open.id} number={open} onClose={() => setOpenId(null)} />}
    </EntryPointList>
  )
}

type Facts = { entryPoints: EntryPoint[]; accounts: Map<string, string>; home: string; open: (id: string) => void }

function columnsOf({ entryPoints, accounts, home, open }: Facts): Column<PhoneNumber>[] {
  return [
    {
      key: "number",
      header: t`Number`,
      sortBy: (number) => number.e164,
      cell: (number) => (
        <UnstyledButton className="link num" fz="sm" onClick={() => open(number.id)}>
          {formatPhoneNumber(number.e164, home)}
        </UnstyledButton>
      ),
    },
    { key: "capabilities", header: t`Can`, cell: (number) => <Group gap={6}>{capabilitiesOf(number)}</Group> },
    {
      key: "account",
      header: t`Carrier account`,
      cell: (number) => accounts.get(number.carrierAccountId) ?? <span className="dim">–</span>,
    },
    {
      key: "inbox",
      header: t`Inbox`,
      cell: (number) => (
        <ResolvedInbox
          entryPoint={entryPoints.find(
            (each) => each.phoneNumberId === number.id || number.entryPointIds.includes(each.id),
          )}
        />
      ),
    },
    { key: "state", header: t`SMS`, sortBy: (number) => number.sms, cell: (number) => <SmsState number={number} /> },
  ]
}

function capabilitiesOf(number: PhoneNumber): string {
  const { voice, sms, mms } = number.capabilities
  return [sms && t`text`, mms && t`pictures`, voice && t`calls`].filter(Boolean).join(", ")
}
