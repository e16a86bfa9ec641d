import { z } from "zod"
import { oneLine } from "../../core/one-line.ts"
import { presentMessage } from "../../conversations/messages.ts"
import { reply } from "../../conversations/reply.ts"
import { channelNames } from "../../core/channels.ts"
import { attachmentsMax, recipientsMax } from "../../core/conversations/composing.ts"
import { Message } from "../../core/conversations/message.ts"
import type { Principal } from "../../identity/principal.ts"
import type { Store } from "../../store/write.ts"
import { created } from "../answer.ts"
import { type Route, route } from "../route.ts"
import { actingOf } from "./acting.ts"
import type { ConversationDeps } from "./deps.ts"

const htmlLengthMax = 200_000
const Recipients = z.array(z.email().toLowerCase()).max(recipientsMax).default([])
/** `null` is what a message shows where there is nothing: sent, it says the same as nothing. */
const maybe = <Schema extends z.ZodType>(schema: Schema) =>
  schema
    .nullable()
    .optional()
    .transform((value) => value ?? undefined)

export const SendMessage = z.object({
  channel: z.enum(channelNames),
  entryPointId: maybe(z.uuid()),
  toAddressId: maybe(z.uuid()),
  text: maybe(z.string().max(10_000)),
  html: maybe(z.string().max(htmlLengthMax)),
  subject: maybe(oneLine(998)), // RFC 5322 2.1.1
  cc: Recipients,
  bcc: Recipients,
  attachmentIds: z.array(z.uuid()).max(attachmentsMax).default([]),
  inReplyToId: maybe(z.uuid()),
  /** The newest message that the writer had before his eyes; later ones stay unanswered. */
  seenMessageId: maybe(z.uuid()),
})

export function sendRoutes({ store, links, rules }: ConversationDeps): Route[] {
  const { db } = store
  return [
    route({
      method: "POST",
      path: "/conversations/:id/messages",
      action: "conversation.work",
      idempotent: true,
      summary: "Answer the customer",
      body: SendMessage,
      limits: { stringLength: htmlLengthMax },
      answers: { 201: Message },
      problems: [
        "conversation_closed",
        "opted_out",
        "window_closed",
        "number_not_registered",
        "daily_cap_reached",
        "sms_deactivated_on_request",
      ],
      async handle({ principal, params, body, write }) {
        const [acting, undoSeconds] = await Promise.all([actingOf(db, principal), undoSecondsOf(store, principal)])
        return write(async (tx) => {
          const { messageId } = await reply(tx, rules, acting, params.id, {
            ...body,
            undoSeconds: body.channel === "email" ? undoSeconds : 0,
          })
          return created(
            `/messages/${messageId}`,
            await presentMessage(tx.db, { orgId: tx.orgId, id: principal.id, links }, messageId),
          )
        })
      },
    }),
  ]
}

const undoSecondsMax = 30

/** A person's preference, for mails only: in a chat or a text the customer waits. Nobody waits for a key. */
async function undoSecondsOf(store: Store, principal: Principal): Promise<number> {
  if (!principal.userId) return 0
  const user = await store.db
    .selectFrom("users")
    .select("preferences")
    .where("orgId", "=", principal.orgId)
    .where("id", "=", principal.userId)
    .executeTakeFirst()
  const seconds = (user?.preferences as { undoSeconds?: unknown } | undefined)?.undoSeconds
  return typeof seconds === "number" && seconds > 0 ? Math.min(seconds, undoSecondsMax) : 0
}
