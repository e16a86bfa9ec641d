import { sql } from "kysely"
import type { Blobs } from "../blobs.ts"
import type { Channel, OutboundMessage } from "../channels/channel.ts"
import type { ChannelName } from "../core/channels.ts"
import { nextTrySeconds } from "../core/delivery/retry.ts"
import { fault } from "../fault.ts"
import { chance } from "../ids.ts"
import type { Job, JobOutcome } from "../jobs/worker.ts"
import { isUnavailable } from "../store/database.ts"
import { type DeliveryRow, lockDelivery } from "../store/deliveries.ts"
import type { FarEnd } from "../sandbox/far-end.ts"
import type { Store, Tx } from "../store/write.ts"
import { composeMessage } from "./compose.ts"
import { type SendFailure, type Sent, sendFailure } from "./failure.ts"
import { learnExternalId, setStatus } from "./status.ts"

export type DeliveryDeps = {
  store: Store
  blobs: Blobs
  /** Those that can send. */
  channels: { readonly [name in ChannelName]?: Channel }
  /** Where messages of `test` conversations are kept for who plays the customer; those that a channel did not record itself. */
  farEnd?: FarEnd
  /** What a channel threw: a fault of ours, shown as an unknown outcome. */
  onError?: (message: OutboundMessage, error: unknown) => void
  /** What came of a try. */
  onSettled?: (channel: ChannelName, outcome: "sent" | "retry" | "failed" | "unknown") => void
}

const sendSecondsMax = 60
const storeSecondsMax = 45
/** What one try takes at most, asking, sending and storing: less than the claim of a job. */
export const trySecondsMax = 2 * sendSecondsMax + storeSecondsMax
const storeAgainMs = 500
const orderPauseMs = 200
const orderPauseMsMax = 5_000

type Claim =
  | { type: "send"; attempt: number }
  /** A process died in mid-send: nobody knows what came of it. */
  | { type: "reconcile"; attempt: number }
  | { type: "wait" }
  | { type: "nothing" }

/**
 * Sends one delivery (jobs of kind `deliver`). The row says `sending` before the other side hears of it, so that after
 * a crash it is asked about, or shown as unknown, and never sent twice by itself (reliability 20, 21).
 */
export function deliveryHandler(deps: DeliveryDeps): (job: Job) => Promise<JobOutcome> {
  return async ({ orgId, payload, attempts }) => {
    const deliveryId = String(payload.deliveryId)
    const now = () => deps.store.clock.now().getTime()
    const claim = await deps.store.write({ orgId, kind: "act" }, (tx) => take(tx, deliveryId))
    if (claim.type === "nothing") return "done"
    if (claim.type === "wait") return { retryAt: new Date(now() + Math.min(orderPauseMsMax, orderPauseMs * attempts)) }
    await fault("delivery.beforeSend")
    const message = await composeMessage(deps, orgId, deliveryId)
    if (!message) return "done"
    const channel = deps.channels[message.channel]
    let { attempt } = claim
    let outcome = claim.type === "reconcile" ? await ask(deps, channel, message) : await send(deps, channel, message)
    if (outcome === "not_taken") {
      const again = await deps.store.write({ orgId, kind: "act" }, (tx) => takeAgain(tx, deliveryId))
      if (again.type !== "send") return "done"
      attempt = again.attempt
      outcome = await send(deps, channel, { ...message, attempt })
    }
    await fault("delivery.afterSend")
    const result = outcome
    if (result.ok && message.test) await record(deps, message, result)
    const pause = await untilStored(deps.store, () =>
      deps.store.write({ orgId, kind: "act" }, (tx) => settle(tx, deliveryId, attempt, message, result)),
    )
    deps.onSettled?.(message.channel, outcomeOf(result, pause))
    return pause === null ? "done" : { retryAt: new Date(now() + pause * 1000) }
  }
}

/** What the other side said is known here alone: it is not given up because the database is away for a moment. */
async function untilStored<Result>({ clock }: Store, write: () => Promise<Result>): Promise<Result> {
  const until = clock.monotonic() + storeSecondsMax * 1000
  for (;;) {
    try {
      return await write()
    } catch (error) {
      if (!isUnavailable(error) || clock.monotonic() > until) throw error
      await clock.sleep(storeAgainMs)
    }
  }
}

function outcomeOf(result: Sent | SendFailure, pause: number | null): "sent" | "retry" | "failed" | "unknown" {
  if (result.ok) return "sent"
  return result.unknown ? "unknown" : pause === null ? "failed" : "retry"
}

async function take(tx: Tx, deliveryId: string): Promise<Claim> {
  const delivery = await lockDelivery(tx, deliveryId)
  if (!delivery) return { type: "nothing" }
  if (delivery.status === "sending") return { type: "reconcile", attempt: delivery.attempts }
  if (delivery.status !== "queued") return { type: "nothing" }
  if (await hasEarlier(tx, delivery)) return { type: "wait" }
  return markSending(tx, delivery)
}

