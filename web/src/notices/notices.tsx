import { useLingui } from "@lingui/react/macro"
import { useQuery, useQueryClient } from "@tanstack/react-query"
import { useNavigate, useRouterState } from "@tanstack/react-router"
import { useEffect, useRef } from "react"
import { useCan, useMe } from "../can.ts"
import { announce } from "../field/announcer.tsx"
import { channelLabel } from "../field/channel-icon.tsx"
import { useNowSeconds } from "../field/now.ts"
import { type LiveEvent, live } from "../live.ts"
import { preferencesQuery } from "../settings/profile/profile.queries.ts"
import { shownName } from "../workspace/names.ts"
import { onNewOffer } from "../workspace/offers/offers.ts"
import { conversationQuery, workListQuery } from "../workspace/work.queries.ts"
import { showBadge } from "./favicon.ts"
import { inOneTab } from "./leader.ts"
import { play, type SoundKind, unlockSounds } from "./sounds.ts"
import { useUnread } from "./unread.ts"

const announceEveryMs = 5000

/** Being noticed: a sound, the count in the title and on the icon, a desktop notification; once, in one tab. */
export function Notices() {
  useEffect(unlockSounds, [])
  useTitleCount()
  useOfferNotices()
  useMessageNotices()
  useOverdueNotices()
  return null
}

type Notice = { key: string; sound: SoundKind; title: string; body: string; to: string | null }

function useNotify() {
  const navigate = useNavigate()
  const sounds = useQuery(preferencesQuery).data?.sounds ?? true
  const latest = useRef({ sounds, navigate })
  latest.current = { sounds, navigate }
  return useRef(({ key, sound, title, body, to }: Notice) => {
    inOneTab(key, () => {
      if (latest.current.sounds) play(sound)
      if (
        document.visibilityState === "visible" ||
        !("Notification" in window) ||
        Notification.permission !== "granted"
      )
        return
      const shown = new Notification(title, { body, tag: key })
      shown.onclick = () => {
        window.focus()
        shown.close()
        if (to) void latest.current.navigate({ to })
      }
    })
  }).current
}

function useTitleCount() {
  const { count, firstName } = useUnread()
  const { t } = useLingui()
  const path = useRouterState({ select: (state) => state.location.pathname })
  // biome-ignore lint/correctness/useExhaustiveDependencies: each page writes its title anew
  useEffect(() => {
    const put = () => {
      const bare = document.title.replace(/^\(\d+\+?\) (?:.*? · )?/, "")
      const wanted =
        count > 0 ? `(${count}) ${firstName ? t`${firstName} is waiting` : ""}${firstName ? " · " : ""}${bare}` : bare
      if (document.title !== wanted) document.title = wanted
    }
    put()
    const observer = new MutationObserver(put)
    const title = document.querySelector("title")
    if (title) observer.observe(title, { childList: true })
    return () => observer.disconnect()
  }, [count, firstName, path, t])
  useEffect(() => showBadge(count > 0), [count])
}

function useOfferNotices() {
  const { t } = useLingui()
  const notify = useNotify()
  useEffect(
    () =>
      onNewOffer((offer) => {
        const name = shownName(offer.customer.name, t`A customer`)
        const channel = channelLabel(offer.channel)
        announce("assertive", t`${channel} request from ${name}. F8 accepts, F9 declines.`)
        notify({
          key: `offer:${offer.id}`,
          sound: "offer",
          title: t`${name} is waiting`,
          body: offer.preview ?? channel,
          to: null,
        })
      }),
    [notify, t],
  )
}

function useMessageNotices() {
  const { t } = useLingui()
  const me = useMe()
  const notify = useNotify()
  const queries = useQueryClient()
  const mine = useQuery({ ...workListQuery("mine"), enabled: useCan()("agent.self") }).data
  const known = useRef(mine)
  known.current = mine
  useEffect(() => {
    let waiting = new Set<string>()
    let timer: ReturnType<typeof setTimeout> | undefined
    let told = 0
    const tellScreenReaders = () => {
      timer = undefined
      told = Date.now()
      announce(
        "polite",
        waiting.size === 1 ? t`New messages in 1 conversation` : t`New messages in ${waiting.size} conversations`,
      )
      waiting = new Set()
    }
    const stop = live.on("event", (frame) => {
      const { eventType, data, id } = frame as LiveEvent
      const gotOne =
        eventType === "conversation_assignee.updated" && data.agentId === me.user.id && data.fromAgentId !== me.user.id
      if (eventType !== "contact.message_received" && !gotOne) return
      const conversationId = String(data.conversationId ?? "")
      const conversation = known.current?.items.find((each) => each.id === conversationId)
      if (!gotOne && data.agentId !== me.user.id && !conversation) return
      if (document.hasFocus() && window.location.pathname.endsWith(conversationId)) return
      const text = typeof data.text === "string" ? data.text : t`A conversation was given to you`
      const to = `/work/c/${conversationId}`
      // The list may not have it yet; who writes is worth a question.
      const found = conversation ?? queries.fetchQuery(conversationQuery(conversationId)).catch(() => null)
      void Promise.resolve(found).then((one) => {
        const title = shownName(one?.customer.name ?? null, t`A customer`)
        notify({ key: `message:${data.messageId ?? id}`, sound: "message", title, body: text.slice(0, 120), to })
      })
      waiting.add(conversationId)
      timer ??= setTimeout(tellScreenReaders, Math.max(0, told + announceEveryMs - Date.now()))
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [notify, me.user.id, queries, t])
}

/** Sounds once for each of mine that becomes overdue while the page is open. */
function useOverdueNotices() {
  const { t } = useLingui()
  const can = useCan()
  const notify = useNotify()
  const now = useNowSeconds()
  const mine = useQuery({ ...workListQuery("mine"), enabled: can("agent.self") }).data
  const before = useRef(now)
  useEffect(() => {
    const passed = (mine?.items ?? []).filter(
      ({ dueAt }) => dueAt !== null && Date.parse(dueAt) > before.current && Date.parse(dueAt) <= now,
    )
    before.current = now
    for (const conversation of passed) {
      const name = shownName(conversation.customer.name, t`A customer`)
      notify({
        key: `overdue:${conversation.id}:${conversation.dueAt}`,
        sound: "overdue",
        title: t`${name} is overdue`,
        body: conversation.lastItem?.preview ?? "",
        to: `/work/c/${conversation.id}`,
      })
    }
  }, [now, mine, notify, t])
}
