import { useLingui } from "@lingui/react/macro"
import { useQuery, useQueryClient } from "@tanstack/react-query"
import { useEffect, useState } from "react"
import { api } from "../api.ts"
import { useCan, useMe } from "../can.ts"
import { toastProblem } from "../field/toast.tsx"
import { Notices } from "../notices/notices.tsx"
import { preferencesQuery } from "../settings/profile/profile.queries.ts"
import { draftOf, keepDraft } from "./composer/draft.ts"
import { openOutbox } from "./composer/outbox.ts"
import { rememberSent } from "./composer/sent.ts"
import { FloatingOffers } from "./offers/offer-keys.tsx"
import { useWorkLive } from "./use-work-live.ts"
import { workKeys } from "./work.queries.ts"

/** What goes on beside every page of a person who works: offers, notices, what is still to be sent. */
export function WorkSession() {
  const can = useCan()
  return can("conversation.read") ? <Running /> : null
}

function Running() {
  const can = useCan()
  useWorkLive()
  useOutbox()
  return (
    <>
      <Notices />
      {can("agent.self") && <FloatingOffers />}
    </>
  )
}

function useOutbox() {
  const { t } = useLingui()
  const me = useMe()
  const client = useQueryClient()
  const undoSeconds = useStoredUndoSeconds(me.user.id)
  useEffect(
    () =>
      openOutbox(me.user.id, {
        onSent: async (message, pending) => {
          if (pending.channel === "email" && undoSeconds > 0) {
            rememberSent(pending.conversationId, {
              messageId: message.id,
              until: performance.now() + undoSeconds * 1000,
              draft: draftOf(pending),
            })
          }
          void client.invalidateQueries({ queryKey: workKeys.lists })
          void client.invalidateQueries({ queryKey: workKeys.one(pending.conversationId) })
          await client.invalidateQueries({ queryKey: ["timeline"] })
        },
        onRefused: (problem, pending) => {
          keepDraft(me.user.id, pending.conversationId, pending.channel, draftOf(pending))
          toastProblem(problem)
          void client.invalidateQueries({ queryKey: workKeys.one(pending.conversationId) })
          if (!window.location.pathname.includes(pending.conversationId))
            toastProblem(new Error(t`A message was refused. Its text is kept as a draft in its conversation.`))
        },
      }),
    [me.user.id, client, undoSeconds, t],
  )
}

/**
 * How long a mail waits to be taken back. The server holds mails back only for who has stored a wish, so that programs
 * wait for nothing; whoever works on this page stores the default once.
 */
function useStoredUndoSeconds(userId: string): number {
  const shown = useQuery(preferencesQuery).data?.undoSeconds
  const place = `switchboard:undo-stored:${userId}`
  const [stored, setStored] = useState(() => localStorage.getItem(place) !== null)
  useEffect(() => {
    if (shown === undefined || stored) return
    void api
      .patch("/me/preferences", { undoSeconds: shown })
      .then(() => {
        localStorage.setItem(place, "1")
        setStored(true)
      })
      .catch(() => undefined)
  }, [shown, stored, place])
  return stored ? (shown ?? 0) : 0
}
