import { keepPreviousData, queryOptions } from "@tanstack/react-query"
import type { ChatApp, ChatAppSettings, WidgetBootstrap } from "../../../../src/core/chat/chat-app.ts"
import { api, listAll } from "../../api.ts"

export const chatAppsQuery = queryOptions({
  queryKey: ["chat-apps"],
  queryFn: ({ signal }) => listAll<ChatApp>("/chat-apps", signal),
})

const seenEveryMs = 15_000

/** Asked again now and then, so that "seen on your page" appears by itself. */
export const chatAppQuery = (id: string) =>
  queryOptions({
    queryKey: ["chat-apps", id],
    queryFn: ({ signal }) => api.get<ChatApp>(`/chat-apps/${id}`, signal),
    refetchInterval: seenEveryMs,
  })

/** What a visitor would get if the draft were saved; while a field is wrong the last right one stays. */
export const chatAppPreviewQuery = (app: ChatApp, draft: ChatAppDraft) =>
  queryOptions({
    queryKey: ["chat-app-previews", app.id, draft],
    queryFn: ({ signal }) =>
      api.post<WidgetBootstrap>(`/chat-apps/${app.id}/previews`, draft, { signal, idempotencyKey: undefined }),
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 0,
  })

export type ChatAppDraft = Pick<
  ChatAppSettings,
  "allowedOrigins" | "appearance" | "greeting" | "questions" | "quickActions" | "hours" | "afterHoursText" | "display"
>

export function draftOf(app: ChatApp): ChatAppDraft {
  const { allowedOrigins, appearance, greeting, questions, quickActions, hours, afterHoursText, display } = app
  return { allowedOrigins, appearance, greeting, questions, quickActions, hours, afterHoursText, display }
}
