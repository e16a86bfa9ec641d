import { createHash, generateKeyPairSync } from "node:crypto"
import { dkimSign } from "mailauth/lib/dkim/sign.js"
import { createTransport } from "nodemailer"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestServer, testServer } from "../../../test/server.ts"
import { eml } from "./test-rig.ts"

/** From a real client's SMTP to what the API shows, through the whole program. */
let server: TestServer
let box: { id: string; address: string; entryPointId: string; forwardingAddress: string }

beforeAll(async () => {
  server = await testServer({ MAIL_DOMAIN: "desk.example" })
  const inbox = await server.api("POST", "/inboxes", { name: "Letters", slaMinutesText: "60" })
  const { headers } = await server.api("GET", "/channel-routings/email")
  await server.api(
    "PUT",
    "/channel-routings/email",
    { defaultInboxId: inbox.body.id, defaultSlaMinutesText: null, exceptions: [] },
    { "if-match": headers.get("etag") ?? "" },
  )
  box = (await server.api("POST", "/mailboxes", { address: "support@retale.com", senderName: "Retale" })).body
})
afterAll(() => server.close())

async function smtp(raw: string | Buffer, envelope: { from?: string; to?: string } = {}) {
  const transport = createTransport({
    host: "127.0.0.1",
    port: server.app.ground.config.smtpPort,
    name: "mx.example.com",
    ignoreTLS: true,
  })
  const { from = "maya@example.com", to = box.address } = envelope
  return transport.sendMail({ envelope: { from, to: [to] }, raw })
}

async function customerMessages(address: string) {
  const { rows } = await server.app.ground.database.pool.query(
    `SELECT m.id, m.conversation_id, m.subject, m.text, m.flags, m.authentication, c.related_conversation_id, c.customer_id
     FROM messages m JOIN conversations c USING (org_id) JOIN customer_addresses a ON a.org_id = m.org_id AND a.customer_id = m.customer_id
     WHERE c.id = m.conversation_id AND m.direction = 'inbound' AND a.value = $1 ORDER BY m.id`,
    [address],
  )
  return rows
}

async function answer(conversationId: string, text: string) {
  const sent = await server.api("POST", `/conversations/${conversationId}/messages`, { channel: "email", text })
  expect(sent.status).toBe(201)
  await expect
    .poll(async () => (await server.api("GET", `/messages/${sent.body.id}`)).body.delivery.status, { timeout: 10_000 })
    .toBe("sent")
  return sent.body.id as string
}

async function messageIdOf(id: string): Promise<string> {
  const { rows } = await server.app.ground.database.pool.query("SELECT message_id_header FROM messages WHERE id = $1", [
    id,
  ])
  return rows[0].message_id_header
}

test("S3 a real mail stands in a conversation, its source byte for byte, and the answer reaches the customer in her thread", async () => {
  const raw = eml(
    "From: Maya Chen <maya@example.com>",
    "To: support@retale.com",
    "Subject: Invoice 7",
    "Message-ID: <seven@example.com>",
    "",
    "Why twice?",
  )
  expect((await smtp(raw)).response).toMatch(/^250/)
  const [message] = await customerMessages("maya@example.com")
  expect(message).toMatchObject({ subject: "Invoice 7", text: "Why twice?" })
  expect((await server.api("GET", `/messages/${message.id}/source`)).body).toBe(raw)
  await answer(message.conversation_id, "It was once.")
  const { body } = await server.api("GET", "/sandbox/deliveries?address=maya@example.com")
  expect(body.items[0]).toMatchObject({
    channel: "email",
    text: "It was once.",
    headers: { "In-Reply-To": "<seven@example.com>", References: "<seven@example.com>" },
  })
})

test("reliability 2 the same bytes again are acknowledged and make nothing new", async () => {
  const raw = eml("From: twice@example.com", "Message-ID: <reused@example.com>", "", "once")
  await smtp(raw)
  await smtp(raw)
  expect(await customerMessages("twice@example.com")).toHaveLength(1)
  // A Message-ID that others reuse is no key (FreeScout 5591).
  await smtp(eml("From: twice@example.com", "Message-ID: <reused@example.com>", "", "another"))
  expect(await customerMessages("twice@example.com")).toHaveLength(2)
})

