import { Trans } from "@lingui/react/macro"
import { IconClock } from "@tabler/icons-react"
import classes from "../timeline/timeline.module.css"
import type { Pending } from "./outbox.ts"

/** What was sent and the server has not taken yet; nothing of it is lost while the line is away. */
export function PendingMessages({ pending }: { pending: Pending[] }) {
  return pending.map((each) => (
    <div key={each.key} className={classes.message} data-ours data-pending={each.state}>
      <div className={classes.messageBody}>
        {(each.text || each.attachments.length > 0) && (
          <div className={classes.bubble}>{each.text || each.attachments.map((file) => file.name).join(", ")}</div>
        )}
        <div className={classes.state}>
          <span className={classes.delivery}>
            <IconClock size={14} stroke={1.75} aria-hidden />
            {each.state === "waiting" ? <Trans>Waiting for connection</Trans> : <Trans>Sending</Trans>}
          </span>
        </div>
      </div>
    </div>
  ))
}
