import { afterAll, beforeAll, expect, test } from "vitest"
import twilio from "twilio"
import RequestClient from "twilio/lib/base/RequestClient.js"
import { postWebhook } from "../../carriers/sandbox/webhooks.ts"
import { newId } from "../../ids.ts"
import { deliverJob, insertDelivery } from "../../store/deliveries.ts"
import type { OutboundMessage } from "../channel.ts"
import { deliveryHandler } from "../../delivery/worker.ts"
import { publicUrl, type SmsRig, smsRig } from "./test-rig.ts"

let rig: SmsRig
let number: Awaited<ReturnType<SmsRig["addNumber"]>>
let place: { conversationId: string; contactId: string; customerId: string }
const ours = "+14155551243"
const maya = "+14155550100"

beforeAll(async () => {
  rig = await smsRig()
  number = await rig.addNumber(ours)
  const first = await rig.call("POST", "/sandbox/messages", {
    entryPointId: number.entryPointId,
    from: { value: maya },
    text: "Hi",
  })
  place = first.body
  rig.jobs.handle(
    deliverJob,
    deliveryHandler({ store: rig.stored.store, blobs: rig.blobs, channels: { sms: rig.channel } }),
  )
})
afterAll(() => rig.close())

/** An answer of ours, as the conversation's service writes it. */
async function answer(
  text: string,
  files: readonly { name: string; type: string; content: Buffer }[] = [],
): Promise<{ messageId: string; deliveryId: string }> {
  const messageId = newId()
  const stored = await Promise.all(files.map(async (file) => ({ ...file, ...(await rig.blobs.put(file.content)) })))
  const deliveryId = await rig.stored.store.write({ orgId: rig.orgId, kind: "act" }, async (tx) => {
    await tx.db
      .insertInto("messages")
      .values({
        orgId: rig.orgId,
        id: messageId,
        conversationId: place.conversationId,
        customerId: place.customerId,
        contactId: place.contactId,
        channel: "sms",
        direction: "outbound",
        entryPointId: number.entryPointId,
        authorType: "system",
        text,
        toAddresses: [maya],
        sentAt: tx.now,
        receivedAt: tx.now,
        test: true,
      })
      .execute()
    for (const file of stored) {
      await tx.db
        .insertInto("attachments")
        .values({
          orgId: rig.orgId,
          id: newId(),
          messageId,
          name: file.name,
          type: file.type,
          sizeBytes: file.sizeBytes,
          sha256: file.sha256,
        })
        .execute()
    }
    return insertDelivery(tx, { messageId, channel: "sms" })
  })
  return { messageId, deliveryId }
}

const delivery = async (id: string) =>
  rig.stored.db.selectFrom("deliveries").selectAll().where("id", "=", id).executeTakeFirstOrThrow()
async function deliver(): Promise<void> {
  await rig.jobs.fire(rig.stored.clock.now())
}
async function settled(id: string, status: string) {
  for (let n = 0; n < 100 && (await delivery(id)).status !== status; n++) await rig.stored.clock.sleep(20)
  return delivery(id)
}
const received = async (messageId: string) =>
  (await rig.call("GET", `/sandbox/deliveries?address=${encodeURIComponent(maya)}`)).body.items.filter(
    (one: { messageId: string }) => one.messageId === messageId,
  )

test("S2 an answer with a picture reaches the customer's phone, and its states come back by signed webhook", async () => {
  const { messageId, deliveryId } = await answer("Here it is", [
    { name: "shoe 1.png", type: "image/png", content: Buffer.from("a picture") },
  ])
  await deliver()
  expect(await settled(deliveryId, "delivered")).toMatchObject({
    status: "delivered",
    attempts: 1,
    failure: null,
    externalId: expect.stringMatching(/^MM/),
  })
  expect(await received(messageId)).toEqual([
    expect.objectContaining({
      text: "Here it is",
      channel: "sms",
      from: ours,
      to: maya,
      attachments: [expect.objectContaining({ type: "image/png", sizeBytes: 9 })],
    }),
  ])
})

