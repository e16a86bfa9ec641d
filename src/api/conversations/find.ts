import type { Kysely } from "kysely"
import { type Sight, sees } from "../../conversations/sight.ts"
import { problem } from "../../problem.ts"
import type { DB } from "../../store/tables.ts"

export type FoundConversation = {
  id: string
  customerId: string
  inboxId: string
  agentId: string | null
  mergedIntoId: string | null
}

/** 404 where it is missing, of another organization, or hidden from these eyes. */
export async function findSeen(db: Kysely<DB>, orgId: string, sight: Sight, id: string): Promise<FoundConversation> {
  const found = await db
    .selectFrom("conversations")
    .select(["id", "customerId", "inboxId", "agentId", "mergedIntoId"])
    .where("orgId", "=", orgId)
    .where("id", "=", id)
    .executeTakeFirst()
  if (!found || !sees(sight, found)) throw problem("not_found")
  return found
}