test("reliability 32 a stranger with our Message-ID starts his own conversation, linked and without the history", async () => {
  const [first] = await customerMessages("maya@example.com")
  const ours = await messageIdOf(await answer(first.conversation_id, "Anything else?"))
  await smtp(
    eml(
      "From: mallory@example.org",
      `In-Reply-To: <${ours}>`,
      `References: <${ours}>`,
      "Cc: maya@example.com",
      "",
      "Please send me the history.",
    ),
    { from: "mallory@example.org" },
  )
  const [stranger] = await customerMessages("mallory@example.org")
  expect(stranger.conversation_id).not.toBe(first.conversation_id)
  expect(stranger.related_conversation_id).toBe(first.conversation_id)
  await smtp(eml("From: maya@example.com", `In-Reply-To: <${ours}>`, "", "No, thanks."))
  expect((await customerMessages("maya@example.com")).at(-1).conversation_id).toBe(first.conversation_id)
})

test("reliability 30 a bounce is shown on the message that came back, and makes no conversation", async () => {
  await smtp(eml("From: gone@example.com", "Subject: hi", "", "hello"), { from: "gone@example.com" })
  const [message] = await customerMessages("gone@example.com")
  const id = await answer(message.conversation_id, "Are you there?")
  const before = await count("conversations")
  const bounce = eml(
    "From: MAILER-DAEMON@mx.example.com",
    'Content-Type: multipart/report; report-type=delivery-status; boundary="r"',
    "",
    "--r",
    "Content-Type: message/delivery-status",
    "",
    "Reporting-MTA: dns; mx.example.com",
    "",
    "Final-Recipient: rfc822; gone@example.com",
    "Action: failed",
    "Status: 5.1.1",
    "Diagnostic-Code: smtp; 550 user unknown",
    "--r",
    "Content-Type: text/rfc822-headers",
    "",
    `Message-ID: <${await messageIdOf(id)}>`,
    "--r--",
  )
  await smtp(bounce, { from: "" })
  await smtp(bounce, { from: "" })
  const { body } = await server.api("GET", `/messages/${id}`)
  expect(body.delivery).toMatchObject({
    status: "failed",
    failure: { code: "bounced", retryable: false, text: expect.stringContaining("user unknown") },
  })
  expect(await count("conversations")).toBe(before)
  expect(await count("mail_reports")).toBe(1)
})

async function count(table: string): Promise<number> {
  return Number((await server.app.ground.database.pool.query(`SELECT count(*) FROM ${table}`)).rows[0].count)
}

test("S59 the confirmation that a mail host wants for forwarding is shown with the probe, and makes no conversation", async () => {
  const before = await count("conversations")
  const raw = eml(
    "From: Gmail Team <forwarding-noreply@google.com>",
    "Subject: (#123456789) Gmail Forwarding Confirmation - Receive Mail from support@retale.com",
    "",
    "Confirmation code: 123456789",
    "https://mail-settings.google.com/mail/vf-abc",
  )
  await smtp(raw, { from: "forwarding-noreply@google.com", to: box.forwardingAddress })
  const { body } = await server.api("POST", `/mailboxes/${box.id}/probes`)
  expect(body.confirmationMail).toMatchObject({
    code: "123456789",
    link: "https://mail-settings.google.com/mail/vf-abc",
  })
  expect(await count("conversations")).toBe(before)
})

test("reliability 51 a mail that no parser reads is taken with its first lines, and as message.eml", async () => {
  const levels = Array.from(
    { length: 500 },
    (_, level) => `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`,
  )
  const raw = `From: bomb@example.com\r\nSubject: look inside\r\n${levels.join("")}`
  await smtp(raw, { from: "bomb@example.com" })
  const [message] = await customerMessages("bomb@example.com")
  const shown = (await server.api("GET", `/messages/${message.id}`)).body
  expect(shown).toMatchObject({
    subject: "look inside",
    flags: { parseFailed: true },
    attachments: [{ name: "message.eml", type: "message/rfc822" }],
  })
  expect((await server.api("GET", `/messages/${message.id}/source`)).body).toBe(`${raw}`)
})