async function takeAgain(tx: Tx, deliveryId: string): Promise<Claim> {
  const delivery = await lockDelivery(tx, deliveryId)
  return delivery?.status === "sending" ? markSending(tx, delivery) : { type: "nothing" }
}

async function markSending(tx: Tx, delivery: DeliveryRow): Promise<Claim> {
  await setStatus(tx, delivery, "sending", { attempts: delivery.attempts + 1 })
  return { type: "send", attempt: delivery.attempts }
}

/** Messages of a conversation leave in the order in which they were written; one that waits for its next try is passed. */
async function hasEarlier(tx: Tx, delivery: DeliveryRow): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM messages m
    JOIN messages other ON other.org_id = m.org_id AND other.conversation_id = m.conversation_id AND other.channel = m.channel
    JOIN deliveries d ON d.org_id = other.org_id AND d.message_id = other.id
    WHERE m.org_id = ${tx.orgId} AND m.id = ${delivery.messageId} AND d.id < ${delivery.id}
      AND d.status IN ('queued', 'sending') AND d.failure IS NULL LIMIT 1`.execute(tx.db)
  return rows.length > 0
}

async function record({ farEnd }: DeliveryDeps, message: OutboundMessage, sent: Sent): Promise<void> {
  const { orgId, messageId, deliveryId, channel, fromAddress, to, text, html, subject, files } = message
  if (!farEnd || (await farEnd.find(orgId, deliveryId))) return
  await farEnd.record(orgId, {
    messageId,
    deliveryId,
    channel,
    from: fromAddress,
    to,
    text,
    html,
    subject,
    files: files.map(({ name, type, sizeBytes, sha256 }) => ({ name, type, sizeBytes, sha256 })),
    externalId: sent.externalId ?? `sandbox-${deliveryId}`,
  })
}

/** After a crash in mid-send: what does the other side know of it? */
async function ask(
  deps: DeliveryDeps,
  channel: Channel | undefined,
  message: OutboundMessage,
): Promise<Sent | SendFailure | "not_taken"> {
  if (!channel?.lookup) return unknownOutcome()
  const answer = await bounded(deps, message, () => channel.lookup?.(message))
  return answer === "cannot_tell" ? unknownOutcome() : answer
}

function send(deps: DeliveryDeps, channel: Channel | undefined, message: OutboundMessage): Promise<Sent | SendFailure> {
  if (!channel) return Promise.resolve(sendFailure("channel_not_in_use", "This channel is not set up for sending."))
  return bounded(deps, message, () => channel.send(message))
}

/** What takes too long or throws has an unknown outcome: the other side may have taken it. */
async function bounded<T>(
  deps: DeliveryDeps,
  message: OutboundMessage,
  act: () => Promise<T> | undefined,
): Promise<T | SendFailure> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<SendFailure>((resolve) => {
    timer = setTimeout(() => resolve(unknownOutcome()), sendSecondsMax * 1000)
  })
  try {
    return (await Promise.race([act(), late])) ?? unknownOutcome()
  } catch (error) {
    deps.onError?.(message, error)
    return unknownOutcome()
  } finally {
    clearTimeout(timer)
  }
}

function unknownOutcome(): SendFailure {
  return sendFailure(
    "outcome_unknown",
    "It is not known whether the message arrived. Send it again only if it may arrive twice.",
    { unknown: true },
  )
}

/** Writes what came of a try; answers the seconds until the next one, or null. A newer try or state is left alone. */
async function settle(
  tx: Tx,
  deliveryId: string,
  attempt: number,
  message: OutboundMessage,
  outcome: Sent | SendFailure,
): Promise<number | null> {
  const delivery = await lockDelivery(tx, deliveryId)
  if (delivery?.status !== "sending" || delivery.attempts !== attempt) return null
  if (outcome.ok) {
    const failure = outcome.shortfall ? { ...outcome.shortfall, retryable: false } : null
    await setStatus(tx, delivery, outcome.status ?? "sent", { failure, externalId: outcome.externalId })
    if (outcome.externalId) {
      await nameMessage(tx, message, outcome.externalId)
      await learnExternalId(tx, delivery, outcome.externalId)
    }
    return null
  }
  const failure = { code: outcome.code, text: outcome.text, retryable: outcome.retryable || outcome.unknown === true }
  if (outcome.unknown) {
    await setStatus(tx, delivery, "unknown", { failure })
    return null
  }
  const pause = outcome.retryable ? nextTrySeconds(attempt, chance(), outcome.retryAfterSeconds) : null
  await setStatus(tx, delivery, pause === null ? "failed" : "queued", { failure })
  return pause
}

/** The provider's id of a message; of a mail it is the Message-ID that answers refer to. */
async function nameMessage(tx: Tx, message: OutboundMessage, externalId: string): Promise<void> {
  await tx.db
    .updateTable("messages")
    .set({ externalId, ...(message.channel === "email" && { messageIdHeader: externalId.replace(/^<|>$/g, "") }) })
    .where("orgId", "=", tx.orgId)
    .where("id", "=", message.messageId)
    .execute()
}
