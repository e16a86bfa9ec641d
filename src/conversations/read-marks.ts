import { type RawBuilder, sql } from "kysely"
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

/** Of a bigint, so that the index finds the last one. */
const positionMax = "9223372036854775807"

/** Who answers has read what he answers: all that is there, but for what came unseen and after it. */
export function readByAnswering(
  tx: Tx,
  answered: { conversationId: string; userId: string; firstUnseenMessageId: string | null },
): RawBuilder<unknown> {
  return sql`
    INSERT INTO read_marks (org_id, conversation_id, user_id, up_to_position, at)
    SELECT ${tx.orgId}, ${answered.conversationId}, ${answered.userId}, max(i.position), ${tx.now}
    FROM timeline_items i WHERE i.org_id = ${tx.orgId} AND i.conversation_id = ${answered.conversationId}
      AND i.position < coalesce((SELECT u.position FROM timeline_items u WHERE u.org_id = i.org_id
        AND u.conversation_id = i.conversation_id AND u.thing_id = ${answered.firstUnseenMessageId}), ${positionMax}::bigint)
    HAVING max(i.position) IS NOT NULL
    ON CONFLICT (org_id, conversation_id, user_id) DO UPDATE
      SET up_to_position = greatest(read_marks.up_to_position, excluded.up_to_position), at = excluded.at`
}
