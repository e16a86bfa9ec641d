import { Button, EmptyState, Skeleton } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconCloudOff, IconMessages } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useEffect, useRef, useState } from "react"
import { ApiProblem } from "../../api.ts"
import { useCan, useMe } from "../../can.ts"
import { relativeTime } from "../../field/relative-time.tsx"
import { QueryError } from "../../field/resource-state.tsx"
import { toast, toastProblem } from "../../field/toast.tsx"
import { Composer } from "../composer/composer.tsx"
import { isTakenUp } from "../composer/hand-over.ts"
import { usePending } from "../composer/outbox.ts"
import type { ComposerTab } from "../composer/writing.tsx"
import { shownName, useNames } from "../names.ts"
import { OfferStack } from "../offers/offer-card.tsx"
import { Timeline } from "../timeline/timeline.tsx"
import { useConversationLive } from "../use-work-live.ts"
import { conversationQuery, type OpenConversation } from "../work.queries.ts"
import { useClose } from "./actions.ts"
import { type CloseAsked, CloseQuestion } from "./close-question.tsx"
import classes from "./conversation.module.css"
import { ConversationHeader } from "./conversation-header.tsx"
import { TransferDialog } from "./transfer-dialog.tsx"
import { useWorkKey } from "../shortcuts.ts"

type Props = {
  conversationId: string
  onCustomer: () => void
  customerShown: boolean
  onWhy: () => void
  /** Offers stand here, between header and timeline; or, on a phone, over the timeline's beginning; or elsewhere. */
  offers: "above" | "over" | null
}

/** The middle pane: header, timeline, composer. */
export function ConversationPane(props: Props) {
  const query = useQuery(conversationQuery(props.conversationId))
  useConversationLive(props.conversationId)
  const first = useRef(props.conversationId)
  if (!query.data) {
    if (query.isError) return <Missing error={query.error} retry={() => void query.refetch()} busy={query.isFetching} />
    if (query.fetchStatus === "paused") return <NotYet />
    return <PaneSkeleton />
  }
  const follows = first.current !== props.conversationId
  return <LoadedPane key={props.conversationId} conversation={query.data} follows={follows} {...props} />
}

/** `follows` another conversation in this pane. */
type LoadedProps = Props & { conversation: OpenConversation; follows: boolean }

function LoadedPane({ conversation, follows, onCustomer, customerShown, onWhy, offers }: LoadedProps) {
  const { t } = useLingui()
  const can = useCan()
  const [tab, setTab] = useState<ComposerTab>("reply")
  const [isTransferring, setTransferring] = useState(false)
  const [topicsAsked, setTopicsAsked] = useState(false)
  /** Kept while its window fades. */
  const [asked, setAsked] = useState<CloseAsked>({ next: false, waiting: false, topicRequired: false })
  const [isAsking, setAsking] = useState(false)
  const close = useClose(conversation)
  const pane = useRef<HTMLElement>(null)
  const pending = usePending(conversation.id)
  const works = can("conversation.work")
  const closed = conversation.status === "closed"
  const name = shownName(conversation.customer.name, t`Customer`)
  const wroteAt = conversation.lastItem?.at ?? conversation.updatedAt
  const isFresh = Date.now() - Date.parse(wroteAt) < 60_000
  useTakenAway(conversation)
  // What had the focus may have gone with the conversation before: Close and next, for one.
  useEffect(() => {
    if (isTakenUp(conversation.id) || (follows && document.activeElement === document.body))
      pane.current?.querySelector("h1")?.focus({ preventScroll: true })
  }, [follows, conversation.id])

  const focusComposer = () => setTimeout(() => pane.current?.querySelector<HTMLElement>("[data-composer]")?.focus(), 50)
  const ask = (question: CloseAsked) => {
    setAsked(question)
    setAsking(true)
  }
  const onClose = (next: boolean, force = false, topicIds?: string[]) =>
    close.mutate(
      { next, force, topicIds },
      {
        onSuccess: () => setAsking(false),
        onError: (error) => {
          if (!(error instanceof ApiProblem)) return toastProblem(error)
          if (error.code === "customer_waiting")
            return ask({ next, waiting: true, topicRequired: error.body.topicRequired === true })
          if (error.code === "topic_required") return ask({ next, waiting: force, topicRequired: true })
          toastProblem(error)
        },
      },
    )
  /** What was sent must have arrived before the conversation is closed. */
  const [closeWhenSent, setCloseWhenSent] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the last of them left
  useEffect(() => {
    if (!closeWhenSent || pending.length > 0) return
    setCloseWhenSent(false)
    onClose(false)
  }, [closeWhenSent, pending.length])

  useWorkKey("r", () => {
    setTab("reply")
    focusComposer()
  })
  useWorkKey("n", () => {
    if (!works) return
    setTab("note")
    focusComposer()
  })
  useWorkKey("t", () => works && !closed && setTransferring(true))
  useWorkKey("e", () => works && !closed && onClose(false))
  useWorkKey("2", () => pane.current?.querySelector<HTMLElement>('[data-region="timeline"]')?.focus())
  useWorkKey("3", focusComposer)
  return (
    <section ref={pane} className={classes.pane} aria-label={t`Conversation with ${name}`}>
      <ConversationHeader
        conversation={conversation}
        topicsAsked={topicsAsked}
        onTopics={setTopicsAsked}
        onNote={() => {
          setTab("note")
          focusComposer()
        }}
        onTransfer={() => setTransferring(true)}
        onClose={onClose}
        closing={close.isPending}
        onCustomer={onCustomer}
        customerShown={customerShown}
      />
      {offers === "above" && <OfferStack form="strip" />}
      {offers === "over" && (
        <div className={classes.over}>
          <OfferStack form="brief" />
        </div>
      )}
      <Timeline
        customerId={conversation.customer.id}
        customerName={name}
        open={{ conversationId: conversation.id, unread: conversation.unread }}
        onWhy={onWhy}
      />
      {works && (!closed || tab === "note") && (
        <Composer
          conversation={conversation}
          tab={closed ? "note" : tab}
          onTab={setTab}
          onSendAndClose={() => setTimeout(() => setCloseWhenSent(true), 0)}
        />
      )}
      {works && closed && tab !== "note" && (
        <div className={classes.closedBar}>
          <Trans>This conversation is closed. Reopen it to write, or leave a note.</Trans>
          <Button size="xs" variant="default" onClick={() => setTab("note")}>
            <Trans>Write a note</Trans>
          </Button>
        </div>
      )}
      <TransferDialog conversation={conversation} opened={isTransferring} onClose={() => setTransferring(false)} />
      <CloseQuestion
        opened={isAsking}
        asked={asked}
        name={name}
        ago={isFresh ? t`just now` : relativeTime(wroteAt, Date.now())}
        busy={close.isPending}
        onCancel={() => setAsking(false)}
        onClose={(topicIds) => onClose(asked.next, asked.waiting, topicIds)}
      />
    </section>
  )
}

