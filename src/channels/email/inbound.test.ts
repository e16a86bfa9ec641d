import { createHash } from "node:crypto"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import { eml, type MailRig, mailRig, WireClient } from "./test-rig.ts"

let rig: MailRig
let billing: Awaited<ReturnType<MailRig["addMailbox"]>>
let returns: Awaited<ReturnType<MailRig["addMailbox"]>>

beforeAll(async () => {
  rig = await mailRig()
  billing = await rig.addMailbox("billing@retale.example")
  returns = await rig.addMailbox("returns@retale.example")
})
beforeEach(() => {
  rig.accepted.length = 0
  rig.errors.length = 0
  rig.onAccept.act = null
})
afterAll(() => rig.close())

const invoice = eml(
  "From: Maya Chen <Maya@Example.com>",
  "To: Billing <billing@retale.example>",
  "Subject: Invoice 7",
  "Message-ID: <one@example.com>",
  "Date: Sat, 21 Nov 2026 10:41:00 +0000",
  "",
  "Why twice?",
)

test("S3 S17 a mail over SMTP becomes one event of its address, with its raw bytes and the key of RFC envelope and content", async () => {
  const answer = await rig.send({ to: "Billing@Retale.example", raw: invoice })
  expect(answer.response).toMatch(/^250 2\.6\.0/)
  expect(rig.accepted).toHaveLength(1)
  const [event] = rig.accepted
  expect(event).toMatchObject({
    orgId: rig.orgId,
    entryPointId: billing.entryPointId,
    channel: "email",
    externalId: createHash("sha256").update(`maya@example.com\nbilling@retale.example\n${invoice}`).digest("hex"),
    from: { kind: "email", value: "maya@example.com", name: "Maya Chen", verifiedBy: "channel" },
    content: { kind: "text", text: "Why twice?", html: null, subject: "Invoice 7", files: [] },
    mail: {
      envelopeFrom: "maya@example.com",
      messageId: "one@example.com",
      references: [],
      tokenConversationId: null,
      automatic: false,
    },
    sentAt: new Date("2026-11-21T10:41:00Z"),
    test: false,
  })
  expect(event && "bytes" in event.raw && event.raw.bytes.toString()).toBe(invoice)
})

test("S17 one mail to two of our addresses is one event for each; the same bytes again are the same events", async () => {
  await rig.send({ to: ["billing@retale.example", "returns@retale.example", billing.forwarding], raw: invoice })
  expect(rig.accepted.map((event) => event.entryPointId).sort()).toEqual(
    [billing.entryPointId, returns.entryPointId].sort(),
  )
  await rig.send({ to: [billing.forwarding], raw: invoice })
  expect(rig.accepted).toHaveLength(2)
})

test("an unknown recipient is refused at RCPT with 550 5.1.1, and nothing is relayed to other domains", async () => {
  const client = await WireClient.open(rig.port)
  await client.say("EHLO there\r\n")
  await client.say("MAIL FROM:<maya@example.com>\r\n")
  expect(await client.say("RCPT TO:<nobody@retale.example>\r\n")).toMatch(/^550 5\.1\.1/)
  expect(await client.say("RCPT TO:<someone@gmail.com>\r\n")).toMatch(/^550 5\.1\.1/)
  expect(await client.say("RCPT TO:<in-aaaaaaaaaaaa@desk.example>\r\n")).toMatch(/^550 5\.1\.1/)
  expect(await client.say("DATA\r\n")).toMatch(/^503/)
  expect(await client.say(`RCPT TO:<${billing.forwarding.replace("@", "+anything@")}>\r\n`)).toMatch(/^250/)
  client.close()
})

test("250 is not said before intake has committed; what intake throws is 451 and nothing is lost", async () => {
  let open = () => {}
  rig.onAccept.act = () => new Promise((resolve) => (open = resolve))
  let answered = false
  const sending = rig.send({ to: "billing@retale.example", raw: invoice }).then(() => {
    answered = true
  })
  await expect.poll(() => open.toString()).not.toBe("() => {}")
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(answered).toBe(false)
  open()
  await sending
  rig.onAccept.act = () => Promise.reject(new Error("the store is away"))
  await expect(rig.send({ to: "billing@retale.example", raw: invoice })).rejects.toMatchObject({
    responseCode: 451,
    message: expect.stringContaining("4.3.0"),
  })
  rig.onAccept.act = () => Promise.reject(Object.assign(new Error("disk"), { code: "ENOSPC" }))
  await expect(rig.send({ to: "billing@retale.example", raw: invoice })).rejects.toMatchObject({ responseCode: 452 })
})

