import { invalid, problem } from "../problem.ts"
import { insertDelivery, lockDeliveriesOf } from "../store/deliveries.ts"
import type { Tx } from "../store/write.ts"
import { type Acting, lockSeen } from "./acting.ts"

/**
 * Another try of a message that failed, or whose outcome is unknown: then only by somebody who accepts that it may
 * arrive twice. 409 `already_sent` otherwise. Answers the new delivery's id.
 */
export async function resend(tx: Tx, acting: Acting, messageId: string, acceptDuplicate: boolean): Promise<string> {
  const message = await tx.db
    .selectFrom("messages")
    .select(["conversationId", "channel"])
    .where("orgId", "=", tx.orgId)
    .where("id", "=", messageId)
    .where("direction", "=", "outbound")
    .executeTakeFirst()
  if (!message) throw problem("not_found")
  await lockSeen(tx, acting, message.conversationId)
  const [last] = await lockDeliveriesOf(tx, messageId)
  if (last?.status !== "failed" && last?.status !== "unknown") throw problem("already_sent")
  if (last.status === "unknown" && !acceptDuplicate) {
    throw invalid({
      pointer: "#/acceptDuplicate",
      code: "required",
      detail: "It is not known whether it arrived: accept that it may arrive twice.",
    })
  }
  return insertDelivery(tx, { messageId, channel: last.channel, acceptDuplicate })
}
