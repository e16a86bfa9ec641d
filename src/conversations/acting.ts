import { problem } from "../problem.ts"
import type { ConversationRow } from "../store/conversations.ts"
import { lockWork, type Work } from "../store/work.ts"
import type { Tx } from "../store/write.ts"
import { type Sight, sees } from "./sight.ts"

/** Who acts on conversations, and which of them. */
export type Acting = {
  type: "user" | "api_key"
  id: string
  /** Null for an API key: it can answer, and have nothing assigned. */
  userId: string | null
  name: string
  sight: Sight
}

export type Scene = { work: Work; conversation: ConversationRow }

/** The conversation with everything around it, locked; 404 where it is missing, merged away, or not for these eyes. */
export async function lockSeen(
  tx: Tx,
  acting: Acting,
  conversationId: string,
  agentIds: readonly (string | null)[] = [],
): Promise<Scene> {
  const work = await lockWork(tx, [conversationId], agentIds)
  const conversation = work.conversations.get(conversationId)
  if (!conversation || conversation.mergedIntoId || !sees(acting.sight, conversation)) throw problem("not_found")
  return { work, conversation }
}

/** As `lockSeen`, its customer first: for whatever opens or closes a conversation. */
export async function lockSeenWithCustomer(
  tx: Tx,
  acting: Acting,
  conversationId: string,
  agentIds: readonly (string | null)[] = [],
): Promise<Scene> {
  const found = await tx.db
    .selectFrom("conversations")
    .select("customerId")
    .where("orgId", "=", tx.orgId)
    .where("id", "=", conversationId)
    .executeTakeFirst()
  if (!found) throw problem("not_found")
  await lockCustomer(tx, found.customerId)
  return lockSeen(tx, acting, conversationId, agentIds)
}

/** Serializes intake, merge, closing and reopening of one customer; false where there is none. */
export async function lockCustomer(
  tx: Tx,
  customerId: string,
): Promise<{ mergedIntoId: string | null; deletedAt: Date | null; test: boolean } | null> {
  const row = await tx.db
    .selectFrom("customers")
    .select(["mergedIntoId", "deletedAt", "test"])
    .where("orgId", "=", tx.orgId)
    .where("id", "=", customerId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row ?? null
}

export function mustBeOpen(conversation: ConversationRow): void {
  if (conversation.closedAt) throw problem("conversation_closed")
}

export async function isMember(tx: Tx, inboxId: string, userId: string | null): Promise<boolean> {
  if (!userId) return false
  const found = await tx.db
    .selectFrom("inboxMembers")
    .select("agentId")
    .where("orgId", "=", tx.orgId)
    .where("inboxId", "=", inboxId)
    .where("agentId", "=", userId)
    .executeTakeFirst()
  return found !== undefined
}
