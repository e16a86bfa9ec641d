import type { Kysely } from "kysely"
import { channelNames } from "../core/channels.ts"
import { addressKindOf, textLengthMax } from "../core/conversations/composing.ts"
import type { ReplyOption } from "../core/conversations/reply-option.ts"
import type { DB } from "../store/tables.ts"
import { fromsOf, type SendRules, tosOf } from "./sending.ts"

/** Every channel that is in use, with what can be chosen, or why it cannot be used for this customer now. */
export async function replyOptions(
  db: Kysely<DB>,
  rules: SendRules,
  conversation: { orgId: string; id: string | null; customerId: string; inboxId: string },
  now: Date,
): Promise<ReplyOption[]> {
  const sending = channelNames.filter((channel) => addressKindOf[channel] !== null)
  const inUse = new Set(
    (
      await db
        .selectFrom("entryPoints")
        .select("channel")
        .distinct()
        .where("orgId", "=", conversation.orgId)
        .where("status", "=", "active")
        .execute()
    ).map((row) => row.channel),
  )
  return Promise.all(
    sending.filter((channel) => inUse.has(channel)).map((channel) => option(db, rules, conversation, channel, now)),
  )
}

async function option(
  db: Kysely<DB>,
  rules: SendRules,
  conversation: { orgId: string; id: string | null; customerId: string; inboxId: string },
  channel: ReplyOption["channel"],
  now: Date,
): Promise<ReplyOption> {
  const [froms, tos] = await Promise.all([
    fromsOf(db, conversation.orgId, conversation, channel),
    tosOf(db, conversation.orgId, conversation, channel),
  ])
  const base = {
    channel,
    from: froms.map(({ entryPointId, label, default: isDefault }) => ({ entryPointId, label, default: isDefault })),
    to: tos,
    windowEndsAt: null,
    lengthMax: textLengthMax[channel],
  }
  const from = froms[0]
  const to = tos[0]
  if (!to)
    return { ...base, allowed: false, reason: "no_address", remedy: "Add an address for this channel to the customer." }
  if (!from)
    return {
      ...base,
      allowed: false,
      reason: "channel_not_in_use",
      remedy: "The customer has not written through this channel yet.",
    }
  const refusal = await rules[channel]?.(db, {
    orgId: conversation.orgId,
    entryPointId: from.entryPointId,
    to: to.value,
    now,
  })
  return { ...base, allowed: !refusal, reason: refusal?.reason ?? null, remedy: refusal?.remedy ?? null }
}
