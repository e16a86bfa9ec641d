import { useLingui } from "@lingui/react/macro"
import type { Message } from "../../../../src/core/conversations/message.ts"
import { exactTime } from "../../field/relative-time.tsx"
import { initialsOf, shownName } from "../names.ts"
import { clockTime } from "../short-time.ts"
import { AttachmentCard, AttachmentPicture, isPicture } from "./attachment-card.tsx"
import { DeliveryState } from "./delivery-state.tsx"
import classes from "./timeline.module.css"

type Props = { message: Message; lastOfRun: boolean; meId: string; customerName: string }

/** A chat or text message: the customer at the left, we at the right. */
export function MessageBubble({ message, lastOfRun, meId, customerName }: Props) {
  const { t } = useLingui()
  const ours = message.direction === "outbound"
  const name = shownName(message.author.name, ours ? t`Automatic answer` : customerName)
  const notMe = ours && message.author.id !== meId
  return (
    <div className={classes.message} data-ours={ours || undefined} data-run={lastOfRun ? undefined : true}>
      {!ours && (
        <span className={classes.face} data-empty={!lastOfRun || undefined} aria-hidden>
          {lastOfRun ? initialsOf(name) : null}
        </span>
      )}
      <div className={classes.messageBody}>
        <span className={classes.hiddenName}>{ours && !notMe ? t`You` : name}:</span>
        {message.attachments.filter(isPicture).map((attachment) => (
          <AttachmentPicture key={attachment.id} attachment={attachment} />
        ))}
        {message.text !== "" && (
          <div className={classes.bubble} dir="auto">
            {message.text}
          </div>
        )}
        {message.attachments
          .filter((attachment) => !isPicture(attachment))
          .map((attachment) => (
            <AttachmentCard key={attachment.id} attachment={attachment} />
          ))}
        {(lastOfRun || message.delivery?.status === "failed" || message.delivery?.status === "unknown") && (
          <div className={classes.state}>
            {notMe && <span>{name}</span>}
            <time dateTime={message.sentAt} title={exactTime(message.sentAt)} className="num">
              {clockTime(message.sentAt)}
            </time>
            <DeliveryState message={message} />
          </div>
        )}
      </div>
    </div>
  )
}
