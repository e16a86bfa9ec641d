import type { Blobs } from "../../blobs.ts"
import type { CarrierAccount, CarrierMedia, CarrierMessage, CarrierMessages } from "../../carriers/carrier.ts"
import { keywordOf } from "../../core/opt-out/keyword.ts"
import type { InboundEvent, Intake, Receipt, StoredFile } from "../../intake/inbound-event.ts"
import type { Store } from "../../store/write.ts"
import { fetchFiles } from "./media.ts"
import { lateMediaJob } from "./late-media.ts"
import type { SmsNumber, SmsNumbers } from "./numbers.ts"

export type InboundDeps = { store: Store; intake: Intake; numbers: SmsNumbers; blobs: Blobs }

/** `dropped`: for no number of ours, or one whose text messages are off. */
export type Taken = { dropped: false; receipt: Receipt } | { dropped: true }

/** The company waits 15 s for our answer; a file that takes longer than this comes after its message. */
const mediaTimeoutMs = 5_000
const lateMediaSeconds = 10

/** Path, step 1: a carrier's message becomes an InboundEvent. Resolves with the commit. Next: intake/intake.ts. */
export async function takeMessage(
  deps: InboundDeps,
  message: CarrierMessage,
  from: { messages: CarrierMessages; account: CarrierAccount; raw: Buffer },
): Promise<Taken> {
  const { account } = from
  const number = await deps.numbers.find(account.orgId, message.to)
  if (!number || number.carrierAccountId !== account.id) {
    deps.numbers.drop(account.orgId, message.externalId)
    return { dropped: true }
  }
  const fetched =
    message.media.length === 0 ? noMedia : await fetchFiles(deps, message.media, { ...from, timeoutMs: mediaTimeoutMs })
  if (fetched.late.length > 0 || fetched.missing > 0) await promiseLateMedia(deps, number, message, fetched, account)
  return { dropped: false, receipt: await deps.intake.accept(toInboundEvent(message, number, fetched.files, from)) }
}

const noMedia = { files: [] as StoredFile[], late: [] as CarrierMedia[], missing: 0 }

/** Written before the message, so that a crash between the two leaves nothing forgotten; without a message it does nothing. */
async function promiseLateMedia(
  deps: InboundDeps,
  number: SmsNumber,
  message: CarrierMessage,
  fetched: { late: CarrierMedia[]; missing: number },
  account: CarrierAccount,
): Promise<void> {
  await deps.store.write({ orgId: account.orgId, kind: "act" }, async (tx) => {
    const payload = {
      accountId: account.id,
      entryPointId: number.entryPointId,
      externalId: message.externalId,
      media: fetched.late,
      missing: fetched.missing,
    }
    const runAt = new Date(tx.now.getTime() + (fetched.late.length > 0 ? lateMediaSeconds : 1) * 1000)
    tx.job(lateMediaJob, payload, { key: `${number.entryPointId} ${message.externalId}`, runAt })
  })
}

function toInboundEvent(
  message: CarrierMessage,
  number: SmsNumber,
  files: readonly StoredFile[],
  from: { account: CarrierAccount; raw: Buffer },
): InboundEvent {
  const keyword = keywordOf(message.text)
  return {
    orgId: from.account.orgId,
    entryPointId: number.entryPointId,
    channel: "sms",
    externalId: message.externalId, // with entryPointId the key that is taken once
    from: { kind: "phone", value: message.from, name: message.fromName, verifiedBy: "channel" },
    content: { kind: message.media.length > 0 ? "media" : "text", text: message.text, files },
    ...(keyword && { optOut: { ...keyword, phoneNumberId: number.phoneNumberId } }), // spec 10.2
    sentAt: message.sentAt,
    raw: { bytes: from.raw },
    test: from.account.ownFarEnd,
  }
}
