import { Checkbox, Stack } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { Link } from "@tanstack/react-router"
import { type Role, roleLabels, roles } from "../../../../src/core/permissions.ts"

type Props = { value: Role[]; onChange: (roles: Role[]) => void; error?: string }

/** Roles with what each may do, in words. */
export function RoleChoice({ value, onChange, error }: Props) {
  const { t } = useLingui()
  return (
    <Checkbox.Group
      label={t`Roles`}
      value={value}
      onChange={(chosen) => onChange(roles.filter((role) => chosen.includes(role)))}
      error={error}
      description={
        <Link to="/settings/people/roles" className="link">
          <Trans>View permissions by role</Trans>
        </Link>
      }
    >
      <Stack gap="sm" mt="xs" mb="xs">
        {roles.map((role) => (
          <Checkbox key={role} value={role} label={roleLabels[role].name} description={roleLabels[role].description} />
        ))}
      </Stack>
    </Checkbox.Group>
  )
}
