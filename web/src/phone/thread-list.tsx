import { t } from "@lingui/core/macro"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconAlertTriangle } from "@tabler/icons-react"
import { ChannelIcon } from "../field/channel-icon.tsx"
import { useNowMinutes } from "../field/now.ts"
import { formatPhoneNumber } from "../field/phone-number.ts"
import { exactTime } from "../field/relative-time.tsx"
import { shortTime } from "../workspace/short-time.ts"
import type { ToldStatus } from "./kept.ts"
import classes from "./phone.module.css"
import type { Thread } from "./threads.ts"

type Props = {
  threads: Thread[]
  told: Record<string, ToldStatus>
  selected: string | undefined
  onOpen: (address: string) => void
}

/** The addresses at the far end: customers first, then colleagues who got mail of Switchboard itself. */
export function ThreadList({ threads, told, selected, onOpen }: Props) {
  const { t } = useLingui()
  const groups = [
    { label: t`Customers`, threads: threads.filter((each) => !each.isColleague) },
    { label: t`Mail to colleagues`, threads: threads.filter((each) => each.isColleague) },
  ]
  if (threads.length === 0)
    return (
      <p className={classes.none}>
        <Trans>Nothing was written yet, and nothing was delivered.</Trans>
      </p>
    )
  return (
    <div className={classes.rows}>
      {groups
        .filter((group) => group.threads.length > 0)
        .map((group) => (
          <section key={group.label} aria-label={group.label}>
            <h2 className={classes.groupLabel}>{group.label}</h2>
            <ul>
              {group.threads.map((thread) => (
                <li key={thread.address}>
                  <Row
                    thread={thread}
                    failed={hasFailed(thread, told)}
                    selected={thread.address === selected}
                    onOpen={() => onOpen(thread.address)}
                  />
                </li>
              ))}
            </ul>
          </section>
        ))}
    </div>
  )
}

function Row({
  thread,
  failed,
  selected,
  onOpen,
}: {
  thread: Thread
  failed: boolean
  selected: boolean
  onOpen: () => void
}) {
  const { t } = useLingui()
  const now = useNowMinutes()
  const { item, type } = thread.last
  const address = shownAddress(thread)
  return (
    <button type="button" className={classes.row} aria-current={selected || undefined} onClick={onOpen}>
      <ChannelIcon channel={thread.channel} />
      <span className="grow">
        <span className={classes.line}>
          <span className={`${classes.name} ellipsis`} title={address}>
            {thread.name ?? address}
          </span>
          <time dateTime={item.at} title={exactTime(item.at)} className={classes.time}>
            {shortTime(item.at, now)}
          </time>
        </span>
        <span className={`${classes.preview} ellipsis`}>
          {failed && <IconAlertTriangle size={13} stroke={1.75} className={classes.trouble} aria-label={t`Failed`} />}
          {type === "written" && <Trans>Customer: </Trans>}
          {item.subject || item.text.replaceAll(/\s+/g, " ").trim() || t`Picture`}
        </span>
      </span>
    </button>
  )
}

/** A visitor of the chat has an id for an address, which says nothing to a person but its end. */
export function shownAddress({ address, channel }: Pick<Thread, "address" | "channel">): string {
  if (channel === "sms") return formatPhoneNumber(address)
  return visitorId.test(address) ? t`Visitor ${address.slice(-4)}` : address
}

const visitorId = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

function hasFailed({ last }: Thread, told: Record<string, ToldStatus>): boolean {
  return last.type === "written" ? last.item.state === "failed" : told[last.item.id] === "failed"
}
