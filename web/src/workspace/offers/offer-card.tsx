import { Button, Popover, ScrollArea } from "@mantine/core"
import { Plural, Trans, useLingui } from "@lingui/react/macro"
import { IconCheck, IconInbox } from "@tabler/icons-react"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { Fragment, type KeyboardEvent, useEffect, useRef, useState } from "react"
import { isPhoneNow } from "../../field/is-phone.ts"
import { ApiProblem } from "../../api.ts"
import { announce } from "../../field/announcer.tsx"
import { ChannelIcon, channelLabel } from "../../field/channel-icon.tsx"
import { entryPointName } from "../../field/entry-point-label.tsx"
import { toastProblem } from "../../field/toast.tsx"
import { takeUp } from "../composer/hand-over.ts"
import { WhySteps } from "../customer/why.tsx"
import { shownName, useNames } from "../names.ts"
import { leaveOffers, useFocusLeaving } from "./offer-focus.ts"
import { accept, decline, end, expire, type ShownOffer, useOffers } from "./offers.ts"
import classes from "./offers.module.css"

const stackedMax = 2
/** Something else was under the hand. */
const guardMs = 400
const lastSeconds = 5

type StackProps = {
  className?: string
  /** `brief`: one, without its last words, over what is below; `strip`: one, in a line. */
  form?: Form
}
type Form = "card" | "brief" | "strip"

/** What is offered to me now: at most two cards, others counted. */
export function OfferStack({ className = "", form = "card" }: StackProps) {
  const { t } = useLingui()
  const offers = useOffers()
  if (offers.length === 0) return null
  const most = form === "card" ? stackedMax : 1
  const byKeys = offers.find((shown) => !shown.end)
  const more = offers.length - most
  return (
    <section
      aria-label={t`Offers`}
      className={`${classes.stack} ${form === "card" ? "" : classes[form]} ${className}`}
      data-offers
    >
      {offers.slice(0, most).map((shown) => (
        <Fragment key={shown.offer.id}>
          {shown.end ? (
            <EndedCard shown={shown} />
          ) : (
            <OfferCard shown={shown} form={form} withKeys={shown === byKeys} />
          )}
        </Fragment>
      ))}
      {more > 0 && (
        <div className={classes.more}>
          <Plural value={more} one="+# more" other="+# more" />
        </div>
      )}
    </section>
  )
}

type CardProps = {
  shown: ShownOffer
  form: Form
  /** F8 and F9 answer this one. */
  withKeys: boolean
}

function OfferCard({ shown, form, withKeys }: CardProps) {
  const { t } = useLingui()
  const names = useNames()
  const { offer } = shown
  const name = shownName(offer.customer.name, t`Unknown customer`)
  const inbox = names.inbox(offer.inboxId)
  const answer = useAnswer(shown)
  const card = useRef<HTMLElement>(null)
  useFocusLeaving(card, answer.accept.isPending)
  const label = t`${channelLabel(offer.channel)} request from ${name}`
  // What hangs over the page from here, such as the reasons, answers to Escape itself.
  const onKeyDown = (event: KeyboardEvent) =>
    event.key === "Escape" && card.current?.contains(event.target as Node) && leaveOffers()
  return (
    <section
      ref={card}
      className={classes.card}
      aria-label={label}
      data-offer={offer.id}
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      <Countdown shown={shown} />
      <div className={classes.inside}>
        <div className={classes.head}>
          <ChannelIcon channel={offer.channel} size={36} />
          <div className="grow">
            <div className={`${classes.name} ellipsis`} title={name}>
              {name}
            </div>
            <div className="dim ellipsis" style={{ fontSize: 12 }}>
              {form !== "card" ? (
                <>
                  {inbox} · {channelLabel(offer.channel)}
                  {form === "strip" && offer.preview && <> · {offer.preview}</>}
                </>
              ) : offer.entryPoint ? (
                <Trans>to {entryPointName(offer.entryPoint)}</Trans>
              ) : (
                channelLabel(offer.channel)
              )}
            </div>
          </div>
          <Seconds shown={shown} />
        </div>
        {form === "card" && offer.preview && <p className={classes.preview}>{offer.preview}</p>}
        {form === "card" && (
          <div className={classes.tags}>
            <span className={classes.tag}>
              <IconInbox size={13} stroke={1.75} aria-hidden /> {inbox}
            </span>
            {offer.matchReasons.map((reason) => (
              <span key={reason} className={classes.tag}>
                {reason}
              </span>
            ))}
          </div>
        )}
        <div className={classes.buttons}>
          <Button
            className={classes.accept}
            leftSection={<IconCheck size={18} stroke={1.75} />}
            loading={answer.accept.isPending}
            onClick={() => answer.guarded(() => answer.accept.mutate())}
          >
            <Trans>Accept</Trans> {withKeys && <span className={classes.key}>F8</span>}
          </Button>
          <Button
            variant="default"
            loading={answer.decline.isPending}
            onClick={() => answer.guarded(() => answer.decline.mutate())}
          >
            <Trans>Decline</Trans> {withKeys && <span className={classes.key}>F9</span>}
          </Button>
          <WhyOffered conversationId={offer.conversationId} />
        </div>
      </div>
    </section>
  )
}

