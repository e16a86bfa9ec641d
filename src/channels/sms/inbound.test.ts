import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import { testClockFollower } from "../../api/sandbox/clock.ts"
import { systemClock } from "../../clock.ts"
import { newId } from "../../ids.ts"
import { type SmsRig, smsRig } from "./test-rig.ts"

let rig: SmsRig
let number: Awaited<ReturnType<SmsRig["addNumber"]>>
const ours = "+14155551243"
const maya = "+14155550100"
const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="

beforeAll(async () => {
  rig = await smsRig()
  number = await rig.addNumber(ours)
})
beforeEach(() => {
  rig.beforeAccept.act = null
  rig.logged.length = 0
})
afterAll(() => rig.close())

const text = (body: Record<string, unknown>) =>
  rig.call("POST", "/sandbox/messages", { to: { channel: "sms", address: ours }, from: { value: maya }, ...body })
const messages = () =>
  rig.stored.db.selectFrom("messages").selectAll().where("orgId", "=", rig.orgId).orderBy("id").execute()

test("S2 S36 a text and a picture arrive by signed webhook in a conversation of the number's Inbox", async () => {
  const first = await text({ text: "Hi, is it ready?", from: { value: maya, name: "Maya Chen" } })
  expect(first.status).toBe(201)
  expect(first.body).toMatchObject({
    arrived: true,
    duplicate: false,
    parked: false,
    externalId: expect.stringMatching(/^SM[0-9a-f]{32}$/),
    resolution: { inboxId: rig.inboxId, inboxSource: "default", slaSeconds: 86_400, slaSource: "inbox" },
  })
  expect(first.body.dueAt).toEqual(expect.any(String))
  const second = await text({ text: "Look", attachments: [{ name: "shoe.png", type: "image/png", base64: png }] })
  expect(second.body.conversationId).toBe(first.body.conversationId)
  const rows = await messages()
  expect(rows.map((row) => [row.text, row.kind, row.test, row.fromAddress])).toEqual([
    ["Hi, is it ready?", "text", true, maya],
    ["Look", "media", true, maya],
  ])
  const [file] = await rig.stored.db
    .selectFrom("attachments")
    .selectAll()
    .where("messageId", "=", second.body.messageId)
    .execute()
  expect(file).toMatchObject({ type: "image/png", name: "media-1.png" })
  expect((await rig.blobs.read(file?.sha256 ?? "")).toString("base64")).toBe(png)
  const customer = await rig.stored.db
    .selectFrom("customers")
    .selectAll()
    .where("id", "=", rows[0]?.customerId ?? "")
    .executeTakeFirst()
  expect(customer?.name).toBe("Maya Chen")
})

test("reliability 15 the same message again, one after the other and 20 times at once, is one message", async () => {
  const before = (await messages()).length
  const answers = await Promise.all(Array.from({ length: 20 }, () => text({ text: "Once", externalId: "SM-once" })))
  const again = await text({ text: "Once", externalId: "SM-once" })
  expect([...answers, again].map((one) => one.status)).toEqual(Array(21).fill(201))
  expect(answers.filter((one) => one.body.duplicate === false)).toHaveLength(1)
  expect(again.body).toMatchObject({ duplicate: true, externalId: "SM-once" })
  expect(new Set([...answers, again].map((one) => one.body.messageId)).size).toBe(1)
  expect((await messages()).length).toBe(before + 1)
  const events = await rig.stored.db
    .selectFrom("events")
    .select("id")
    .where("type", "=", "contact.message_received")
    .where("orgId", "=", rig.orgId)
    .execute()
  expect(events).toHaveLength(before + 1)
})

