import { ActionIcon, EmptyState, SegmentedControl, Skeleton, Tooltip, UnstyledButton } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconCheck, IconCircleDashed, IconInbox, IconLayoutSidebarLeftCollapse } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { type KeyboardEvent, useRef, useState } from "react"
import type { Conversation } from "../../../../src/core/conversations/conversation.ts"
import { useCan, useMe } from "../../can.ts"
import { ResourceState } from "../../field/resource-state.tsx"
import { useAgentSelf } from "../../shell/shell.queries.ts"
import { type WorkList, workListQuery } from "../work.queries.ts"
import { risingRows, useCalmOrder } from "./calm-order.ts"
import { byDue, byLastItem, byQueuePlace, needsReply } from "./groups.ts"
import { ListRow } from "./list-row.tsx"
import { LoadLine } from "./load-line.tsx"
import { NoChannel } from "./no-channel.tsx"
import { NewMessageButton } from "../new-message.tsx"
import classes from "./list.module.css"
import { locale } from "../../field/locale.ts"

type Props = {
  view: WorkList
  openId: string | null
  hidden: boolean
  /** Null: there is nothing beside it, it stays. */
  onFold: (() => void) | null
}

/** Mine, Queue, Closed (ui.md 4.2): one list box; rows are reached by j, k, arrows, Home and End. */
export function ConversationList({ view, openId, hidden, onFold }: Props) {
  const { t } = useLingui()
  const can = useCan()
  const navigate = useNavigate()
  const query = useQuery(workListQuery(view))
  const mine = useQuery({ ...workListQuery("mine"), enabled: can("agent.self") }).data
  const queue = useQuery(workListQuery("queue")).data
  const show = (list: WorkList) =>
    void navigate({
      to: openId ? "/work/c/$conversationId" : "/work",
      params: { conversationId: openId ?? "" },
      search: list === "mine" ? {} : { list },
    })
  return (
    <nav className={classes.pane} aria-label={t`Your work`} data-hidden={hidden || undefined}>
      <div className={classes.head}>
        <SegmentedControl
          fullWidth
          size="sm"
          className={classes.segments}
          aria-label={t`Which conversations`}
          value={view}
          onChange={(value) => show(value as WorkList)}
          data={[
            { value: "mine", label: <Counted label={t`Mine`} count={mine?.items.length} /> },
            { value: "queue", label: <Counted label={t`Queue`} count={queue?.items.length} /> },
            { value: "closed", label: t`Closed` },
          ]}
        />
        {can("conversation.work") && <NewMessageButton />}
        {onFold && (
          <Tooltip label={t`Fold the list ( [ )`}>
            <ActionIcon size={32} onClick={onFold} aria-label={t`Fold the list`}>
              <IconLayoutSidebarLeftCollapse size={18} stroke={1.75} />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
      {can("agent.self") && <LoadLine />}
      <div className={classes.scroll}>
        <ResourceState
          query={query}
          skeleton={<RowsSkeleton />}
          isEmpty={({ items }) => items.length === 0}
          empty={<EmptyList view={view} />}
        >
          {({ items }) => <Rows view={view} items={items} openId={openId} />}
        </ResourceState>
      </div>
    </nav>
  )
}

function Counted({ label, count }: { label: string; count: number | undefined }) {
  return (
    <>
      {label} {count !== undefined && count > 0 && <span className="num">{count}</span>}
    </>
  )
}

type Group = { key: string; label: string | null; items: Conversation[] }

const foldedAbove = 5

function Rows({ view, items, openId }: { view: WorkList; items: Conversation[]; openId: string | null }) {
  const { t } = useLingui()
  const navigate = useNavigate()
  const [inside, setInside] = useState(false)
  const [focusedId, setFocusedId] = useState<string | null>(null)
  const [unfolded, setUnfolded] = useState(false)
  const box = useRef<HTMLDivElement>(null)
  const sorted = sortedGroups(view, items, { needsReply: t`Needs your reply`, waiting: t`Waiting for customer` })
  const wanted = sorted.flatMap((group) => idsOf(group.items))
  const order = useCalmOrder(wanted, inside || focusedId !== null)
  const place = new Map(order.map((id, index) => [id, index]))
  const groups = sorted.map((group) => {
    const items = group.items.toSorted((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0))
    return { ...group, items, rising: risingRows(idsOf(items), idsOf(group.items)) }
  })
  const shown = groups.map((group) => {
    const isFolded = group.key === "waiting" && group.items.length > foldedAbove && !unfolded
    return {
      ...group,
      rows: isFolded ? group.items.filter((each, index) => index < 3 || each.id === openId) : group.items,
    }
  })
  const ids = shown.flatMap((group) => group.rows.map(({ id }) => id))
  const tabStop = focusedId && ids.includes(focusedId) ? focusedId : openId && ids.includes(openId) ? openId : ids[0]
  const open = (id: string) =>
    void navigate({
      to: "/work/c/$conversationId",
      params: { conversationId: id },
      search: view === "mine" ? {} : { list: view },
    })

  const onKeyDown = (event: KeyboardEvent) => {
    const at = ids.indexOf(focusedId ?? "")
    const to = nextIndex(event.key, at, ids.length)
    if (to === null || event.metaKey || event.ctrlKey || event.altKey) return
    event.preventDefault()
    event.stopPropagation()
    box.current?.querySelector<HTMLElement>(`[data-row="${ids[to]}"]`)?.focus()
  }
  const folded = shown.find((group) => group.rows.length < group.items.length)
  return (
    <>
      <div
        ref={box}
        role="listbox"
        aria-label={
          view === "queue"
            ? t`Waiting in your Inboxes`
            : view === "closed"
              ? t`Closed conversations`
              : t`My conversations`
        }
        onPointerEnter={() => setInside(true)}
        onPointerLeave={() => setInside(false)}
        onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setFocusedId(null)}
        onKeyDown={onKeyDown}
      >
        {shown.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: a listbox takes groups of options, not fieldsets (ARIA 1.2 listbox)
          <div key={group.key} role="group" aria-label={group.label ?? t`Conversations`} className={classes.group}>
            {group.label && (
              <div className={classes.groupLabel} aria-hidden>
                {group.label} <span className="num">{group.items.length}</span>
              </div>
            )}
            {group.rows.map((conversation) => (
              <ListRow
                key={conversation.id}
                conversation={conversation}
                selected={conversation.id === openId}
                tabStop={conversation.id === tabStop}
                rises={group.rising.has(conversation.id)}
                queued={view === "queue"}
                onOpen={() => open(conversation.id)}
                onFocus={() => setFocusedId(conversation.id)}
              />
            ))}
          </div>
        ))}
      </div>
      {folded && (
        <UnstyledButton className={classes.more} onClick={() => setUnfolded(true)}>
          <Trans>Show all {folded.items.length}</Trans>
        </UnstyledButton>
      )}
    </>
  )
}

