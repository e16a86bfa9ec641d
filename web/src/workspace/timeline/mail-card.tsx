import { ActionIcon, Menu, Modal, Tooltip } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconAlertTriangle, IconArrowsMaximize, IconCornerUpLeft, IconDots, IconDownload } from "@tabler/icons-react"
import { useState } from "react"
import type { Message } from "../../../../src/core/conversations/message.ts"
import { senderDoubt } from "../../../../src/core/conversations/sender-doubt.ts"
import { exactTime } from "../../field/relative-time.tsx"
import { StatusChip } from "../../field/status-chip.tsx"
import { shownName } from "../names.ts"
import { clockTime } from "../short-time.ts"
import { AttachmentCard } from "./attachment-card.tsx"
import { DeliveryState } from "./delivery-state.tsx"
import { MailBody, WholeMail } from "./mail-body.tsx"
import classes from "./timeline.module.css"

type Props = {
  message: Message
  meId: string
  customerName: string
  /** Answers of ours are one line until they are opened. */
  folded: boolean
}

/** A mail: who to whom, subject, body, files; what must be warned of stands above the body. */
export function MailCard({ message, meId, customerName, folded }: Props) {
  const { t } = useLingui()
  const [isOpen, setOpen] = useState(!folded)
  const ours = message.direction === "outbound"
  const name =
    ours && message.author.id === meId
      ? t`You`
      : shownName(message.author.name, ours ? t`Automatic answer` : customerName)
  if (!isOpen)
    return (
      <button type="button" className={classes.foldedMail} aria-expanded={false} onClick={() => setOpen(true)}>
        <IconCornerUpLeft size={14} stroke={1.75} aria-hidden />
        <span className="ellipsis">
          <b>{name}</b> <Trans>replied: {message.text}</Trans>
        </span>
        <DeliveryWords message={message} />
      </button>
    )
  const to = [...message.to, ...message.cc].join(", ")
  return (
    <article
      className={classes.mail}
      data-ours={ours || undefined}
      aria-label={message.subject ?? t`Mail without a subject`}
    >
      <div className={classes.mailHead}>
        <b className="ellipsis">{name}</b>
        <span className="ellipsis" title={to}>
          <Trans>to {to}</Trans>
        </span>
        <span className="grow" />
        <time dateTime={message.sentAt} title={exactTime(message.sentAt)} className="num">
          {clockTime(message.sentAt)}
        </time>
        <MailMenu message={message} />
      </div>
      {message.subject && (
        <h2 className={classes.subject} dir="auto">
          {message.subject}
        </h2>
      )}
      <Warnings message={message} />
      <MailBody message={message} />
      {message.attachments.some((attachment) => !attachment.inline) && (
        <div className={classes.files}>
          {message.attachments
            .filter((attachment) => !attachment.inline)
            .map((attachment) => (
              <AttachmentCard key={attachment.id} attachment={attachment} />
            ))}
        </div>
      )}
      {ours && (
        <div className={classes.mailState}>
          <DeliveryState message={message} />
        </div>
      )}
    </article>
  )
}

function DeliveryWords({ message }: { message: Message }) {
  const { t } = useLingui()
  const status = message.delivery?.status
  const words = {
    queued: t`Sending`,
    sent: t`Sent`,
    delivered: t`Delivered`,
    read: t`Read`,
    failed: t`Not delivered`,
    unknown: t`Perhaps delivered`,
  }
  if (!status) return null
  return (
    <span className={classes.delivery} data-trouble={status === "failed" || undefined}>
      {words[status]}
    </span>
  )
}

function MailMenu({ message }: { message: Message }) {
  const { t } = useLingui()
  const [isLarge, setLarge] = useState(false)
  const inbound = message.direction === "inbound"
  if (!inbound && !message.html) return null
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Tooltip label={t`More`}>
            <ActionIcon size={24} aria-label={t`More about this mail`}>
              <IconDots size={16} stroke={1.75} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          {message.html && (
            <Menu.Item leftSection={<IconArrowsMaximize size={16} stroke={1.75} />} onClick={() => setLarge(true)}>
              <Trans>Show large</Trans>
            </Menu.Item>
          )}
          {inbound && (
            <Menu.Item
              component="a"
              href={`/api/messages/${message.id}/source`}
              download
              leftSection={<IconDownload size={16} stroke={1.75} />}
            >
              <Trans>View original</Trans>
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={isLarge}
        onClose={() => setLarge(false)}
        title={message.subject ?? t`Mail without a subject`}
        size={960}
        classNames={{ body: classes.largeMail }}
        closeButtonProps={{ "aria-label": t`Close` }}
      >
        {isLarge && message.html && <WholeMail message={message} html={message.html} />}
      </Modal>
    </>
  )
}

/** What a reader must know before he believes a mail. */
function Warnings({ message }: { message: Message }) {
  const { flags } = message
  const doubt = senderDoubt(message)
  const names = doubt && "failed" in doubt ? doubt.failed : ""
  return (
    <>
      {doubt?.kind === "forged" && (
        <div className={classes.mailWarning}>
          <IconAlertTriangle size={16} stroke={1.75} aria-hidden />
          <Trans>
            This may not be from {message.fromHeader ?? message.envelopeFrom}: {names} failed. Do not give out anything
            that only this person may know.
          </Trans>
        </div>
      )}
      {doubt?.kind === "failed" && (
        <div className={classes.mailNotice}>
          <Trans>{names} failed for this mail.</Trans>
        </div>
      )}
      {doubt?.kind === "unproven" && !flags.authorUnverified && (
        <div className={classes.mailNotice}>
          <Trans>
            Sender not verified: nothing proves that this is from {message.fromHeader ?? message.envelopeFrom}.
          </Trans>
        </div>
      )}
      {Boolean(flags.authorUnverified) && doubt?.kind !== "forged" && (
        <div className={classes.mailNotice}>
          <Trans>This mail names no sender that can be read. {message.envelopeFrom} is only where it came from.</Trans>
        </div>
      )}
      {Boolean(flags.parseFailed) && (
        <div className={classes.mailNotice}>
          <Trans>This mail could not be read. The original is attached.</Trans>
        </div>
      )}
      {Boolean(flags.truncated) && (
        <div className={classes.mailNotice}>
          <Trans>This mail is very long; only its beginning is shown. The original is kept.</Trans>
        </div>
      )}
      {Boolean(flags.automatic) && (
        <div>
          <StatusChip status="off">
            <Trans>Sent by a machine</Trans>
          </StatusChip>
        </div>
      )}
    </>
  )
}