test("S15 S28 a number whose text messages are off drops them with a line in the log; off and on again keeps its history", async () => {
  const other = await rig.addNumber("+13125551200")
  expect((await rig.call("DELETE", `/phone-numbers/${other.id}/sms-activation`)).body).toMatchObject({
    id: other.entryPointId,
    status: "deleted",
  })
  const before = (await messages()).length
  const dropped = await text({ to: { channel: "sms", address: "+1 312 555 1200" }, text: "Anybody?" })
  expect([dropped.status, dropped.body.arrived]).toEqual([200, false])
  expect((await messages()).length).toBe(before)
  expect(rig.logged.some((line) => line.message.startsWith("text message dropped"))).toBe(true)
  const again = await rig.call("PUT", `/phone-numbers/${other.id}/sms-activation`, { helpText: "Call 1-800." })
  expect(again.body).toMatchObject({
    status: "active",
    section: "sms",
    channel: "sms",
    kind: "phone",
    address: "+13125551200",
  })
  expect(again.body.id).not.toBe(other.entryPointId)
  expect((await text({ to: { channel: "sms", address: "+13125551200" }, text: "And now?" })).status).toBe(201)
})

test("a text to a number that nobody adopted is 422 unknown_recipient", async () => {
  const answer = await text({ to: { channel: "sms", address: "+12065551999" } })
  expect(answer.status).toBe(422)
  expect(answer.body.errors).toEqual([expect.objectContaining({ code: "unknown_recipient", pointer: "#/to/address" })])
})

test("reliability 49 a hook without a good signature is 403 and stores nothing; an unknown account is 404", async () => {
  const before = (await messages()).length
  const post = (accountId: string, signature?: string, headers: Record<string, string> = {}) =>
    fetch(`${rig.url}/hooks/twilio/${accountId}/messages`, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        ...(signature && { "x-twilio-signature": signature }),
        ...headers,
      },
      body: new URLSearchParams({ MessageSid: "SMevil", From: maya, To: ours, Body: "evil" }).toString(),
    })
  for (const answer of [
    await post(rig.accountId),
    await post(rig.accountId, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    await post(rig.accountId, "x", { "x-forwarded-host": "evil.example" }),
  ]) {
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ code: "signature_invalid" })
  }
  for (const id of [newId(), "nonsense"]) expect((await post(id, "x")).status).toBe(404)
  expect((await messages()).length).toBe(before)
})

test("the store is away: no 2xx before the commit, 503 with Retry-After, and the sandbox says so", async () => {
  rig.beforeAccept.act = async () => {
    throw Object.assign(new Error("Connection terminated"), { code: "08006" })
  }
  const answer = await text({ text: "Now?", externalId: "SM-away" })
  expect([answer.status, answer.body.code, answer.headers.get("retry-after")]).toEqual([503, "unavailable", "1"])
  rig.beforeAccept.act = null
  expect((await text({ text: "Now?", externalId: "SM-away" })).body).toMatchObject({ arrived: true, duplicate: false })
})

test("STOP, START and HELP: kept for the pair, shown in the timeline, lifted by the customer only", async () => {
  const optOuts = async () =>
    (await rig.call("GET", `/opt-outs?customerAddress=${encodeURIComponent(maya)}`)).body.items
  await text({ text: "STOP PLEASE" })
  await text({ text: "yes" })
  expect(await optOuts()).toEqual([])
  const stop = await text({ text: " Stop " })
  expect(stop.body.parked).toBe(false)
  expect(await optOuts()).toEqual([
    { customerAddress: maya, phoneNumberId: number.id, keyword: "STOP", since: expect.any(String) },
  ])
  await text({ text: "QUIT" })
  expect((await optOuts())[0].keyword).toBe("STOP")
  await text({ text: "unstop" })
  expect(await optOuts()).toEqual([])
  const shown = await rig.stored.db
    .selectFrom("timelineItems")
    .select("thing")
    .where("orgId", "=", rig.orgId)
    .where("kind", "=", "opt_out_change")
    .orderBy("position")
    .execute()
  expect(shown.map((row) => row.thing)).toEqual([
    expect.objectContaining({ change: "added", keyword: "STOP" }),
    expect.objectContaining({ change: "removed", keyword: "UNSTOP" }),
  ])
  const helps = () =>
    rig.stored.db
      .selectFrom("messages")
      .innerJoin("deliveries", "deliveries.messageId", "messages.id")
      .select(["text", "toAddresses", "fulfils", "conversationId", "inReplyToId"])
      .where("messages.orgId", "=", rig.orgId)
      .where("direction", "=", "outbound")
      .execute()
  await text({ text: "HELP" })
  expect(await helps()).toEqual([])
  await rig.call("PUT", `/phone-numbers/${number.id}/sms-activation`, { helpText: "Retale: call 1-800-555-0100." })
  const help = await text({ text: "help" })
  expect(await helps()).toEqual([
    {
      text: "Retale: call 1-800-555-0100.",
      toAddresses: [maya],
      fulfils: false,
      conversationId: help.body.conversationId,
      inReplyToId: help.body.messageId,
    },
  ])
})

