import type { MessageDescriptor } from "@lingui/core"
import { msg } from "@lingui/core/macro"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconAlertTriangle, IconChecks, IconClock, IconFile } from "@tabler/icons-react"
import { Link } from "@tanstack/react-router"
import { exactTime } from "../field/relative-time.tsx"
import { clockTime } from "../workspace/short-time.ts"
import type { Written } from "./kept.ts"
import classes from "./phone.module.css"

const failures: Record<string, MessageDescriptor> = {
  not_forwarded: msg`this address is not forwarded to Switchboard.`,
  parked: msg`it was kept aside and waits for an administrator.`,
}

/** What the customer wrote, and where it went. */
export function WrittenBubble({ item }: { item: Written }) {
  return (
    <div className={classes.message} data-customer>
      <Pictures item={item} />
      {(item.text !== "" || item.subject) && (
        <div className={classes.bubble} dir="auto">
          {item.subject && <b className={classes.subject}>{item.subject}</b>}
          {item.text}
        </div>
      )}
      <State item={item} />
    </div>
  )
}

function Pictures({ item }: { item: Written }) {
  return item.files.map((file) =>
    file.picture ? (
      <img key={file.name} src={file.picture} alt={file.name} className={classes.picture} />
    ) : (
      <span key={file.name} className={classes.file}>
        <IconFile size={16} stroke={1.75} aria-hidden />
        <span className="ellipsis">{file.name}</span>
      </span>
    ),
  )
}

function State({ item }: { item: Written }) {
  const { t } = useLingui()
  const known = item.failure === null ? undefined : failures[item.failure]
  return (
    <div className={classes.state}>
      <time dateTime={item.at} title={exactTime(item.at)} className="num">
        {clockTime(item.at)}
      </time>
      {item.state === "sending" && (
        <span className={classes.word}>
          <IconClock size={14} stroke={1.75} aria-hidden />
          <Trans>Sending</Trans>
        </span>
      )}
      {item.state === "delivered" && (
        <span className={classes.word}>
          <IconChecks size={14} stroke={1.75} aria-hidden />
          {item.inboxName ? <Trans>Delivered to {item.inboxName}</Trans> : <Trans>Delivered</Trans>}
        </span>
      )}
      {item.state === "failed" && (
        <span className={classes.word} data-trouble>
          <IconAlertTriangle size={14} stroke={1.75} aria-hidden />
          <span>
            <Trans>Failed</Trans>: {known ? t(known) : (item.failure ?? t`the page was left before an answer came.`)}
          </span>
        </span>
      )}
      {item.conversationId && (
        <Link to="/work/c/$conversationId" params={{ conversationId: item.conversationId }} className={classes.link}>
          <Trans>Open conversation</Trans>
        </Link>
      )}
    </div>
  )
}