function idsOf(items: readonly Conversation[]): string[] {
  return items.map(({ id }) => id)
}

function sortedGroups(view: WorkList, items: Conversation[], labels: { needsReply: string; waiting: string }): Group[] {
  if (view === "queue") return [{ key: "queue", label: null, items: items.toSorted(byQueuePlace) }]
  if (view === "closed") return [{ key: "closed", label: null, items: items.toSorted(byLastItem) }]
  const groups = [
    { key: "needs-reply", label: labels.needsReply, items: items.filter(needsReply).toSorted(byDue) },
    { key: "waiting", label: labels.waiting, items: items.filter((each) => !needsReply(each)).toSorted(byLastItem) },
  ]
  return groups.filter((group) => group.items.length > 0)
}

function nextIndex(key: string, at: number, count: number): number | null {
  if (key === "j" || key === "ArrowDown") return Math.min(at + 1, count - 1)
  if (key === "k" || key === "ArrowUp") return Math.max(at - 1, 0)
  if (key === "Home") return 0
  return key === "End" ? count - 1 : null
}

function EmptyList({ view }: { view: WorkList }) {
  const { t } = useLingui()
  const { availability, channelGroups } = useMe()
  const self = useAgentSelf(availability !== null).data
  const groups = self?.status === "logged_in" ? self.availableFor : []
  const labels = { voice: t`Voice`, messaging: t`Messaging`, mail: t`Mail` }
  const list = new Intl.ListFormat(locale, { type: "conjunction" }).format(groups.map((group) => labels[group]))
  if (view === "queue")
    return (
      <EmptyState
        py="xl"
        size="sm"
        icon={<IconCheck size={24} stroke={1.75} />}
        title={t`No one is waiting in your Inboxes.`}
      />
    )
  if (view === "closed")
    return (
      <EmptyState py="xl" size="sm" icon={<IconInbox size={24} stroke={1.75} />} title={t`Nothing was closed yet.`} />
    )
  if (!channelGroups.some((each) => each.configured)) return <NoChannel />
  return groups.length > 0 ? (
    <EmptyState
      py="xl"
      px="md"
      size="sm"
      icon={<IconInbox size={24} stroke={1.75} />}
      title={t`You are available for ${list}.`}
      description={t`New work appears here.`}
    />
  ) : (
    <EmptyState
      py="xl"
      px="md"
      size="sm"
      icon={<IconCircleDashed size={24} stroke={1.75} />}
      title={t`You are not available.`}
      description={t`Switch on a channel above to receive work.`}
    />
  )
}

function RowsSkeleton() {
  return (
    <div aria-hidden>
      {["a", "b", "c", "d", "e", "f"].map((row) => (
        <div key={row} className={classes.row}>
          <Skeleton width={28} height={28} radius={7} />
          <span className={classes.text}>
            <Skeleton height={12} width="60%" mt={3} />
            <Skeleton height={12} width="90%" mt={8} />
            <Skeleton height={10} width="35%" mt={9} />
          </span>
        </div>
      ))}
    </div>
  )
}
