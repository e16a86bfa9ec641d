import { Trans } from "@lingui/react/macro"
import type { Mailbox } from "../../../../src/core/mailboxes/mailbox.ts"
import { RelativeTime } from "../../field/relative-time.tsx"
import { StatusChip } from "../../field/status-chip.tsx"

/** Whether mail to the address reaches us. */
export function Forwarding({ mailbox }: { mailbox: Mailbox }) {
  if (mailbox.forwarding === "waiting")
    return (
      <StatusChip status="soon">
        <Trans>Waiting for forwarding</Trans>
      </StatusChip>
    )
  return (
    <span style={{ display: "inline-flex", gap: 8, alignItems: "center" }}>
      <StatusChip status="ok">
        <Trans>Active</Trans>
      </StatusChip>
      {mailbox.forwardingSeenAt && (
        <span className="dim" style={{ fontSize: 12 }}>
          <RelativeTime at={mailbox.forwardingSeenAt} />
        </span>
      )}
    </span>
  )
}
