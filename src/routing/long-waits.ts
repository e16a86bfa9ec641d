import { sql } from "kysely"
import { newId } from "../ids.ts"
import { endAssignment } from "../store/assignments.ts"
import { type ContactRow, insertContacts, liveContacts } from "../store/contacts.ts"
import { endItems, requeue } from "../store/queue-items.ts"
import { lockWork } from "../store/work.ts"
import type { Store, Tx } from "../store/write.ts"
import type { BusinessTimer } from "../timers.ts"

export const waitHoursMax = 24
const endedAtOnceMax = 100
/** A day may end a minute late; so often at most all that await are looked at. */
const lookMsMin = 60_000

/**
 * A messaging session that awaits an answer never ends by silence (idle-contacts.ts). After a day it is ended all the
 * same, and the customer goes on waiting in a new one, due as before, in the queue: whoever had it did not answer it
 * (routing.md 1.1). What rings at that moment is left to whoever is asked.
 */
export class LongWaits implements BusinessTimer {
  readonly name = "long_waits"
  readonly #store: Store
  /** Nothing is over before. What begins to wait later than the last look is over a day later than that. */
  #nextLook: Date | null = null

  constructor(store: Store) {
    this.#store = store
  }

  async nextAt(): Promise<Date> {
    this.#nextLook ??= await this.#findNext(this.#store.clock.now())
    return this.#nextLook
  }

  async fire(now: Date): Promise<number> {
    if ((await this.nextAt()) > now) return 0
    const { rows } = await sql<{ orgId: string; conversationId: string }>`
      SELECT DISTINCT k.org_id, k.conversation_id FROM ${awaiting} AND k.state IN ('queued', 'active') AND ${overAt} <= ${now}
      LIMIT ${endedAtOnceMax}`.execute(this.#store.db)
    let ended = 0
    for (const { orgId, conversationId } of rows)
      ended += await this.#store.write({ orgId, kind: "act" }, (tx) => beginAnew(tx, conversationId))
    // More than that were over: the rest follow at once.
    this.#nextLook = rows.length === endedAtOnceMax && ended > 0 ? now : await this.#findNext(now)
    return ended
  }

  async #findNext(now: Date): Promise<Date> {
    const { rows } = await sql<{ at: Date | null }>`SELECT min(${overAt}) AS at FROM ${awaiting}`.execute(
      this.#store.db,
    )
    const latest = now.getTime() + waitHoursMax * 3_600_000
    const next = Math.min(rows[0]?.at?.getTime() ?? latest, latest)
    const isFirst = this.#nextLook === null
    return new Date(isFirst ? next : Math.max(next, now.getTime() + lookMsMin))
  }
}

const overAt = sql`(greatest(k.awaiting_since, k.started_at) + make_interval(hours => ${waitHoursMax}))`
/** By conversations that live: what it costs does not grow with what has been. */
const awaiting = sql`conversations c JOIN contacts k ON k.org_id = c.org_id AND k.conversation_id = c.id
  WHERE c.status IN ('new', 'open') AND k.state <> 'ended' AND k.channel_group = 'messaging' AND k.awaiting_since IS NOT NULL`

async function beginAnew(tx: Tx, conversationId: string): Promise<number> {
  const { conversations, items, offers } = await lockWork(tx, [conversationId])
  const conversation = conversations.get(conversationId)
  if (!conversation?.awaitingSince || offers.length > 0) return 0
  const over = (await liveContacts(tx, [conversationId])).filter((contact) => isOver(contact, tx.now))
  if (over.length === 0) return 0
  await endAsStartedAnew(tx, over)
  const begun = over.map((contact): ContactRow => ({ ...contact, id: newId(), state: "queued", ...begins(tx) }))
  await insertContacts(tx, begun)
  for (const contact of begun) tellStarted(tx, contact)
  const text = items.filter((item) => item.lane === "text")
  await endItems(
    tx,
    text.map((item) => item.id),
    { state: "canceled", reason: "started_new", withdrawn: "started_new" },
  )
  // Answers the conversation as it was where nobody had it.
  const after = conversation.agentId
    ? await endAssignment(tx, { conversation, reason: "rerouted_unassign" })
    : conversation
  await requeue(tx, after, { reason: "started_new", firstQueuedAt: text[0]?.firstQueuedAt ?? null })
  return over.length
}

function isOver({ channelGroup, state, awaitingSince, startedAt }: ContactRow, now: Date): boolean {
  if (channelGroup !== "messaging" || awaitingSince === null || (state !== "queued" && state !== "active")) return false
  const since = Math.max(awaitingSince.getTime(), startedAt.getTime())
  return since + waitHoursMax * 3_600_000 <= now.getTime()
}

function begins(tx: Tx): Pick<ContactRow, "startedAt" | "queuedAt" | "fulfilledAt" | "fulfilledBy"> {
  return { startedAt: tx.now, queuedAt: tx.now, fulfilledAt: null, fulfilledBy: null }
}

async function endAsStartedAnew(tx: Tx, contacts: readonly ContactRow[]): Promise<void> {
  const { rows } = await sql<{ id: string; endStatus: string }>`
    UPDATE contacts SET state = 'ended', awaiting_since = NULL, ended_at = ${tx.now}, end_reason = 'started_new',
      end_status = CASE WHEN fulfilled_by = 'responded' THEN 'answered' ELSE 'unanswered' END
    WHERE org_id = ${tx.orgId} AND id = ANY(${contacts.map(({ id }) => id)}) RETURNING id, end_status`.execute(tx.db)
  const statusOf = new Map(rows.map(({ id, endStatus }) => [id, endStatus]))
  for (const { id: contactId, conversationId, customerId, inboxId } of contacts) {
    const status = statusOf.get(contactId) ?? "unanswered"
    tx.event("contact.ended", { contactId, conversationId, customerId, inboxId, endReason: "started_new", status })
  }
}

function tellStarted(tx: Tx, contact: ContactRow): void {
  const { id: contactId, conversationId, customerId, channel, entryPointId, inboxId, slaSeconds, slaSource } = contact
  tx.event("contact.started", {
    contactId,
    conversationId,
    customerId,
    channel,
    entryPoint: entryPointId ? { id: entryPointId } : null,
    inboxId,
    slaSeconds,
    slaSource,
    dueAt: contact.dueAt,
    finalIvrSelection: null,
    agentId: null,
    test: contact.test,
  })
}
