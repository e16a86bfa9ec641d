import { MultiSelect } from "@mantine/core"
import { useLingui } from "@lingui/react/macro"
import { useQuery } from "@tanstack/react-query"
import { inboxesQuery } from "../inboxes/inboxes.queries.ts"

/** The Inboxes that a person receives from. */
export function InboxChoice({
  value,
  onChange,
  error,
}: {
  value: string[]
  onChange: (ids: string[]) => void
  error?: string
}) {
  const { t } = useLingui()
  const inboxes = useQuery(inboxesQuery).data ?? []
  return (
    <MultiSelect
      label={t`Inboxes`}
      description={t`Agents receive requests of these Inboxes only.`}
      searchable
      data={inboxes
        .filter((inbox) => !inbox.deactivation || value.includes(inbox.id))
        .map((inbox) => ({ value: inbox.id, label: inbox.name }))}
      value={value}
      onChange={onChange}
      error={error}
    />
  )
}
