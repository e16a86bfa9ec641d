import { Text } from "@mantine/core"
import { IconCheck } from "@tabler/icons-react"
import type { ReactNode } from "react"

/** What was saved, beside the button that did it, until something is typed again; read out when it appears. */
export function Done({ children }: { children: ReactNode }) {
  return (
    <Text size="sm" role="status" c="var(--sb-ok)">
      {children && (
        <>
          <IconCheck size={16} stroke={1.75} aria-hidden style={{ verticalAlign: -3 }} /> {children}
        </>
      )}
    </Text>
  )
}
