import { Select, Text } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useState } from "react"
import classes from "./roles.module.css"
import type { Permissions } from "./roles.queries.ts"

/** On a phone: choose a role, read its list. */
export function RoleList({ permissions }: { permissions: Permissions }) {
  const { t } = useLingui()
  const [chosen, setChosen] = useState(permissions.roles[0]?.id ?? "")
  const role = permissions.roles.find((each) => each.id === chosen)
  return (
    <>
      <Select
        label={t`Role`}
        allowDeselect={false}
        mb="sm"
        data={permissions.roles.map((each) => ({ value: each.id, label: each.name }))}
        value={chosen}
        onChange={(id) => id && setChosen(id)}
      />
      {role && (
        <Text size="sm" c="dimmed" mb="sm">
          {role.description}
        </Text>
      )}
      <ul className={classes.list}>
        {permissions.actions
          .filter((each) => each.roles.includes(chosen))
          .map((each) => (
            <li key={each.action}>
              {each.label}
              {each.ownOnly?.includes(chosen) && (
                <span className={classes.own}>
                  <Trans>own only</Trans>
                </span>
              )}
            </li>
          ))}
      </ul>
    </>
  )
}