test("reliability 18 states in any order end with the highest; an unknown message's state is kept and answered 2xx", async () => {
  const { messageId, deliveryId } = await answer("States")
  await deliver()
  await settled(deliveryId, "delivered")
  const [far] = await received(messageId)
  const tell = (body: object) => rig.call("POST", `/sandbox/deliveries/${far.id}/statuses`, body)
  expect((await tell({ status: "failed", failureCode: "30003" })).status).toBe(202)
  expect((await delivery(deliveryId)).status).toBe("delivered")
  await tell({ status: "read" })
  await tell({ status: "sent" })
  expect((await delivery(deliveryId)).status).toBe("read")
  const account = await rig.company.accountOf(
    (await rig.accounts.get(rig.orgId, rig.accountId))?.account.accountSid ?? "",
  )
  const post = (params: Record<string, string>) =>
    postWebhook(rig.company.deps, `${publicUrl}/hooks/twilio/${rig.accountId}/message-statuses`, params, {
      authToken: account?.authToken ?? "",
      idempotencyToken: "t",
    })
  expect(await post({ MessageSid: "SMunknown", MessageStatus: "delivered" })).toMatchObject({ status: 204 })
  const kept = await rig.stored.db
    .selectFrom("deliveryStatusesPending")
    .select("status")
    .where("externalId", "=", "SMunknown")
    .execute()
  expect(kept).toEqual([{ status: "delivered" }])
})

test("reliability 20 429 and 5xx are tried again, a refusal never, a failure on the way names its reason", async () => {
  const fail = (code: number | string, count = 1) =>
    rig.call("PATCH", "/sandbox/carrier", { failNext: { operation: "send", count, code } })
  for (const code of [429, 503, 21611]) {
    await fail(code)
    const { deliveryId } = await answer(`Try again after ${code}`)
    await deliver()
    expect(await delivery(deliveryId)).toMatchObject({ status: "queued", attempts: 1, failure: { retryable: true } })
    await rig.stored.db
      .updateTable("jobs")
      .set({ runAt: rig.stored.clock.now() })
      .where("key", "=", deliveryId)
      .execute()
    await deliver()
    expect((await settled(deliveryId, "delivered")).attempts).toBe(2)
  }
  for (const [code, meaning] of [
    [400, "refused"],
    [21610, "opted_out"],
    [21408, "destination_refused"],
  ] as const) {
    await fail(code)
    const { deliveryId } = await answer(`Refused with ${code}`)
    await deliver()
    expect(await delivery(deliveryId)).toMatchObject({
      status: "failed",
      attempts: 1,
      failure: { code: meaning, retryable: false },
    })
  }
  await fail(30003)
  const { messageId, deliveryId } = await answer("The phone is off")
  await deliver()
  expect(await settled(deliveryId, "failed")).toMatchObject({ failure: { code: "unreachable", retryable: false } })
  expect(await received(messageId)).toEqual([])
})

test("reliability 20 an answer that gets lost is unknown, is not sent twice, and a state settles it", async () => {
  await rig.call("PATCH", "/sandbox/carrier", { loseNextAnswer: true })
  const { messageId, deliveryId } = await answer("Did you get this?")
  await deliver()
  await deliver()
  expect(await delivery(deliveryId)).toMatchObject({ status: "unknown", attempts: 1, externalId: null })
  const got = await received(messageId)
  expect(got).toHaveLength(1)
  const sends = (await rig.call("GET", "/sandbox/carrier")).body.log.filter(
    (one: { key: string }) => one.key === deliveryId,
  )
  expect(sends).toEqual([{ operation: "send", at: expect.any(String), key: deliveryId }])
  await rig.call("POST", `/sandbox/deliveries/${got[0].id}/statuses`, { status: "delivered" })
  expect(await delivery(deliveryId)).toMatchObject({ status: "delivered", failure: null })
})