/** The same steps as in the customer pane, before one says yes. */
function WhyOffered({ conversationId }: { conversationId: string }) {
  return (
    <Popover position="bottom-end" width={340} trapFocus returnFocus>
      <Popover.Target>
        <Button variant="subtle" color="gray" className={classes.why}>
          <Trans>Why?</Trans>
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={0}>
        <ScrollArea.Autosize mah={440} viewportProps={{ tabIndex: 0 }}>
          <div className={classes.reasons}>
            <p className={classes.reasonsTitle}>
              <Trans>Why did I get this?</Trans>
            </p>
            <WhySteps conversationId={conversationId} withCandidates />
          </div>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  )
}

/** Accept and Decline, for the card and for F8 and F9 alike. */
export function useAnswer(shown: ShownOffer | undefined) {
  const { t } = useLingui()
  const client = useQueryClient()
  const navigate = useNavigate()
  const id = shown?.offer.id ?? ""
  const failed = (error: unknown) => {
    if (!(error instanceof ApiProblem && error.code === "offer_ended")) return toastProblem(error)
    end(id, error.body.status === "missed" ? "missed" : "withdrawn", null)
    announce("assertive", t`The offer is over.`)
  }
  const settled = () => {
    void client.invalidateQueries({ queryKey: ["conversations"] })
    void client.invalidateQueries({ queryKey: ["agents", "me"] })
  }
  return {
    guarded: (act: () => void) => {
      if (shown && performance.now() - shown.shownAt >= guardMs) act()
    },
    accept: useMutation({
      mutationFn: () => accept(id),
      onSuccess: ({ conversation }) => {
        const open = isOpen(conversation.id) && document.querySelector<HTMLElement>("[data-composer]")
        if (open) return open.focus()
        // On a phone the keyboard would cover what the customer wrote.
        takeUp(conversation.id, !isPhoneNow())
        return navigate({ to: "/work/c/$conversationId", params: { conversationId: conversation.id } })
      },
      onError: failed,
      onSettled: settled,
    }),
    decline: useMutation({ mutationFn: () => decline(id), onError: failed, onSettled: settled }),
  }
}

function isOpen(conversationId: string): boolean {
  return window.location.pathname === `/work/c/${conversationId}`
}

function EndedCard({ shown }: { shown: ShownOffer }) {
  const by = shown.end?.by
  return (
    <section className={classes.card} aria-live="off">
      <div className={classes.inside}>
        {shown.end?.status === "missed" ? (
          <Trans>Missed. It went to the next agent.</Trans>
        ) : by ? (
          <Trans>{by} took it first.</Trans>
        ) : (
          <Trans>It is no longer waiting.</Trans>
        )}
      </div>
    </section>
  )
}

/** Seconds left, by a timer that stops at nought. */
function useSecondsLeft(shown: ShownOffer): number {
  const [left, setLeft] = useState(() => Math.max(0, Math.ceil((shown.endsAt - performance.now()) / 1000)))
  useEffect(() => {
    const timer = setInterval(() => {
      const next = Math.max(0, Math.ceil((shown.endsAt - performance.now()) / 1000))
      setLeft(next)
      if (next === 0) setTimeout(() => expire(shown.offer.id), 1500)
    }, 250)
    return () => clearInterval(timer)
  }, [shown])
  return left
}

function Seconds({ shown }: { shown: ShownOffer }) {
  const { t } = useLingui()
  const left = useSecondsLeft(shown)
  useEffect(() => {
    if (left === 10 || left === lastSeconds) announce("assertive", t`${left} seconds left`)
  }, [left, t])
  return (
    <div className={classes.time} data-last={left <= lastSeconds || undefined} role="timer">
      <div className={classes.seconds}>{left}</div>
      <div className="dim" style={{ fontSize: 12 }}>
        <Plural value={left} one="second" other="seconds" />
      </div>
    </div>
  )
}

function Countdown({ shown }: { shown: ShownOffer }) {
  const left = useSecondsLeft(shown)
  const whole = Math.max(1, (Date.parse(shown.offer.endsAt) - Date.parse(shown.offer.offeredAt)) / 1000)
  const channel = shown.offer.channel === "voicemail" ? "voice" : shown.offer.channel
  return (
    <div className={classes.bar} aria-hidden>
      <div style={{ width: `${Math.min(100, (left / whole) * 100)}%`, background: `var(--sb-${channel})` }} />
    </div>
  )
}
