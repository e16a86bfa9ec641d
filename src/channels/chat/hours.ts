import type { ChatHours } from "../../core/chat/chat-app.ts"
import { hoursAt } from "../../core/hours/open.ts"

/** Whether chat is open now, judged on the server, and when that changes next. Without hours it is always open. */
export function isOpen(hours: ChatHours | null, now: Date): { open: boolean; nextChangeAt: string | null } {
  if (hours === null) return { open: true, nextChangeAt: null }
  const { open, nextChangeAt } = hoursAt(hours, now)
  return { open, nextChangeAt: nextChangeAt?.toISOString() ?? null }
}
