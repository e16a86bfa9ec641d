import type { ChatAppSettings, WidgetBootstrap } from "../../core/chat/chat-app.ts"
import type { Store } from "../../store/write.ts"
import { isOpen } from "./hours.ts"
import { estimateWait } from "./state.ts"

/** What a page gets of a chat app when the widget begins: settings that visitors may see, and how things stand now. */
export async function bootstrapOf(
  { store, publicUrl }: { store: Store; publicUrl: string },
  app: { orgId: string; appId: string; entryPointId: string; settings: ChatAppSettings },
): Promise<WidgetBootstrap> {
  const { appearance, greeting, questions, quickActions, display, hours, afterHoursText } = app.settings
  const [organization, estimatedWaitSeconds] = await Promise.all([
    store.db.selectFrom("organizations").select("name").where("id", "=", app.orgId).executeTakeFirst(),
    estimateWait(store.db, app.orgId, app.entryPointId),
  ])
  return {
    appId: app.appId,
    company: organization?.name ?? "",
    appearance,
    greeting,
    questions,
    quickActions,
    display,
    ...isOpen(hours, store.clock.now()),
    closedText: afterHoursText,
    /** Volume control is not there yet: whoever writes is taken. */
    accepting: true,
    estimatedWaitSeconds,
    timeZone: hours?.timeZone ?? null,
    socketUrl: `${publicUrl.replace(/^http/, "ws")}/widget/apps/${app.appId}/socket`,
    protocol: 1,
  }
}