test("reliability 21 after a crash in mid-send the carrier's list tells whether it was taken", async () => {
  const { deliveryId, messageId } = await answer("Crash")
  await rig.stored.db.deleteFrom("jobs").where("key", "=", deliveryId).execute()
  const message: OutboundMessage = {
    orgId: rig.orgId,
    deliveryId,
    messageId,
    conversationId: place.conversationId,
    channel: "sms",
    entryPointId: number.entryPointId,
    fromAddress: ours,
    to: [maya],
    cc: [],
    bcc: [],
    subject: null,
    text: "Crash",
    html: null,
    files: [],
    references: [],
    authorName: null,
    test: true,
    attempt: 1,
  }
  expect(await rig.channel.lookup?.(message)).toBe("not_taken")
  const sent = await rig.channel.send(message)
  expect(sent.ok).toBe(true)
  expect(await rig.channel.lookup?.(message)).toEqual({ ok: true, externalId: sent.ok ? sent.externalId : "" })
  await rig.stored.db.updateTable("deliveries").set({ status: "sent" }).where("id", "=", deliveryId).execute()
})

test("the carrier itself refuses who sent STOP, as the real one does", async () => {
  await rig.call("POST", "/sandbox/messages", {
    entryPointId: number.entryPointId,
    from: { value: maya },
    text: "STOP",
  })
  const { deliveryId } = await answer("Are you there?")
  await deliver()
  expect(await delivery(deliveryId)).toMatchObject({
    status: "failed",
    failure: { code: "opted_out", retryable: false },
  })
  await rig.call("POST", "/sandbox/messages", {
    entryPointId: number.entryPointId,
    from: { value: maya },
    text: "START",
  })
})

test("the company's own client speaks with the sandbox", async () => {
  const found = await rig.accounts.get(rig.orgId, rig.accountId)
  const { accountSid, authToken } = found?.account ?? { accountSid: "", authToken: "" }
  class ToSandbox extends RequestClient {
    override request: RequestClient["request"] = (options) =>
      super.request({ ...options, uri: options.uri.replace("https://api.twilio.com", rig.company.url) })
  }
  const client = twilio(accountSid, authToken, { httpClient: new ToSandbox() })
  expect((await client.api.v2010.accounts(accountSid).fetch()).status).toBe("active")
  const numbers = await client.incomingPhoneNumbers.list({ limit: 50 })
  expect(numbers.length).toBeGreaterThanOrEqual(20)
  expect(numbers.find((one) => one.phoneNumber === ours)?.smsUrl).toBe(
    `${publicUrl}/hooks/twilio/${rig.accountId}/messages`,
  )
  const sent = await client.messages.create({ from: ours, to: maya, body: "From their own client" })
  expect(sent).toMatchObject({ status: "queued", direction: "outbound-api", errorCode: null })
  expect((await client.messages(sent.sid).fetch()).body).toBe("From their own client")
  expect((await client.messages.list({ to: maya, limit: 1 }))[0]?.sid).toBe(sent.sid)
  const mediaUrl = [`${publicUrl}/nowhere.png`, `${publicUrl}/nowhere-2.png`]
  expect((await client.messages.create({ from: ours, to: maya, mediaUrl })).numMedia).toBe("2")
  const pages = await client.messages.list({ pageSize: 2, limit: 6 })
  expect(new Set(pages.map((one) => one.sid)).size).toBe(6)
  await expect(client.messages.create({ from: ours, to: "nonsense", body: "x" })).rejects.toMatchObject({
    code: 21211,
    status: 400,
  })
  await expect(
    twilio(accountSid, "wrong", { httpClient: new ToSandbox() }).messages.list({ limit: 1 }),
  ).rejects.toMatchObject({ code: 20003, status: 401 })
})
