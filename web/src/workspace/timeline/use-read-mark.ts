import { useQueryClient } from "@tanstack/react-query"
import { useCallback, useEffect, useRef, useState } from "react"
import type { TimelineItem } from "../../../../src/core/conversations/timeline-item.ts"
import { api } from "../../api.ts"
import { useCan } from "../../can.ts"
import { workKeys } from "../work.queries.ts"

/** Walking through the list must not mark anything as read. */
const readAfterMs = 1000
const key = (conversationId: string) => `switchboard:read:${conversationId}`

/** Where the reader left off when he opened it, and the way to say that he has read on. */
export function useReadMark(conversationId: string | null, items: readonly TimelineItem[]) {
  const can = useCan()
  const client = useQueryClient()
  const [unreadAfter] = useState(() => (conversationId ? readPosition(conversationId) : null))
  const told = useRef(0)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const markRead = useCallback(
    (position: number) => {
      if (!conversationId || !can("conversation.work") || position <= told.current) return
      clearTimeout(timer.current)
      timer.current = setTimeout(() => {
        if (document.visibilityState !== "visible") return
        told.current = position
        localStorage.setItem(key(conversationId), String(position))
        void api
          .put(`/conversations/${conversationId}/read-mark`, { upToPosition: position })
          .then(() => client.invalidateQueries({ queryKey: workKeys.lists }))
          .catch(() => undefined)
      }, readAfterMs)
    },
    [conversationId, can, client],
  )
  const isNews =
    unreadAfter !== null && items.some((item) => item.position > unreadAfter && item.message?.direction === "inbound")
  return { unreadAfter: isNews ? unreadAfter : null, markRead }
}

function readPosition(conversationId: string): number | null {
  const stored = localStorage.getItem(key(conversationId))
  return stored === null ? null : Number(stored)
}
