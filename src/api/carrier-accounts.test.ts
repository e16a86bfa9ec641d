import { afterAll, beforeAll, expect, test } from "vitest"
import { type FakeCompany, fakeCompany, sid, token } from "../carriers/twilio/test-rig.ts"
import { publicUrl, type SmsRig, smsRig } from "../channels/sms/test-rig.ts"
import type { OutboundMessage } from "../channels/channel.ts"

let rig: SmsRig
let company: FakeCompany
let secret: FakeCompany
let accountId = ""
let number: { id: string; entryPointId: string }
const ours = "+13125550142"
const maya = "+12125550123"

beforeAll(async () => {
  company = await fakeCompany()
  secret = await fakeCompany()
  rig = await smsRig({ outboundAllow: [company.host] })
})
afterAll(async () => {
  await rig.close()
  await company.close()
  await secret.close()
})

/** The company's ids hold 32 hexadecimal digits; a word makes one that can be told from others. */
const sidOf = (word: string, kind = "SM") => kind + Buffer.from(word).toString("hex").padStart(32, "0")
const create = (change: object) =>
  rig.call("POST", "/carrier-accounts", {
    carrier: "twilio",
    name: "Ours",
    accountSid: sid,
    authToken: token,
    baseUrl: company.url,
    ...change,
  })
const messages = () =>
  rig.stored.db
    .selectFrom("messages")
    .selectAll()
    .where("orgId", "=", rig.orgId)
    .where("entryPointId", "=", number.entryPointId)
    .orderBy("id")
    .execute()

test("each organization has a sandbox account from the start; another one may be made; nothing shows a token", async () => {
  const { items } = (await rig.call("GET", "/carrier-accounts")).body
  expect(items).toEqual([
    expect.objectContaining({
      carrier: "sandbox",
      status: "active",
      hookUrls: {
        messages: `${publicUrl}/hooks/twilio/${rig.accountId}/messages`,
        messageStatuses: `${publicUrl}/hooks/twilio/${rig.accountId}/message-statuses`,
        fallback: `${publicUrl}/hooks/twilio/${rig.accountId}/fallback`,
      },
    }),
  ])
  const another = await rig.call("POST", "/carrier-accounts", { carrier: "sandbox", name: "Second" })
  expect([another.status, another.headers.get("location")]).toEqual([201, `/api/carrier-accounts/${another.body.id}`])
  expect((await rig.call("DELETE", `/carrier-accounts/${another.body.id}`)).status).toBe(204)
  expect(JSON.stringify(items)).not.toMatch(/token/i)
})

test("credentials are tried on save: refused ones, addresses that are private, fields that are missing", async () => {
  const wrong = await create({ authToken: "wrong" })
  expect([wrong.status, wrong.body.errors]).toEqual([
    422,
    [expect.objectContaining({ code: "credentials_refused", pointer: "#/authToken" })],
  ])
  for (const baseUrl of [
    secret.url,
    "http://127.0.0.1:1",
    "http://169.254.169.254/",
    "http://[::1]:8080",
    rig.company.url,
    rig.url,
  ]) {
    const refused = await create({ baseUrl })
    expect([baseUrl, refused.status, refused.body.errors?.[0]]).toEqual([
      baseUrl,
      422,
      expect.objectContaining({ code: "address_refused", pointer: "#/baseUrl" }),
    ])
  }
  expect(secret.calls).toEqual([])
  const missing = await rig.call("POST", "/carrier-accounts", { carrier: "twilio", name: "Ours" })
  expect(missing.body.errors.map((one: { pointer: string; code: string }) => [one.pointer, one.code])).toEqual([
    ["#/accountSid", "required"],
    ["#/authToken", "required"],
  ])
  expect((await create({ baseUrl: "ftp://x" })).status).toBe(422)
})

