import { newId } from "../ids.ts"
import type { Tx } from "../store/write.ts"

/** Something under the bell of these people about a conversation (api.md 2.1). */
export async function notify(
  tx: Tx,
  userIds: readonly string[],
  kind: "assigned" | "mention",
  data: { conversationId: string; by: string; [more: string]: unknown },
): Promise<void> {
  if (userIds.length === 0) return
  await tx.db
    .insertInto("notifications")
    .values(
      userIds.map((userId) => ({
        orgId: tx.orgId,
        id: newId(),
        userId,
        kind,
        data: JSON.stringify(data),
        link: `/work/c/${data.conversationId}`,
        at: tx.now,
      })),
    )
    .execute()
  for (const userId of userIds) tx.event("notification.added", { userId, kind, ...data })
}
