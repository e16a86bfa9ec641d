import { Trans } from "@lingui/react/macro"
import { Link } from "@tanstack/react-router"

/** The way out where an entry point has nowhere to go. */
export function CreateInbox() {
  return (
    <Link to="/settings/orchestration/inboxes" search={{ add: true }} className="link">
      <Trans>Create Inbox</Trans>
    </Link>
  )
}
