import { sql } from "kysely"
import type { Tx } from "../store/write.ts"

/** How far somebody has read. A lower position makes the rest unread again. */
export async function putReadMark(
  tx: Tx,
  mark: { conversationId: string; userId: string; upToPosition: number },
): Promise<void> {
  await sql`
    INSERT INTO read_marks (org_id, conversation_id, user_id, up_to_position, at)
    VALUES (${tx.orgId}, ${mark.conversationId}, ${mark.userId}, ${mark.upToPosition}, ${tx.now})
    ON CONFLICT (org_id, conversation_id, user_id) DO UPDATE SET up_to_position = excluded.up_to_position, at = excluded.at`.execute(
    tx.db,
  )
}
