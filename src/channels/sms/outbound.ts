import { sql } from "kysely"
import type { Accounts } from "../../carriers/accounts.ts"
import type { CarrierAccount, OutgoingSms } from "../../carriers/carrier.ts"
import { type SendFailure, type Sent, sendFailure } from "../../delivery/failure.ts"
import type { FarEnd } from "../../sandbox/far-end.ts"
import type { Store } from "../../store/write.ts"
import type { OutboundMessage } from "../channel.ts"
import type { FileLinks } from "./file-links.ts"

export type OutboundDeps = {
  store: Store
  accounts: Accounts
  farEnd: FarEnd
  publicUrl: string
  fileLinks: FileLinks
}

const filesMax = 10
/** A crash and its restart lie within this; the carrier's clock may differ from ours. */
const lookBackSeconds = 3_600

/** Sends one message from one of our numbers. A customer of a test never meets a real carrier. */
export async function sendSms(deps: OutboundDeps, message: OutboundMessage): Promise<Sent | SendFailure> {
  const found = await accountOf(deps, message)
  const messages = found?.carrier.messages
  if (!found || !messages) return sendFailure("number_gone", "The sending number no longer belongs to us.")
  if (message.test && !found.account.ownFarEnd) return sendToFarEnd(deps, message)
  if (message.files.length > filesMax)
    return sendFailure("media_refused", `At most ${filesMax} files fit into a message.`)
  return messages.send(outgoingOf(deps, message, found.account), found.account)
}

/** After a crash in mid-send: asks the carrier's list for our text to this customer. */
export async function lookUpSms(
  deps: OutboundDeps,
  message: OutboundMessage,
): Promise<Sent | SendFailure | "not_taken" | "cannot_tell"> {
  const found = await accountOf(deps, message)
  const messages = found?.carrier.messages
  if (!found || !messages) return "cannot_tell"
  if (message.test && !found.account.ownFarEnd) {
    const recorded = await deps.farEnd.find(message.orgId, message.deliveryId)
    return recorded ? { ok: true, externalId: recorded.externalId, status: "delivered" } : "not_taken"
  }
  const from = message.fromAddress
  const to = message.to[0]
  if (to === undefined) return "cannot_tell"
  const since = new Date(deps.store.clock.real().getTime() - lookBackSeconds * 1000)
  const listed = await messages.list({ since, from, to }, found.account)
  if (!listed.ok) return "cannot_tell"
  const same = listed.value.filter(
    (one) =>
      one.direction === "outbound" && one.from === from && one.to === to && one.text.trim() === message.text.trim(),
  )
  const known = await knownIds(
    deps.store,
    message.orgId,
    same.map((one) => one.externalId),
  )
  const ours = same.find((one) => !known.has(one.externalId))
  return ours ? { ok: true, externalId: ours.externalId } : "not_taken"
}

function outgoingOf(deps: OutboundDeps, message: OutboundMessage, account: CarrierAccount): OutgoingSms {
  return {
    deliveryId: message.deliveryId,
    from: message.fromAddress,
    to: message.to[0] ?? "",
    text: message.text,
    mediaUrls: message.files.map((file) => deps.fileLinks.urlOf(account, file)),
    // With our own id, so that a state finds its message even where the answer to the sending was lost.
    statusUrl: `${deps.publicUrl}/hooks/twilio/${account.id}/message-statuses?delivery=${message.deliveryId}`,
  }
}

async function sendToFarEnd(deps: OutboundDeps, message: OutboundMessage): Promise<Sent> {
  const files = message.files.map(({ name, type, sizeBytes, sha256 }) => ({ name, type, sizeBytes, sha256 }))
  const { messageId, deliveryId, fromAddress: from, to, text } = message
  const before = await deps.farEnd.find(message.orgId, deliveryId)
  const recorded =
    before ??
    (await deps.farEnd.record(message.orgId, { messageId, deliveryId, channel: "sms", from, to, text, files }))
  return { ok: true, externalId: recorded.externalId, status: "delivered" }
}

async function accountOf(deps: OutboundDeps, message: OutboundMessage) {
  const { rows } = await sql<{ carrierAccountId: string }>`
    SELECT n.carrier_account_id FROM entry_points e
    JOIN phone_numbers n ON n.org_id = e.org_id AND n.id = e.phone_number_id AND n.released_at IS NULL
    WHERE e.org_id = ${message.orgId} AND e.id = ${message.entryPointId}`.execute(deps.store.db)
  return rows[0] ? deps.accounts.get(message.orgId, rows[0].carrierAccountId) : null
}

async function knownIds(store: Store, orgId: string, externalIds: readonly string[]): Promise<Set<string>> {
  if (externalIds.length === 0) return new Set()
  const { rows } = await sql<{ externalId: string }>`
    SELECT external_id FROM deliveries WHERE org_id = ${orgId} AND external_id = ANY(${externalIds})`.execute(store.db)
  return new Set(rows.map((row) => row.externalId))
}