test("S59 the first mail through the forwarding target ends waiting for forwarding; one straight to the address does not", async () => {
  const fresh = await rig.addMailbox("feedback@retale.example")
  const seen = async () =>
    (
      await rig.stored.db
        .selectFrom("mailboxes")
        .select("forwardingSeenAt")
        .where("id", "=", fresh.id)
        .executeTakeFirstOrThrow()
    ).forwardingSeenAt
  await rig.send({ to: "feedback@retale.example", raw: invoice })
  expect(await seen()).toBeNull()
  await rig.send({ to: fresh.forwarding, raw: eml("From: a@example.com", "", "hello") })
  expect(await seen()).toBeInstanceOf(Date)
  await rig.send({ to: fresh.forwarding, raw: eml("From: a@example.com", "", "hello again") })
  const events = await rig.stored.db
    .selectFrom("events")
    .select("data")
    .where("type", "=", "mailbox.forwarding_seen")
    .execute()
  expect(events.filter(({ data }) => (data as { mailboxId: string }).mailboxId === fresh.id)).toHaveLength(1)
})

test("attachments are files before the event names them; names lose folders and what cannot be seen", async () => {
  const raw = eml(
    "From: a@example.com",
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    "see file",
    "--b",
    'Content-Type: application/pdf; name="../../\u200b.htaccess"',
    "Content-Transfer-Encoding: base64",
    "Content-Disposition: attachment",
    "",
    Buffer.from("%PDF-1.4").toString("base64"),
    "--b--",
  )
  await rig.send({ to: "billing@retale.example", raw })
  const [file] = rig.accepted[0]?.content.files ?? []
  expect(file).toMatchObject({ name: "htaccess", type: "application/pdf", sizeBytes: 8 })
  expect((await rig.blobs.read(file?.sha256 ?? "")).toString()).toBe("%PDF-1.4")
})

test("a raw mail above 256 KiB is a file, byte for byte", async () => {
  const raw = eml(
    "From: a@example.com",
    "",
    ...Array.from({ length: 8_000 }, (_, line) => `line ${line} of a long and tedious story`),
  )
  await rig.send({ to: "billing@retale.example", raw })
  const stored = rig.accepted[0]?.raw
  expect(stored && "sha256" in stored && (await rig.blobs.read(stored.sha256)).toString()).toBe(raw)
})

test("reliability 31 Reply-To never becomes the author", async () => {
  await rig.send({
    to: "billing@retale.example",
    raw: eml("From: mallory@example.org", "Reply-To: ana@retale.example", "", "hi"),
  })
  expect(rig.accepted[0]?.from.value).toBe("mallory@example.org")
  expect(rig.accepted[0]?.mail?.flags).toMatchObject({ replyTo: ["ana@retale.example"] })
})

test("reliability 32 only our own HMAC names a conversation, and only to the organization that made it", async () => {
  const { tokens } = rig.channel
  const conversationId = "01890000-0000-7000-8000-000000000001"
  const messageId = "01890000-0000-7000-8000-000000000002"
  const ours = tokens.messageId({ orgId: rig.orgId, conversationId, messageId })
  const foreign = tokens.messageId({ orgId: "01890000-0000-7000-8000-00000000dead", conversationId, messageId })
  const reply = (id: string) =>
    eml("From: maya@example.com", `In-Reply-To: <${id}>`, `References: <other@example.com> <${id}>`, "", `to ${id}`)
  await rig.send({ to: "billing@retale.example", raw: reply(ours) })
  await rig.send({ to: "billing@retale.example", raw: reply(foreign) })
  await rig.send({
    to: "billing@retale.example",
    raw: reply(
      ours.replace(/0000000000000001|[0-9a-f](?=@)/g, (found) =>
        found.length > 1 ? "0000000000000003" : found === "0" ? "1" : "0",
      ),
    ),
  })
  await rig.send({
    to: billing.forwarding.replace("@", `+${tokens.replyToken({ orgId: rig.orgId, conversationId })}@`),
    raw: eml("From: maya@example.com", "", "by address"),
  })
  await rig.send({ to: billing.forwarding.replace("@", "+42@"), raw: eml("From: maya@example.com", "", "guessed") })
  expect(rig.accepted.map((event) => event.mail?.tokenConversationId)).toEqual([
    conversationId,
    null,
    null,
    conversationId,
    null,
  ])
  expect(rig.accepted[0]?.mail?.references).toEqual(["other@example.com", ours])
})

test("reliability 30 mail that no person wrote is marked, and so is mail from the address itself", async () => {
  const headers = [
    "Auto-Submitted: auto-replied",
    "Precedence: bulk",
    "List-Id: <news.example.com>",
    "X-Auto-Response-Suppress: All",
    "X-Autoreply: yes",
  ]
  for (const header of headers)
    await rig.send({ to: "billing@retale.example", raw: eml("From: robot@example.com", header, "", "beep") })
  await rig.send({ from: "", to: "billing@retale.example", raw: eml("From: robot@example.com", "", "null sender") })
  await rig.send({ to: "billing@retale.example", raw: eml("From: billing@retale.example", "", "myself") })
  await rig.send({
    to: "billing@retale.example",
    raw: eml("From: maya@example.com", "Auto-Submitted: no", "", "a person"),
  })
  expect(rig.accepted.map((event) => event.mail?.automatic)).toEqual([...headers.map(() => true), true, true, false])
})
