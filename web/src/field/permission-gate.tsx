import type { ReactNode } from "react"
import { useCan } from "../can.ts"
import { Forbidden } from "./resource-state.tsx"

type Props = {
  action: string
  children: ReactNode /** Instead of the explanation; null shows nothing. */
  otherwise?: ReactNode
}

/** Shows its children to those who hold the action; the server asks again. */
export function PermissionGate({ action, children, otherwise }: Props) {
  const can = useCan()
  if (can(action)) return children
  return otherwise === undefined ? <Forbidden /> : otherwise
}