/** "Priya took over": said once, when it went from me to somebody else while it was open. */
function useTakenAway(conversation: OpenConversation) {
  const { t } = useLingui()
  const me = useMe()
  const names = useNames()
  const before = useRef(conversation.assignment?.agentId ?? null)
  const now = conversation.assignment?.agentId ?? null
  const name = names.person(now)
  useEffect(() => {
    if (before.current === me.user.id && now !== null && now !== me.user.id)
      toast(t`${name || t`Somebody`} has it now. Your draft is kept.`)
    before.current = now
  }, [now, me.user.id, name, t])
}

function Missing({ error, retry, busy }: { error: Error; retry: () => void; busy: boolean }) {
  const { t } = useLingui()
  const gone = error instanceof ApiProblem && (error.status === 404 || error.status === 403)
  return (
    <section className={classes.pane} aria-label={t`Conversation`}>
      <div className={classes.centered}>
        {gone ? (
          <EmptyState
            icon={<IconMessages size={24} stroke={1.75} />}
            title={t`This conversation cannot be shown`}
            description={t`It was deleted, or it belongs to an Inbox that you are not in.`}
          >
            <EmptyState.Actions>
              <Button component={Link} to="/work" variant="default">
                <Trans>Back to the list</Trans>
              </Button>
            </EmptyState.Actions>
          </EmptyState>
        ) : (
          <QueryError error={error} retry={retry} busy={busy} />
        )}
      </div>
    </section>
  )
}

/** The line is away: asked for, and shown when it is back. */
function NotYet() {
  const { t } = useLingui()
  return (
    <section className={classes.pane} aria-label={t`Conversation`}>
      <div className={classes.centered}>
        <EmptyState
          icon={<IconCloudOff size={24} stroke={1.75} />}
          title={t`This conversation was not loaded yet`}
          description={t`The connection is lost. It is shown as soon as the connection is back.`}
        />
      </div>
    </section>
  )
}

function PaneSkeleton() {
  return (
    <section className={classes.pane} aria-busy="true" aria-label="…">
      <div className={classes.header}>
        <Skeleton height={20} width={180} my={6} />
        <Skeleton height={14} width={260} mt={10} />
      </div>
      <div className={classes.skeletonBody}>
        <Skeleton height={56} width="60%" radius={12} mb={12} />
        <Skeleton height={40} width="45%" radius={12} mb={12} ml="auto" />
      </div>
    </section>
  )
}