test("S83 an account is saved with its token sealed, changed with a version check, and its numbers adopted with hooks set", async () => {
  const made = await create({})
  expect([made.status, made.body]).toEqual([
    201,
    expect.objectContaining({ carrier: "twilio", accountSid: sid, baseUrl: company.url, status: "active", version: 1 }),
  ])
  expect(JSON.stringify(made.body)).not.toContain(token)
  accountId = made.body.id
  const row = await rig.stored.db
    .selectFrom("carrierAccounts")
    .selectAll()
    .where("id", "=", accountId)
    .executeTakeFirstOrThrow()
  expect(row.authToken).toMatch(/^v1\./)
  const audit = await rig.stored.db.selectFrom("auditEntries").selectAll().where("orgId", "=", rig.orgId).execute()
  expect(JSON.stringify(audit)).not.toContain(token)
  expect((await rig.call("PATCH", `/carrier-accounts/${accountId}`, { name: "New" })).status).toBe(428)
  expect(
    (await rig.call("PATCH", `/carrier-accounts/${accountId}`, { authToken: "wrong" }, { "if-match": '"1"' })).body
      .errors[0].code,
  ).toBe("credentials_refused")
  expect(
    (await rig.call("PATCH", `/carrier-accounts/${accountId}`, { name: "New" }, { "if-match": '"1"' })).body,
  ).toMatchObject({ name: "New", version: 2 })
  expect(
    (await rig.call("PATCH", `/carrier-accounts/${accountId}`, { name: "Newer" }, { "if-match": '"1"' })).status,
  ).toBe(412)
  expect((await rig.call("GET", `/carrier-accounts/${accountId}/numbers`)).body.items).toEqual([
    { e164: ours, capabilities: { voice: true, sms: true, mms: true }, adopted: false },
  ])
  number = await rig.addNumber(ours, accountId)
  expect(company.forms.at(-1)).toEqual({
    SmsUrl: `${publicUrl}/hooks/twilio/${accountId}/messages`,
    SmsMethod: "POST",
    SmsFallbackUrl: `${publicUrl}/hooks/twilio/${accountId}/fallback`,
    SmsFallbackMethod: "POST",
  })
  expect((await rig.call("GET", `/carrier-accounts/${accountId}/numbers`)).body.items[0].adopted).toBe(true)
  const again = await rig.call("POST", "/phone-numbers", { carrierAccountId: accountId, e164: "(312) 555-0142" })
  expect([again.status, again.body.code, again.body.pointer, again.body.phoneNumberId]).toEqual([
    409,
    "number_owned",
    "#/e164",
    number.id,
  ])
  expect(
    (await rig.call("POST", "/phone-numbers", { carrierAccountId: accountId, e164: "+13125550143" })).body.errors[0],
  ).toMatchObject({ code: "unknown_reference", pointer: "#/e164" })
  expect(
    (await rig.call("POST", "/phone-numbers", { carrierAccountId: accountId, e164: "12" })).body.errors[0],
  ).toMatchObject({ code: "phone_number_invalid" })
  expect((await rig.call("DELETE", `/carrier-accounts/${accountId}`)).body.code).toBe("carrier_in_use")
  company.next.push({ status: 500 })
  const failed = await rig.call("GET", `/carrier-accounts/${accountId}/numbers`)
  expect([failed.status, failed.body.code]).toEqual([502, "carrier_failed"])
})

