import { Plural, Trans } from "@lingui/react/macro"
import { IconAlertTriangle, IconUsersGroup } from "@tabler/icons-react"
import { Link } from "@tanstack/react-router"
import type { Warning } from "../../../../src/core/entry-points/entry-point.ts"
import classes from "./entry-points.module.css"

const shownOneByOneMost = 2

/** They never block: each says what happens and leads to the remedy; many of one kind are one line. */
export function WarningList({ warnings }: { warnings: readonly Warning[] }) {
  const waiting = warnings.filter((warning) => warning.code === "waiting_for_forwarding")
  const many = waiting.length > shownOneByOneMost
  const single = many ? warnings.filter((warning) => warning.code !== "waiting_for_forwarding") : warnings
  return (
    <>
      {single.map((warning) => (
        <Line key={`${warning.code} ${warning.inboxId} ${warning.entryPointId}`} warning={warning} />
      ))}
      {many && (
        <div className={classes.warning} title={waiting.map((warning) => warning.detail).join("\n")}>
          <IconAlertTriangle size={14} aria-hidden />
          <span>
            <Plural
              value={waiting.length}
              one="# address waits for forwarding."
              other="# addresses wait for forwarding."
            />{" "}
            <Link to="/settings/channels/email">
              <Trans>Open addresses</Trans>
            </Link>
          </span>
        </div>
      )}
    </>
  )
}

function Line({ warning }: { warning: Warning }) {
  const withoutMembers = warning.code === "inbox_without_members"
  return (
    <div className={classes.warning}>
      {withoutMembers ? <IconUsersGroup size={14} aria-hidden /> : <IconAlertTriangle size={14} aria-hidden />}
      <span>
        {warning.detail}{" "}
        {withoutMembers && warning.inboxId && (
          <Link to="/settings/orchestration/inboxes/$inboxId" params={{ inboxId: warning.inboxId }}>
            <Trans>Add agents</Trans>
          </Link>
        )}
        {warning.code === "waiting_for_forwarding" && (
          <Link to="/settings/channels/email">
            <Trans>Open address</Trans>
          </Link>
        )}
      </span>
    </div>
  )
}
