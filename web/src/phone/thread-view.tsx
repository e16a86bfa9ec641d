import { ActionIcon, Tooltip } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconArrowLeft } from "@tabler/icons-react"
import { useEffect, useRef } from "react"
import type { EntryPoint } from "../../../src/core/entry-points/entry-point.ts"
import { announce } from "../field/announcer.tsx"
import { ChannelIcon, channelLabel } from "../field/channel-icon.tsx"
import { useNowMinutes } from "../field/now.ts"
import { dayLabel } from "../workspace/short-time.ts"
import { DeliveredBubble } from "./delivered-bubble.tsx"
import type { ToldStatus } from "./kept.ts"
import { PhoneComposer } from "./phone-composer.tsx"
import classes from "./phone.module.css"
import { phoneChannels } from "./send.ts"
import { shownAddress } from "./thread-list.tsx"
import { lastEntryPoint, type Line, type Thread } from "./threads.ts"
import { WrittenBubble } from "./written-bubble.tsx"

type Props = {
  thread: Thread
  told: Record<string, ToldStatus>
  entryPoints: EntryPoint[]
  afterId: string
  onBack: () => void
}

/** All with one address, the customer's words at the right: it is his phone. */
export function ThreadView({ thread, told, entryPoints, afterId, onBack }: Props) {
  const { t } = useLingui()
  const { box, heading } = useNewestInSight(thread)
  const address = shownAddress(thread)
  const channel = channelLabel(thread.channel)
  const spokenWith = lastEntryPoint(thread)
  const candidates = entryPoints.filter((each) => each.channel === thread.channel)
  const preferred = candidates.find(({ id, address: own }) => id === spokenWith.id || own === spokenWith.address)
  const lastAnswer = thread.lines.findLast((line) => line.type === "delivered")
  return (
    <section className={classes.thread} aria-labelledby="phone-thread">
      <header className={classes.bar}>
        <Tooltip label={t`All addresses`}>
          <ActionIcon size={36} className={classes.back} onClick={onBack} aria-label={t`All addresses`}>
            <IconArrowLeft size={18} stroke={1.75} />
          </ActionIcon>
        </Tooltip>
        <ChannelIcon channel={thread.channel} decorative />
        <div className="grow">
          <h2 id="phone-thread" className={`${classes.who} ellipsis`} tabIndex={-1} ref={heading} title={address}>
            {thread.name ?? address}
          </h2>
          <div className={`${classes.meta} ellipsis num`}>{thread.name ? `${channel} · ${address}` : channel}</div>
        </div>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <div className={classes.log} ref={box} role="log" aria-live="off" aria-label={t`Messages`} tabIndex={0}>
        <div className={classes.lines}>
          {thread.lines.map((line, index) => (
            <div key={line.item.id}>
              <Separator line={line} before={thread.lines[index - 1]} />
              {line.type === "written" ? (
                <WrittenBubble item={line.item} />
              ) : (
                <DeliveredBubble item={line.item} told={told[line.item.id]} />
              )}
            </div>
          ))}
        </div>
      </div>
      {thread.isColleague ? (
        <p className={classes.closed}>
          <Trans>A mail of Switchboard to a colleague; it is not answered.</Trans>
        </p>
      ) : candidates.length === 0 || !phoneChannels.includes(thread.channel) ? (
        <p className={classes.closed}>
          <Trans>No entry point for {channel} is in use, so this customer cannot write.</Trans>
        </p>
      ) : (
        <PhoneComposer
          entryPoints={candidates}
          preferred={preferred}
          from={{ address: thread.address, name: thread.name }}
          afterId={afterId}
          subject={thread.last.item.subject}
          replyTo={lastAnswer?.type === "delivered" ? lastAnswer.item : null}
        />
      )}
    </section>
  )
}

/** A new day, or another of our addresses. */
function Separator({ line, before }: { line: Line; before: Line | undefined }) {
  const now = useNowMinutes()
  const place = placeOf(line)
  const sameDay = before && new Date(before.item.at).toDateString() === new Date(line.item.at).toDateString()
  if (sameDay && placeOf(before) === place) return null
  return (
    <div className={classes.separator}>
      <time dateTime={line.item.at}>{dayLabel(line.item.at, now)}</time>
      {place && <span className="ellipsis num">{shownAddress({ address: place, channel: line.item.channel })}</span>}
    </div>
  )
}

function placeOf(line: Line): string | null {
  return line.type === "written" ? line.item.to : line.item.from
}

function useNewestInSight(thread: Thread) {
  const { t } = useLingui()
  const box = useRef<HTMLDivElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const count = useRef(thread.lines.length)
  const { last } = thread
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  useEffect(() => {
    // Pictures come in after the words, and the composer grows: the newest stays in sight.
    const observer = new ResizeObserver(() => {
      if (box.current) box.current.scrollTop = box.current.scrollHeight
    })
    if (box.current) observer.observe(box.current)
    if (box.current?.firstElementChild) observer.observe(box.current.firstElementChild)
    return () => observer.disconnect()
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: acts when a line came in
  useEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight
    if (thread.lines.length > count.current && last.type === "delivered")
      announce("polite", t`Received: ${last.item.text.slice(0, 200)}`)
    count.current = thread.lines.length
  }, [last.item.id])
  return { box, heading }
}
