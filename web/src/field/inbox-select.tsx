import { Select, type SelectProps } from "@mantine/core"
import { useLingui } from "@lingui/react/macro"
import { useQuery } from "@tanstack/react-query"
import { inboxesQuery } from "../settings/inboxes/inboxes.queries.ts"

type Props = Omit<SelectProps, "data" | "value" | "onChange"> & {
  value: string | null
  onChange: (inboxId: string | null) => void
  except?: string[]
}

/** Active Inboxes only, found by typing (S72). */
export function InboxSelect({ value, onChange, except = [], ...rest }: Props) {
  const { t } = useLingui()
  const inboxes = useQuery(inboxesQuery).data ?? []
  const data = inboxes
    .filter((inbox) => (!inbox.deactivation || inbox.id === value) && !except.includes(inbox.id))
    .map((inbox) => ({ value: inbox.id, label: inbox.name, disabled: Boolean(inbox.deactivation) }))
  return (
    <Select
      searchable
      autoSelectOnBlur
      allowDeselect={false}
      placeholder={t`Choose an Inbox`}
      nothingFoundMessage={t`No Inbox of this name`}
      data={data}
      value={value}
      onChange={onChange}
      {...rest}
    />
  )
}