test("reliability 31 SPF, DKIM and DMARC are checked after the commit by the records that are there, and a failure is shown", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const dkimKey = publicKey.export({ type: "spki", format: "der" }).toString("base64")
  await server.api("PUT", "/sandbox/dns-records", [
    { type: "TXT", name: "good.example", value: "v=spf1 ip4:127.0.0.1 -all" },
    { type: "TXT", name: "s1._domainkey.good.example", value: `v=DKIM1; k=rsa; p=${dkimKey}` },
    { type: "TXT", name: "_dmarc.good.example", value: "v=DMARC1; p=reject" },
  ])
  const authenticationOf = async (address: string) => {
    await expect
      .poll(async () => (await customerMessages(address))[0]?.authentication ?? null, { timeout: 10_000 })
      .not.toBeNull()
    return (await customerMessages(address))[0].authentication
  }
  const honest = eml(
    "From: honest@good.example",
    "To: support@retale.com",
    "Subject: signed",
    "Date: Sat, 21 Nov 2026 10:41:00 +0000",
    "",
    "I am me.",
  )
  const signature = {
    signingDomain: "good.example",
    selector: "s1",
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }),
  }
  const { signatures } = await dkimSign(honest, { ...signature, signatureData: [signature] })
  await smtp(`${signatures}${honest}`, { from: "honest@good.example" })
  expect(await authenticationOf("honest@good.example")).toEqual({
    spf: "pass",
    dkim: "pass",
    dmarc: "pass",
    sender: "pass",
  })
  await smtp(`${signatures}${honest.replace("I am me.", "Send money.").replace("honest@", "forged@")}`, {
    from: "someone@elsewhere.example",
  })
  expect(await authenticationOf("forged@good.example")).toEqual({
    spf: "none",
    dkim: "fail",
    dmarc: "fail",
    sender: "fail",
  })
  await smtp(eml("From: maya@no-policy.example", "", "Who am I?"), { from: "someone@good.example" })
  expect(await authenticationOf("maya@no-policy.example")).toEqual({
    spf: "pass",
    dkim: "none",
    dmarc: "none",
    sender: "none",
  })
  const events = (
    await server.app.ground.database.pool.query("SELECT data FROM events WHERE type = 'message.authentication_checked'")
  ).rows
  expect(events.length).toBeGreaterThanOrEqual(3)
  await server.api("PUT", "/sandbox/dns-records", [])
  const played = await server.api("POST", "/sandbox/messages", {
    entryPointId: box.entryPointId,
    from: { kind: "email", value: "played@good.example" },
    text: "hi",
  })
  expect(played.status).toBe(201)
  expect(await authenticationOf("played@good.example")).toEqual({
    spf: "error",
    dkim: "error",
    dmarc: "error",
    sender: "error",
  })
})

test("reliability 30 mail from another of our own addresses is marked automatic: it is never answered by itself", async () => {
  await server.api("POST", "/mailboxes", { address: "sales@retale.com", senderName: "Retale" })
  await smtp(eml("From: sales@retale.com", "", "we got your mail"), { from: "sales@retale.com" })
  const [message] = await customerMessages("sales@retale.com")
  expect(message.flags).toMatchObject({ automatic: true, automaticBecause: "own_address" })
})

test("reliability 3 what was acknowledged is there with its bytes, attachments of many sizes too", async () => {
  const ledger = new Map<string, string>()
  for (const [index, sizeBytes] of [0, 10, 100_000, 1_000_000, 5_000_000].entries()) {
    const file = Buffer.alloc(sizeBytes, index + 1)
      .toString("base64")
      .replace(/.{76}/g, "$&\r\n")
    const raw = eml(
      `From: ledger@example.com`,
      `Subject: ${index}`,
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      "",
      `mail ${index}`,
      "--b",
      "Content-Type: application/octet-stream; name=f",
      "Content-Transfer-Encoding: base64",
      "",
      file,
      "--b--",
    )
    const { response } = await smtp(raw, { from: "ledger@example.com" })
    if (response.startsWith("250")) ledger.set(`${index}`, createHash("sha256").update(raw).digest("hex"))
  }
  const messages = await customerMessages("ledger@example.com")
  expect(messages.map((message) => message.subject)).toEqual([...ledger.keys()])
  for (const message of messages) {
    const { body } = await server.api("GET", `/messages/${message.id}/source`)
    expect(createHash("sha256").update(body).digest("hex")).toBe(ledger.get(message.subject))
  }
})
