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
  /** Whether the page of the sandbox may embed it, and what is written there is a test. */
  sandboxEnabled: boolean
}

export async function findChatApp(
  db: Kysely<DB>,
  by: { appId: string } | { orgId: string; entryPointId: string },
): Promise<LiveChatApp | null> {
  if ("appId" in by && !isAppId(by.appId)) return null
  const row = await db
    .selectFrom("chatApps")
    .innerJoin("organizations", "organizations.id", "chatApps.orgId")
    .select(["orgId", "chatApps.id", "appId", "chatApps.name", "entryPointId", "settings", "identitySecret"])
    .select("sandboxEnabled")
    .$if("appId" in by, (query) => query.where("appId", "=", "appId" in by ? by.appId : ""))
    .$if("orgId" in by, (query) =>
      "orgId" in by ? query.where("orgId", "=", by.orgId).where("entryPointId", "=", by.entryPointId) : query,
    )
    .where("chatApps.deletedAt", "is", null)
    .executeTakeFirst()
  return row ? { ...row, settings: ChatAppSettings.parse(row.settings) } : null
}

/** What can be one at all: the path of a stranger's request is anything. */
function isAppId(text: string): boolean {
  return /^[\w.-]{1,100}$/.test(text)
}
