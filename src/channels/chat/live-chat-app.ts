import type { Kysely } from "kysely"
import { ChatAppSettings } from "../../core/chat/chat-app.ts"
import type { DB } from "../../store/tables.ts"

/** A chat app as its widget and its visitors meet it. */
export type LiveChatApp = {
  orgId: string
  id: string
  appId: string
  name: string
  entryPointId: string
  settings: ChatAppSettings
  identitySecret: string | null
}

export async function findChatApp(
  db: Kysely<DB>,
  by: { appId: string } | { orgId: string; entryPointId: string },
): Promise<LiveChatApp | null> {
  const row = await db
    .selectFrom("chatApps")
    .select(["orgId", "id", "appId", "name", "entryPointId", "settings", "identitySecret"])
    .$if("appId" in by, (query) => query.where("appId", "=", "appId" in by ? by.appId : ""))
    .$if("orgId" in by, (query) =>
      "orgId" in by ? query.where("orgId", "=", by.orgId).where("entryPointId", "=", by.entryPointId) : query,
    )
    .where("deletedAt", "is", null)
    .executeTakeFirst()
  return row ? { ...row, settings: ChatAppSettings.parse(row.settings) } : null
}
