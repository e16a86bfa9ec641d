import { Trans } from "@lingui/react/macro"
import { Link } from "@tanstack/react-router"
import { ChannelIcon } from "../field/channel-icon.tsx"
import { FocusedHeading } from "../field/focused-heading.tsx"
import { AddWarning } from "../settings/settings-page.tsx"
import classes from "./account.module.css"

/** Step 4: how customers reach the company; each card opens the page where it is set up. */
export function SetupChannelStep() {
  return (
    <>
      <FocusedHeading className={classes.title}>
        <Trans>First channel</Trans>
      </FocusedHeading>
      <p className={classes.lead}>
        <Trans>Choose one to begin with. You can add the others at any time.</Trans>
      </p>
      <AddWarning />
      <div className={classes.cards}>
        <Link className={classes.choice} to="/settings/channels/chat-apps" search={{ add: true }}>
          <ChannelIcon channel="chat" decorative />
          <strong>
            <Trans>Chat</Trans>
          </strong>
          <span>
            <Trans>Works in 1 minute, no account needed.</Trans>
          </span>
        </Link>
        <Link className={classes.choice} to="/settings/channels/email" search={{ add: true }}>
          <ChannelIcon channel="email" decorative />
          <strong>
            <Trans>Email</Trans>
          </strong>
          <span>
            <Trans>Forward an address that you already have.</Trans>
          </span>
        </Link>
        <Link className={classes.choice} to="/settings/channels/sms" search={{ add: true }}>
          <ChannelIcon channel="sms" decorative />
          <strong>
            <Trans>SMS number</Trans>
          </strong>
          <span>
            <Trans>Take a number of the sandbox, or of your carrier.</Trans>
          </span>
        </Link>
        <Link className={classes.choice} to="/settings/channels/entry-points">
          <strong>
            <Trans>Not now</Trans>
          </strong>
          <span>
            <Trans>Look around first.</Trans>
          </span>
        </Link>
      </div>
    </>
  )
}
