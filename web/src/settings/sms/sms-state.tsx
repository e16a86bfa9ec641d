import { Trans } from "@lingui/react/macro"
import type { PhoneNumber } from "../../../../src/core/carriers/phone-number.ts"
import { StatusChip } from "../../field/status-chip.tsx"

/** Whether the number takes and sends text messages. */
export function SmsState({ number }: { number: PhoneNumber }) {
  if (number.sms === "active")
    return (
      <StatusChip status="ok">
        <Trans>Active</Trans>
      </StatusChip>
    )
  if (number.sms === "deactivated_on_request")
    return (
      <StatusChip status="soon">
        <Trans>Switched off on request</Trans>
      </StatusChip>
    )
  return (
    <StatusChip status="off">
      <Trans>Not set up</Trans>
    </StatusChip>
  )
}
