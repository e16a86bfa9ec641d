import { sql } from "kysely"
import type { WorkflowSettings } from "../core/workflow/settings.ts"
import { sendAutomatically } from "../store/automatic-messages.ts"
import type { Tx } from "../store/write.ts"
import type { Placed, Taken } from "./placed.ts"

/** At most one automatic answer to a sender in this time, whatever he writes (RFC 3834 2). */
const pauseSeconds = 86_400
/** In an hour, whoever writes: forged senders must not make us a source of mail for others (reliability 34). */
const perHourMax = 500

/**
 * Tells a customer who writes by mail that it arrived, where nobody serves now and the company wants it. Never to what is
 * automatic itself, to a list or a null sender (RFC 3834), never twice in a day to a sender or for a conversation.
 */
export async function answerAutomatically(
  tx: Tx,
  placed: Placed,
  setting: WorkflowSettings["mail"]["autoReply"],
): Promise<void> {
  if (!setting.enabled || setting.text.trim() === "" || placed.plan.item.type !== "create") return
  const mail = placed.taken.findLast((one) => one.event.mail)
  if (!mail?.event.mail || mail.event.mail.automatic || mail.event.mail.envelopeFrom === "") return
  // A stranger who answers somebody else's mail is a machine that answers us under a new name each time.
  if (placed.taken.some((one) => one.relatedConversationId !== null)) return
  const { inboxId } = placed.plan.conversation
  if ((await isServed(tx, inboxId)) || (await wasAnswered(tx, placed, mail)) || (await isTooMuch(tx, mail))) return
  await send(tx, placed, mail, setting.text)
}

async function isServed(tx: Tx, inboxId: string): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM inbox_members m JOIN agent_states a ON a.org_id = m.org_id AND a.agent_id = m.agent_id
    WHERE m.org_id = ${tx.orgId} AND m.inbox_id = ${inboxId} AND a.status = 'logged_in' AND a.connected
      AND 'mail' = ANY(a.available_for) LIMIT 1`.execute(tx.db)
  return rows.length > 0
}

/** `victim+1@` and `victim+2@` are two customers and one mailbox. */
async function isTooMuch(tx: Tx, mail: Taken): Promise<boolean> {
  const { rows } = await sql<{ tooMuch: boolean }>`
    SELECT count(*) FILTER (WHERE received_at > ${new Date(tx.now.getTime() - 3_600_000)}) >= ${perHourMax}
      OR coalesce(bool_or(regexp_replace(lower(to_addresses[1]), '[+][^@]*@', '@') = ${mailboxOf(mail.event.from.value)}), false) AS too_much
    FROM messages WHERE org_id = ${tx.orgId} AND flags ? 'autoReply' AND received_at > ${new Date(tx.now.getTime() - pauseSeconds * 1000)}`.execute(
    tx.db,
  )
  return rows[0]?.tooMuch ?? false
}

function mailboxOf(address: string): string {
  return address.toLowerCase().replace(/\+[^@]*@/, "@")
}

async function wasAnswered(tx: Tx, { plan }: Placed, mail: Taken): Promise<boolean> {
  const since = new Date(tx.now.getTime() - pauseSeconds * 1000)
  const { rows } = await sql`
    SELECT 1 FROM messages WHERE org_id = ${tx.orgId} AND direction = 'outbound' AND flags ? 'autoReply'
      AND (conversation_id = ${plan.conversation.id} OR customer_id = ${mail.customerId})
      AND (received_at > ${since} OR conversation_id = ${plan.conversation.id}) LIMIT 1`.execute(tx.db)
  return rows.length > 0
}

async function senderNameOf(tx: Tx, { entryPoint }: Taken): Promise<string> {
  const mailbox = await tx.db
    .selectFrom("mailboxes")
    .select("senderName")
    .where("orgId", "=", tx.orgId)
    .where("entryPointId", "=", entryPoint.id)
    .executeTakeFirst()
  return mailbox?.senderName || entryPoint.address
}

async function send(tx: Tx, { plan, customerId, test }: Placed, mail: Taken, text: string): Promise<void> {
  const { event, entryPoint, placed } = mail
  await sendAutomatically(tx, {
    conversationId: plan.conversation.id,
    customerId,
    contactId: plan.messages.find((message) => message.id === placed.id)?.contactId ?? "",
    channel: "email",
    entryPointId: event.entryPointId,
    text,
    // Not the sender's own words: with a forged address they would be a stranger's advertisement in our name (reliability 34).
    subject: await senderNameOf(tx, mail),
    fromAddress: entryPoint.address,
    to: event.from.value,
    referenceIds: event.mail?.messageId ? [...event.mail.references, event.mail.messageId] : [],
    inReplyToId: placed.id,
    test,
  })
}