test("S13 S40 the adopted number's entry point goes where its section says, an exception sends it elsewhere, and its fields are the contract's", async () => {
  const shown = (await rig.call("GET", `/phone-numbers/${number.id}`)).body
  expect(shown).toEqual({
    id: number.id,
    e164: ours,
    country: "US",
    type: "local",
    city: null,
    region: null,
    capabilities: { voice: true, sms: true, mms: true },
    origin: "adopted",
    carrierAccountId: accountId,
    externalId: "PN1",
    monthlyFee: null,
    purchasedAt: null,
    purchasedBy: null,
    voice: "inactive",
    sms: "active",
    setup: "unconfigured",
    initialIvrId: null,
    initialIvrName: null,
    queueIvrId: null,
    queueIvrName: null,
    queueIvrWaitSeconds: null,
    queueMusicId: null,
    holdMusicId: null,
    compliance: { kind: "a2p_10dlc", status: "approved", registrationId: null, verificationId: null, reason: null },
    smsToday: { sent: 0, cap: null },
    helpText: null,
    optOutText: null,
    entryPointIds: [number.entryPointId],
    version: 2,
  })
  expect(
    (await rig.call("GET", "/phone-numbers?capability=sms&sms=active&q=312")).body.items.map(
      (one: { id: string }) => one.id,
    ),
  ).toEqual([number.id])
  expect((await rig.call("GET", "/phone-numbers?setup=ivr")).body.items).toEqual([])
  expect((await rig.call("GET", `/phone-numbers/${number.id}/uses`)).body.items).toEqual([
    { kind: "entry_point", id: number.entryPointId, name: `sms ${ours}` },
  ])
  const vip = {
    orgId: rig.orgId,
    entryPointId: number.entryPointId,
    section: "sms",
    inboxId: "01a1fdcd-24f0-70ec-a19f-299b4b0504aa",
    sortOrder: 0,
  }
  await rig.stored.db
    .insertInto("inboxes")
    .values({ orgId: rig.orgId, id: vip.inboxId, name: "VIP Customers", slaMinutesText: "60", slaSeconds: 3_600 })
    .execute()
  await rig.stored.db.insertInto("entryPointExceptions").values(vip).execute()
  await company.post(rig.url, publicUrl, `/hooks/twilio/${accountId}/messages`, {
    MessageSid: sidOf("vip"),
    From: maya,
    To: ours,
    Body: "VIP here",
  })
  const [message] = await messages()
  const conversation = await rig.stored.db
    .selectFrom("conversations")
    .selectAll()
    .where("id", "=", message?.conversationId ?? "")
    .executeTakeFirstOrThrow()
  expect([conversation.inboxId, conversation.slaSeconds, conversation.test]).toEqual([vip.inboxId, 3_600, false])
})

test("reliability 37 files come from host and port of the account only, credentials do not follow a redirect, and the message comes in any case", async () => {
  const file = (name: string) => `${company.url}/media/${name}`
  company.files.set("/media/good", { type: "image/png", content: "a picture" })
  company.files.set("/media/elsewhere", { redirect: `${secret.url}/media/good` })
  company.files.set("/media/late", { status: 503 })
  secret.files.set("/media/good", { type: "image/png", content: "a secret" })
  const params: Record<string, string> = {
    MessageSid: sidOf("files", "MM"),
    From: maya,
    To: ours,
    Body: "Files",
    NumMedia: "5",
  }
  const urls = [
    file("good"),
    `${secret.url}/media/good`,
    file("elsewhere"),
    "http://169.254.169.254/latest/meta-data",
    file("late"),
  ]
  for (const [index, url] of urls.entries())
    Object.assign(params, { [`MediaUrl${index}`]: url, [`MediaContentType${index}`]: "image/png" })
  const answer = await company.post(rig.url, publicUrl, `/hooks/twilio/${accountId}/messages`, params)
  expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
    200,
    "text/xml",
    "<Response/>",
  ])
  expect(secret.calls).toEqual([])
  const message = (await messages()).find((one) => one.externalId === sidOf("files", "MM"))
  const files = () =>
    rig.stored.db
      .selectFrom("attachments")
      .select("sha256")
      .where("messageId", "=", message?.id ?? "")
      .orderBy("sortOrder")
      .execute()
  expect(await files()).toHaveLength(1)
  company.files.set("/media/late", { type: "image/gif", content: "a late picture" })
  await rig.jobs.fire(new Date(rig.stored.clock.now().getTime() + 60_000))
  expect(await Promise.all((await files()).map(async (one) => (await rig.blobs.read(one.sha256)).toString()))).toEqual([
    "a picture",
    "a late picture",
  ])
  expect((await messages()).find((one) => one.externalId === sidOf("files", "MM"))?.flags).toEqual({ filesMissing: 3 })
  expect(secret.calls).toEqual([])
})

