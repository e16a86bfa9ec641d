import { useQueryClient } from "@tanstack/react-query"
import { useCallback, useEffect, useRef, useState } from "react"
import type { TimelineItem } from "../../../../src/core/conversations/timeline-item.ts"
import { api } from "../../api.ts"
import { useCan } from "../../can.ts"
import { type OpenConversation, workKeys } from "../work.queries.ts"

/** Walking through the list must not mark anything as read. */
const readAfterMs = 1000
const key = (conversationId: string) => `switchboard:read:${conversationId}`

/** The server's word on whether the conversation has something unread. */
type Unread = { conversationId: string; unread: boolean } | null

/**
 * Where the reader left off when he opened it, and the way to say that he has read on. The server is told only what it does
 * not know: of something unread, or of what came in since.
 */
export function useReadMark(open: Unread, items: readonly TimelineItem[]) {
  const can = useCan()
  const client = useQueryClient()
  const conversationId = open?.conversationId ?? null
  const isUnread = open?.unread ?? false
  const [unreadAfter] = useState(() => (conversationId ? readPosition(conversationId) : null))
  const told = useRef(0)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const markRead = useCallback(
    (position: number) => {
      if (!conversationId || !can("conversation.work")) return
      const isNew = told.current > 0 && position > told.current
      if (told.current === 0) told.current = position
      if (!isNew && !isUnread) return keepPosition(conversationId, position)
      clearTimeout(timer.current)
      timer.current = setTimeout(() => {
        if (document.visibilityState !== "visible") return whenVisible(() => latest.current(position))
        told.current = position
        keepPosition(conversationId, position)
        void api
          .put(`/conversations/${conversationId}/read-mark`, { upToPosition: position })
          .then(() => {
            client.setQueryData<OpenConversation>(
              workKeys.one(conversationId),
              (one) => one && { ...one, unread: false },
            )
            return client.invalidateQueries({ queryKey: workKeys.lists })
          })
          .catch(() => undefined)
      }, readAfterMs)
    },
    [conversationId, isUnread, can, client],
  )
  const latest = useRef(markRead)
  latest.current = markRead
  const isNews =
    unreadAfter !== null && items.some((item) => item.position > unreadAfter && item.message?.direction === "inbound")
  return { unreadAfter: isNews ? unreadAfter : null, markRead }
}

/** What came in behind another tab is read when the person is back. */
function whenVisible(act: () => void) {
  document.addEventListener("visibilitychange", act, { once: true })
}

function keepPosition(conversationId: string, position: number) {
  localStorage.setItem(key(conversationId), String(position))
}

function readPosition(conversationId: string): number | null {
  const stored = localStorage.getItem(key(conversationId))
  return stored === null ? null : Number(stored)
}
