import { Group, Switch, TextInput } from "@mantine/core"
import { useLingui } from "@lingui/react/macro"
import { IconSearch } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { NothingFound } from "../../field/data-table.tsx"
import { useIsPhone } from "../../field/is-phone.ts"
import { ResourceState } from "../../field/resource-state.tsx"
import { SettingsPage } from "../settings-page.tsx"
import { PermissionMatrix } from "./permission-matrix.tsx"
import { RoleList } from "./role-list.tsx"
import { permissionsQuery } from "./roles.queries.ts"
import settings from "../settings.module.css"

/** The table that enforces what each role may do, drawn from that very table (S80). */
export function RolesPage() {
  const { t } = useLingui()
  const query = useQuery(permissionsQuery)
  const [filter, setFilter] = useState("")
  const [mine, setMine] = useState(false)
  const phone = useIsPhone()
  const word = filter.trim().toLowerCase()
  return (
    <SettingsPage
      title={t`Roles and permissions`}
      lead={t`A person may do what any of his roles allows. The server asks the same table for each request.`}
    >
      <Group mb="md" justify="space-between">
        <TextInput
          className={settings.filter}
          aria-label={t`Filter actions`}
          placeholder={t`Filter actions`}
          leftSection={<IconSearch size={16} stroke={1.75} aria-hidden />}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
        {!phone && (
          <Switch
            label={t`Highlight my roles`}
            checked={mine}
            onChange={(event) => setMine(event.currentTarget.checked)}
          />
        )}
      </Group>
      <ResourceState query={query}>
        {(permissions) => {
          const actions = permissions.actions.filter((each) =>
            `${each.label} ${each.action} ${each.group}`.toLowerCase().includes(word),
          )
          if (actions.length === 0) return <NothingFound filter={filter} />
          return phone ? (
            <RoleList permissions={{ ...permissions, actions }} />
          ) : (
            <PermissionMatrix permissions={{ ...permissions, actions }} highlightMine={mine} />
          )
        }}
      </ResourceState>
    </SettingsPage>
  )
}