test("the fallback address takes messages as the first one does", async () => {
  const path = `/hooks/twilio/${accountId}/fallback`
  expect(
    (
      await company.post(rig.url, publicUrl, path, {
        MessageSid: sidOf("fall"),
        From: maya,
        To: ours,
        Body: "By the fallback",
        ErrorCode: "11200",
      })
    ).status,
  ).toBe(200)
  expect(
    (
      await company.post(rig.url, publicUrl, `/hooks/twilio/${accountId}/messages`, {
        MessageSid: sidOf("fall"),
        From: maya,
        To: ours,
        Body: "By the fallback",
      })
    ).status,
  ).toBe(200)
  expect((await messages()).filter((one) => one.externalId === sidOf("fall"))).toHaveLength(1)
})

test("the reconciliation takes in what the company lists and nobody posted, each once, oldest first", async () => {
  const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString().replace("GMT", "+0000")
  const listed = (sid: string, body: string, seconds: number, direction = "inbound") => ({
    sid,
    from: maya,
    to: ours,
    body,
    direction,
    status: "received",
    num_media: "0",
    date_sent: at(seconds),
    date_created: at(seconds),
  })
  company.messages.push(
    listed("SMmiss2", "second", 2),
    listed("SMmiss1", "first", 1),
    listed(sidOf("fall"), "By the fallback", 1),
    listed("SMout", "ours", 1, "outbound-api"),
    { ...listed("SMother", "not ours", 1), to: "+13125550199" },
  )
  expect(await rig.reconciliation.run()).toBe(2)
  expect(await rig.reconciliation.run()).toBe(0)
  const rows = await messages()
  expect(rows.filter((one) => one.externalId?.startsWith("SMmiss")).map((one) => one.text)).toEqual(["first", "second"])
  company.next.push({ status: 401, body: { code: 20003 } })
  await rig.reconciliation.run()
  expect((await rig.call("GET", `/carrier-accounts/${accountId}`)).body.status).toBe("refused")
  await rig.reconciliation.run()
  expect((await rig.call("GET", `/carrier-accounts/${accountId}`)).body.status).toBe("active")
})

test("reliability 20 Retry-After is handed on; a customer of a test never meets a real carrier", async () => {
  const message: OutboundMessage = {
    orgId: rig.orgId,
    deliveryId: "01a1fdcd-24f0-70ec-a19f-299b4b050443",
    messageId: "01a1fdcd-24f0-70ec-a19f-299b4b050444",
    conversationId: "01a1fdcd-24f0-70ec-a19f-299b4b050445",
    channel: "sms",
    entryPointId: number.entryPointId,
    fromAddress: ours,
    to: [maya],
    cc: [],
    bcc: [],
    subject: null,
    text: "Hi",
    html: null,
    files: [],
    references: [],
    authorName: null,
    test: false,
    attempt: 1,
  }
  company.next.push({ status: 429, headers: { "retry-after": "17" }, body: { code: 20429 } })
  expect(await rig.channel.send(message)).toMatchObject({
    ok: false,
    code: "throttled",
    retryable: true,
    retryAfterSeconds: 17,
  })
  company.next.push({ status: 504 })
  expect(await rig.channel.send(message)).toMatchObject({ ok: false, unknown: true })
  expect(await rig.channel.send(message)).toMatchObject({ ok: true })
  expect(company.forms.at(-1)).toEqual({
    From: ours,
    To: maya,
    Body: "Hi",
    StatusCallback: `${publicUrl}/hooks/twilio/${accountId}/message-statuses?delivery=${message.deliveryId}`,
  })
  const calls = company.calls.length
  expect(await rig.channel.send({ ...message, test: true })).toMatchObject({ ok: true, status: "delivered" })
  expect(company.calls.length).toBe(calls)
  expect(await rig.farEnd.list(rig.orgId, { address: maya, limit: 10 })).toEqual([
    expect.objectContaining({ text: "Hi", channel: "sms" }),
  ])
})