test("a webhook that fails is made good by the reconciliation, once", async () => {
  await rig.call("PATCH", "/sandbox/carrier", { failNext: { operation: "webhook", count: 1, code: 500 } })
  const lost = await text({
    text: "Lost on the way",
    externalId: "SM-lost",
    attachments: [{ name: "a.png", type: "image/png", base64: png }],
  })
  expect([lost.status, lost.body]).toEqual([200, { arrived: false, externalId: "SM-lost" }])
  expect(await rig.reconciliation.run()).toBe(1)
  expect(await rig.reconciliation.run()).toBe(0)
  const found = (await messages()).filter((row) => row.externalId === "SM-lost")
  expect(found).toHaveLength(1)
  expect(
    await rig.stored.db
      .selectFrom("attachments")
      .select("type")
      .where("messageId", "=", found[0]?.id ?? "")
      .execute(),
  ).toEqual([{ type: "image/png" }])
  expect((await text({ text: "Lost on the way", externalId: "SM-lost" })).body).toMatchObject({ duplicate: true })
})

test("the reconciliation runs every five minutes of business time, and a leaping clock does not make it run for hours", async () => {
  rig.timers.register(rig.reconciliation)
  await rig.timers.runDue()
  await rig.call("PATCH", "/sandbox/carrier", { failNext: { operation: "webhook", count: 1, code: 500 } })
  await text({ text: "Also lost", externalId: "SM-lost-2" })
  const moved = await rig.call("POST", "/sandbox/clock/advances", { seconds: 300 })
  expect(moved.status).toBe(200)
  expect((await messages()).filter((row) => row.externalId === "SM-lost-2")).toHaveLength(1)
  const started = performance.now()
  await rig.call("POST", "/sandbox/clock/advances", { seconds: 31_536_000 })
  expect(performance.now() - started).toBeLessThan(25_000)
})

test("another process of the database follows the moved clock; the clock only moves on", async () => {
  const before = new Date((await rig.call("GET", "/sandbox/clock")).body.now)
  const other = systemClock()
  const follower = testClockFollower({ ...rig.stored.store, clock: other })
  const target = new Date(before.getTime() + 3_600_000).toISOString()
  expect((await rig.call("PUT", "/sandbox/clock", { now: target })).body.now >= target).toBe(true)
  await follower.fire(other.now())
  expect(other.now().toISOString() >= target).toBe(true)
  expect((await rig.call("PUT", "/sandbox/clock", { now: before.toISOString() })).body.errors[0]).toMatchObject({
    code: "in_past",
    pointer: "#/now",
  })
  expect((await rig.call("POST", "/sandbox/clock/advances", { seconds: 31_536_001 })).status).toBe(422)
})

test("an id with the signs of a URL in it is an id, and its picture is found", async () => {
  const odd = await text({
    text: "a b",
    externalId: "SM odd/ä?#%",
    attachments: [{ name: "a.png", type: "image/png", base64: png }],
  })
  expect(odd.body).toMatchObject({ arrived: true, externalId: "SM odd/ä?#%" })
  const [row] = (await messages()).filter((one) => one.id === odd.body.messageId)
  expect([row?.text, row?.kind, row?.flags]).toEqual(["a b", "media", {}])
  expect(
    await rig.stored.db.selectFrom("attachments").select("id").where("messageId", "=", odd.body.messageId).execute(),
  ).toHaveLength(1)
})
