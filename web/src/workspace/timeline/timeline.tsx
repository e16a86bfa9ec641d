import { Button, EmptyState, Loader, Skeleton } from "@mantine/core"
import { Plural, Trans, useLingui } from "@lingui/react/macro"
import { IconArrowDown, IconEyeOff, IconMessageCircleOff } from "@tabler/icons-react"
import { useInfiniteQuery } from "@tanstack/react-query"
import { type KeyboardEvent, memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react"
import type { TimelineItem } from "../../../../src/core/conversations/timeline-item.ts"
import { useMe } from "../../can.ts"
import { announce } from "../../field/announcer.tsx"
import { ChannelIcon, channelLabel } from "../../field/channel-icon.tsx"
import { entryPointName } from "../../field/entry-point-label.tsx"
import { useNowMinutes } from "../../field/now.ts"
import { ResourceState } from "../../field/resource-state.tsx"
import { PendingMessages } from "../composer/pending-messages.tsx"
import { usePending } from "../composer/outbox.ts"
import { dayLabel } from "../short-time.ts"
import { timelineQuery } from "../work.queries.ts"
import { type Entry, entriesOf, inOrder } from "./entries.ts"
import { MailCard } from "./mail-card.tsx"
import { MessageBubble } from "./message-bubble.tsx"
import { NoteCard } from "./note-card.tsx"
import { SystemLines } from "./system-lines.tsx"
import classes from "./timeline.module.css"
import { TypingLine } from "./typing-line.tsx"
import { useReadMark } from "./use-read-mark.ts"

type Props = {
  customerId: string
  customerName: string
  /** Null: the customer's page, where nothing is marked read. */
  open: { conversationId: string; unread: boolean } | null
  onWhy: () => void
}

const nearEndPx = 80
const nearStartPx = 200

/** The customer's whole life over all channels, newest at the bottom; it never scrolls under a reader (ui.md 4.2). */
export function Timeline({ customerId, customerName, open, onWhy }: Props) {
  const { t } = useLingui()
  const me = useMe()
  const conversationId = open?.conversationId ?? null
  const query = useInfiniteQuery(timelineQuery(customerId))
  const pages = query.data?.pages
  const items = useMemo(() => inOrder(dedupe((pages ?? []).flatMap((page) => page.items))), [pages])
  const { unreadAfter, markRead } = useReadMark(open, items)
  const entries = useMemo(() => entriesOf(items, unreadAfter), [items, unreadAfter])
  const pending = usePending(conversationId)
  const scroll = useFollowingScroll(`${items.at(-1)?.id} ${pending.length}`, items[0]?.id, items.length > 0)
  const newBelow = scroll.atEnd
    ? 0
    : items.filter((item) => item.position > scroll.seenPosition && item.message?.direction === "inbound").length
  const lastPosition = items.reduce((most, item) => Math.max(most, item.position), 0)
  useEffect(() => {
    if (scroll.atEnd) scroll.setSeenPosition(lastPosition)
  }, [scroll.atEnd, scroll.setSeenPosition, lastPosition])
  const lastOfOthers = items.reduce(
    (most, item) => Math.max(most, isForReading(item, me.user.id) ? item.position : 0),
    0,
  )
  useEffect(() => {
    if (scroll.atEnd && lastOfOthers > 0) markRead(lastOfOthers)
  }, [scroll.atEnd, lastOfOthers, markRead])
  useAnnounceNewest(items, conversationId)
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query
  const onScroll = () => {
    scroll.onScroll()
    if (scroll.box.current && scroll.box.current.scrollTop < nearStartPx && hasNextPage && !isFetchingNextPage)
      void fetchNextPage()
  }
  return (
    <div className={classes.frameOfLog}>
      <div
        ref={scroll.box}
        className={classes.log}
        role="log"
        aria-live="off"
        aria-label={t`Timeline`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: one tab stop that arrows move within
        tabIndex={0}
        data-region="timeline"
        onScroll={onScroll}
        onKeyDown={moveByItem}
      >
        <div ref={scroll.content} className={classes.content}>
          <ResourceState
            query={query}
            skeleton={<TimelineSkeleton />}
            isEmpty={() => items.length === 0 && pending.length === 0}
            empty={
              <EmptyState
                py="xl"
                icon={<IconMessageCircleOff size={24} stroke={1.75} />}
                title={t`Nothing was said yet`}
                description={t`Write the first message below.`}
              />
            }
          >
            {() => (
              <>
                {isFetchingNextPage && (
                  <div className={classes.loading}>
                    <Loader size={16} /> <Trans>Loading what was before</Trans>
                  </div>
                )}
                <HiddenItems count={pages?.[0]?.hiddenItems ?? 0} shown={!hasNextPage} />
                {entries.map((entry, index) => (
                  <EntryView
                    key={entry.key}
                    entry={entry}
                    customerName={customerName}
                    meId={me.user.id}
                    onWhy={onWhy}
                    isLast={index >= entries.length - 3}
                  />
                ))}
              </>
            )}
          </ResourceState>
          <PendingMessages pending={pending} />
          {conversationId && <TypingLine conversationId={conversationId} customerName={customerName} />}
        </div>
      </div>
      {newBelow > 0 && (
        <Button
          className={classes.newBelow}
          size="compact-sm"
          variant="filled"
          radius="xl"
          rightSection={<IconArrowDown size={14} />}
          onClick={scroll.toEnd}
        >
          <Plural value={newBelow} one="# new message" other="# new messages" />
        </Button>
      )}
    </div>
  )
}

type EntryProps = { entry: Entry; meId: string; customerName: string; isLast: boolean; onWhy: () => void }

const EntryView = memo(function EntryView({ entry, meId, customerName, isLast, onWhy }: EntryProps) {
  switch (entry.type) {
    case "separator":
      return <Separator entry={entry} />
    case "unread":
      return (
        <div className={classes.unread} data-item>
          <Trans>New</Trans>
        </div>
      )
    case "message":
      return (
        <Item>
          <MessageBubble customerName={customerName} message={entry.message} lastOfRun={entry.lastOfRun} meId={meId} />
        </Item>
      )
    case "mail":
      return (
        <Item>
          <MailCard
            customerName={customerName}
            message={entry.message}
            meId={meId}
            folded={entry.message.direction === "outbound" && !isLast}
          />
        </Item>
      )
    case "note":
      return (
        <Item>
          <NoteCard item={entry.item} meId={meId} />
        </Item>
      )
    case "system":
      return (
        <Item>
          <SystemLines items={entry.items} meId={meId} onWhy={onWhy} />
        </Item>
      )
  }
})

/** Reached by arrows; Tab inside goes to its links and buttons. */
function Item({ children }: { children: React.ReactNode }) {
  return (
    <div data-item tabIndex={-1} className={classes.item}>
      {children}
    </div>
  )
}

function Separator({ entry }: { entry: Extract<Entry, { type: "separator" }> }) {
  const now = useNowMinutes()
  return (
    <div className={classes.separator}>
      <time dateTime={entry.at}>{dayLabel(entry.at, now)}</time>
      {entry.channel && (
        <>
          <ChannelIcon channel={entry.channel} size={20} decorative />
          <b>{channelLabel(entry.channel)}</b>
          {entry.entryPoint && <span className="ellipsis">{entryPointName(entry.entryPoint)}</span>}
        </>
      )}
    </div>
  )
}

function HiddenItems({ count, shown }: { count: number; shown: boolean }) {
  if (count === 0 || !shown) return null
  return (
    <div className={classes.hidden}>
      <IconEyeOff size={14} stroke={1.75} aria-hidden />
      <Plural
        value={count}
        one="# item of this history belongs to an Inbox that you are not in, and is hidden."
        other="# items of this history belong to Inboxes that you are not in, and are hidden."
      />
    </div>
  )
}

function TimelineSkeleton() {
  return (
    <div aria-hidden>
      <Skeleton height={56} width="60%" radius={12} mb={12} />
      <Skeleton height={40} width="45%" radius={12} mb={12} ml="auto" />
      <Skeleton height={76} width="55%" radius={12} mb={12} />
    </div>
  )
}

/** What somebody else wrote: the rest is nothing to be read. */
function isForReading({ kind, actor }: TimelineItem, meId: string): boolean {
  return (kind === "message" || kind === "note" || kind === "voicemail") && actor.id !== meId
}

function dedupe<T extends { id: string }>(items: T[]): T[] {
  return [...new Map(items.map((item) => [item.id, item])).values()]
}

function moveByItem(event: KeyboardEvent<HTMLDivElement>) {
  if (event.key === "Escape") return event.currentTarget.focus()
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-item][tabindex]")]
  const at = items.findIndex((item) => item.contains(document.activeElement))
  const to = event.key === "ArrowDown" ? (at < 0 ? items.length - 1 : at + 1) : at < 0 ? items.length - 1 : at - 1
  if (!items[to]) return
  event.preventDefault()
  items[to].focus()
}

/** Follows the newest while the reader is at the end, and keeps his place while older ones come in above. */
function useFollowingScroll(newest: string, oldest: string | undefined, hasItems: boolean) {
  const box = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const [atEnd, setAtEnd] = useState(true)
  const [seenPosition, setSeenPosition] = useState(0)
  const follows = useRef(true)
  const height = useRef(0)
  const toEnd = () => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight
    follows.current = true
    setAtEnd(true)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: acts when older items came in, not when it is made anew
  useLayoutEffect(() => {
    if (!box.current) return
    if (!follows.current) box.current.scrollTop += box.current.scrollHeight - height.current
    height.current = box.current.scrollHeight
  }, [oldest])
  // biome-ignore lint/correctness/useExhaustiveDependencies: acts when a newer item came in
  useLayoutEffect(() => {
    if (follows.current) toEnd()
    if (box.current) height.current = box.current.scrollHeight
  }, [newest, hasItems])
  useEffect(() => {
    if (!content.current || !box.current) return
    const observer = new ResizeObserver(() => {
      if (follows.current && box.current) box.current.scrollTop = box.current.scrollHeight
      if (box.current) height.current = box.current.scrollHeight
    })
    observer.observe(content.current)
    observer.observe(box.current)
    return () => observer.disconnect()
  }, [])
  const onScroll = () => {
    if (!box.current) return
    follows.current = box.current.scrollHeight - box.current.scrollTop - box.current.clientHeight < nearEndPx
    setAtEnd(follows.current)
  }
  return { box, content, atEnd, seenPosition, setSeenPosition, toEnd, onScroll }
}

/** The newest message of the open conversation is read out once. */
function useAnnounceNewest(items: ReturnType<typeof inOrder>, conversationId: string | null) {
  const { t } = useLingui()
  const told = useRef<string | null>(null)
  const last = items.findLast((item) => item.message)
  useEffect(() => {
    const before = told.current
    told.current = last?.id ?? null
    if (!last?.message || before === null || before === last.id || last.message.direction === "outbound") return
    if (last.conversationId !== conversationId) return
    announce("polite", `${last.message.author.name ?? t`Customer`}: ${last.message.text.slice(0, 200)}`)
  }, [last, conversationId, t])
}
