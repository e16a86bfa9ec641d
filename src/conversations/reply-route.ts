import { textLengthMax } from "../core/conversations/composing.ts"
import { type FieldError, invalid, problem } from "../problem.ts"
import type { ConversationRow } from "../store/conversations.ts"
import type { Tx } from "../store/write.ts"
import type { ReplyInput } from "./reply-input.ts"
import { type From, fromsOf, type SendRules, type To, tosOf } from "./sending.ts"

/** From which address to which; all that is wrong with either at once, then what the channel forbids. */
export async function replyRoute(
  tx: Tx,
  rules: SendRules,
  conversation: ConversationRow,
  input: ReplyInput,
): Promise<{ from: From; to: To }> {
  const errors: FieldError[] = []
  const [froms, tos] = [
    await fromsOf(tx.db, tx.orgId, conversation, input.channel),
    await tosOf(tx.db, tx.orgId, conversation, input.channel),
  ]
  const from = input.entryPointId
    ? froms.find((one) => one.entryPointId === input.entryPointId)
    : froms.find((one) => one.default)
  const to = input.toAddressId ? tos.find((one) => one.addressId === input.toAddressId) : tos[0]
  if (!from) errors.push(await fromError(tx, input))
  if (!to) {
    errors.push(
      input.toAddressId
        ? {
            pointer: "#/toAddressId",
            code: "unknown_reference",
            detail: "This is no address of the customer for this channel.",
          }
        : {
            pointer: "#/toAddressId",
            code: "required",
            detail: "The customer has no address for this channel. Add one first.",
          },
    )
  }
  const { text = "", html, attachmentIds } = input
  const lengthMax = textLengthMax[input.channel]
  if (text.length > lengthMax)
    errors.push({ pointer: "#/text", code: "too_long", detail: `Use at most ${lengthMax} characters.` })
  if (text.trim() === "" && !html?.trim() && attachmentIds.length === 0) {
    errors.push({ pointer: "#/text", code: "required", detail: "Write something, or attach a file." })
  }
  if (errors.length > 0 || !from || !to) throw invalid(...errors)
  const refusal = await rules[input.channel]?.(tx.db, {
    orgId: tx.orgId,
    entryPointId: from.entryPointId,
    to: to.value,
    now: tx.now,
  })
  if (refusal) throw problem(refusal.code, refusal.extra, refusal.remedy)
  return { from, to }
}

async function fromError(tx: Tx, { entryPointId, channel }: ReplyInput): Promise<FieldError> {
  const pointer = "#/entryPointId"
  if (!entryPointId) return { pointer, code: "from_required", detail: "Choose the address that this is sent from." }
  const found = await tx.db
    .selectFrom("entryPoints")
    .select("channel")
    .where("orgId", "=", tx.orgId)
    .where("id", "=", entryPointId)
    .where("status", "=", "active")
    .executeTakeFirst()
  return found && found.channel !== channel
    ? { pointer, code: "wrong_channel", detail: "This entry point belongs to another channel." }
    : { pointer, code: "unknown_reference", detail: "This is no active entry point that can be used here." }
}
