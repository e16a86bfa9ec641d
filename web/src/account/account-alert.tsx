import { Alert } from "@mantine/core"
import { IconAlertTriangle } from "@tabler/icons-react"
import type { ReactNode } from "react"

/** Why the form was not taken, above its fields. */
export function AccountAlert({ children }: { children: ReactNode }) {
  return (
    <Alert color="red" variant="light" role="alert" p="sm" icon={<IconAlertTriangle size={18} stroke={1.75} />}>
      {children}
    </Alert>
  )
}
