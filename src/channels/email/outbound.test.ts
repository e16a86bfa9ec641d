import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import { newId } from "../../ids.ts"
import type { OutboundMessage } from "../channel.ts"
import { channelConformance, type FarSide } from "../conformance.ts"
import { composeMail, unusableAddress } from "./compose.ts"
import { readMail } from "./parse/read-mail.ts"
import { createRelay } from "./relay.ts"
import { listenSmtp, type ReceivedMail, type SmtpListener, SmtpRefusal } from "./smtp-listener.ts"
import { eml, type MailRig, mailRig } from "./test-rig.ts"

/** A relay of our own making, which does what the test wants. */
const relayed: ReceivedMail[] = []
let farSide: FarSide = "takes"
let unknownThere = ""
let relay: SmtpListener
let rig: MailRig
let mailbox: Awaited<ReturnType<MailRig["addMailbox"]>>

async function startRelay(port = 0): Promise<SmtpListener> {
  return listenSmtp({
    host: "127.0.0.1",
    port,
    name: "relay.example",
    async checkRecipient(address) {
      if (address === unknownThere) throw new SmtpRefusal(550, "5.1.1 No such user")
      if (farSide === "refuses") throw new SmtpRefusal(550, "5.1.1 No such user")
      if (farSide === "is_busy") throw new SmtpRefusal(451, "4.7.1 Greylisted, try again")
    },
    async accept(mail) {
      relayed.push(mail)
    },
    onError: () => undefined,
  })
}

let putBack: (() => Promise<void>) | null = null

async function comeBack(): Promise<void> {
  await putBack?.()
  putBack = null
}

beforeAll(async () => {
  relay = await startRelay()
  rig = await mailRig({ relayUrl: `smtp://127.0.0.1:${relay.port}` })
  mailbox = await rig.addMailbox("billing@retale.example", "Retale Billing")
})
beforeEach(async () => {
  await comeBack()
  relayed.length = 0
  rig.accepted.length = 0
  farSide = "takes"
  unknownThere = ""
})
afterAll(async () => {
  await rig.close()
  await relay.stop()
})

function outbound(changes: Partial<OutboundMessage> = {}): OutboundMessage {
  return {
    orgId: rig.orgId,
    deliveryId: newId(),
    messageId: newId(),
    conversationId: newId(),
    channel: "email",
    entryPointId: mailbox.entryPointId,
    fromAddress: "billing@retale.example",
    to: ["maya@example.com"],
    cc: [],
    bcc: [],
    subject: "Re: Invoice 7",
    text: "It was charged once.",
    html: null,
    files: [],
    references: [],
    authorName: "Ana",
    test: false,
    attempt: 1,
    ...changes,
  }
}

channelConformance(
  "email",
  () => ({
    channel: rig.channel,
    given: rig.accepted,
    receive: async (text) => {
      const raw = eml("From: maya@example.com", "Subject: hello", "", text)
      const answer = await rig.send({ to: "billing@retale.example", raw }).catch(() => null)
      return { acknowledged: answer !== null }
    },
    setIntake(act) {
      // The suite wants to see what was given even where it is not taken.
      rig.onAccept.act =
        act &&
        ((event) => {
          rig.accepted.push(event)
          return act(event)
        })
    },
    outbound,
    async setFarSide(state) {
      farSide = state
      if (state === "is_away") {
        const { port } = relay
        await relay.stop()
        putBack = async () => {
          relay = await startRelay(port)
        }
      } else await comeBack()
    },
    reached: () => relayed.length,
    inSandbox: async () => (await rig.farEnd.list(rig.orgId, { limit: 200 })).length,
  }),
  {},
)

test("S3 an answer leaves from the public address with its name, our Message-ID, the thread, text, HTML and files", async () => {
  const content = Buffer.from("%PDF-1.4")
  const message = outbound({
    cc: ["boss@example.com"],
    bcc: ["audit@retale.example"],
    html: "<p>It was charged <b>once</b>.</p>",
    references: ["zero@example.com", "one@example.com"],
    files: [
      {
        id: newId(),
        name: "invoice.pdf",
        type: "application/pdf",
        sizeBytes: 8,
        sha256: "",
        read: async () => content,
      },
    ],
  })
  const sent = await rig.channel.send(message)
  const [mail] = relayed
  const raw = mail?.raw.toString() ?? ""
  expect(mail?.envelopeFrom).toBe("billing@retale.example")
  expect(mail?.recipients).toEqual(["maya@example.com", "boss@example.com", "audit@retale.example"])
  expect(raw).toContain("From: Retale Billing <billing@retale.example>")
  expect(raw).toContain("Reply-To: Retale Billing <billing@retale.example>")
  expect(raw).toContain("In-Reply-To: <one@example.com>")
  expect(raw).not.toContain("audit@")
  expect(sent).toEqual({ ok: true, externalId: rig.channel.tokens.messageId(message) })
  const read = await readMail(mail?.raw ?? Buffer.alloc(0))
  expect(read).toMatchObject({
    messageId: rig.channel.tokens.messageId(message),
    references: ["zero@example.com", "one@example.com"],
    subject: "Re: Invoice 7",
    text: "It was charged once.",
    html: "<p>It was charged <b>once</b>.</p>",
    to: ["maya@example.com"],
    cc: ["boss@example.com"],
  })
  expect(read.files.map(({ name, content }) => [name, Buffer.from(content).toString()])).toEqual([
    ["invoice.pdf", "%PDF-1.4"],
  ])
})

test("an answer keeps its Message-ID at each try, and the answer to it names its conversation", async () => {
  const message = outbound()
  await rig.channel.send(message)
  await rig.channel.send({ ...message, attempt: 2 })
  const ids = await Promise.all(relayed.map(async ({ raw }) => (await readMail(raw)).messageId))
  expect(new Set(ids).size).toBe(1)
  await rig.send({
    to: "billing@retale.example",
    raw: eml("From: maya@example.com", `In-Reply-To: <${ids[0]}>`, "", "thanks"),
  })
  expect(rig.accepted[0]?.mail?.tokenConversationId).toBe(message.conversationId)
})

test("Reply-To carries a token only after a mail to such an address has reached us", async () => {
  const conversationId = newId()
  const token = rig.channel.tokens.replyToken({ orgId: rig.orgId, conversationId })
  await rig.send({
    to: mailbox.forwarding.replace("@", `+${token}@`),
    raw: eml("From: maya@example.com", "", "by plus"),
  })
  await rig.channel.send(outbound({ conversationId }))
  const [local, domain] = mailbox.forwarding.split("@")
  expect(relayed[0]?.raw.toString().replace(/\r\n /g, " ")).toContain(
    `Reply-To: Retale Billing <${local}+${token}@${domain}>`,
  )
  expect(`${local}+${token}`.length).toBeLessThanOrEqual(64) // RFC 5321 4.5.3.1.1
  await rig.stored.db.updateTable("mailboxes").set({ plusSeenAt: null }).execute()
})

test("what nobody wrote is marked, so that no machine answers it (RFC 3834)", async () => {
  await rig.channel.send(outbound({ automatic: true }))
  expect(relayed[0]?.raw.toString()).toContain("Auto-Submitted: auto-replied")
})

test("reliability 54 line breaks in what people typed make no header of their own", async () => {
  const evil = "x\r\nBcc: victim@example.org\r\n\r\nbody"
  const message = outbound({
    subject: evil,
    references: [evil, "ok@example.com"],
    files: [
      { id: newId(), name: `a${evil}.pdf`, type: evil, sizeBytes: 1, sha256: "", read: async () => Buffer.from("a") },
    ],
  })
  const { raw, envelope } = await composeMail(message, {
    senderName: evil,
    replyTo: "billing@retale.example",
    messageId: "id@desk.example",
  })
  const plain = await composeMail(outbound(), {
    senderName: "x",
    replyTo: "billing@retale.example",
    messageId: "id@desk.example",
  })
  const headerNames = (bytes: Buffer) =>
    bytes
      .toString()
      .split("\r\n\r\n")[0]
      ?.split(/\r\n(?![ \t])/)
      .map((line) => line.split(":")[0])
      .sort() ?? []
  expect(headerNames(raw)).not.toContain("Bcc")
  expect(new Set(headerNames(raw))).toEqual(
    new Set([
      ...headerNames(plain.raw).filter((name) => name !== "Content-Transfer-Encoding"),
      "References",
      "In-Reply-To",
    ]),
  )
  expect(envelope.to).toEqual(["maya@example.com"])
})

test.each([
  "a@evil.example (x)@ok.example",
  '"x@evil.example y"@ok.example',
  "a@ok.example\r\nRCPT TO:<b@evil.example>",
  "a@ok.example,b@evil.example",
  "<a@ok.example>",
  "a@ok.example>",
  "a b@ok.example",
  "a@[127.0.0.1]",
  "",
])("reliability 54 mail to %j is not sent to anybody", async (address) => {
  expect(unusableAddress(outbound({ to: [address] }))).toBe(address)
  expect(await rig.channel.send(outbound({ to: [address] }))).toMatchObject({
    ok: false,
    code: "address_invalid",
    retryable: false,
  })
  expect(relayed).toHaveLength(0)
})

test("reliability 20 a relay that says something again and again and never ends is left after a while", async () => {
  const open: Socket[] = []
  const dripping = createServer((socket) => {
    open.push(socket)
    socket.on("error", () => undefined)
    socket.write("220 relay.example\r\n")
    const drip = setInterval(() => socket.write("250-relay.example\r\n"), 50)
    socket.on("close", () => clearInterval(drip))
  })
  await new Promise<void>((resolve) => dripping.listen(0, "127.0.0.1", resolve))
  const { port } = dripping.address() as AddressInfo
  const slow = createRelay(`smtp://127.0.0.1:${port}`, "desk.example", { handSeconds: 0.5 })
  const mail = await composeMail(outbound(), {
    senderName: "",
    replyTo: "a@retale.example",
    messageId: "1@desk.example",
  })
  expect(await slow.hand(mail)).toMatchObject({ ok: false, code: "relay_unreachable", retryable: true })
  for (const socket of open) socket.destroy()
  await new Promise((resolve) => dripping.close(resolve))
})

test("what a relay takes for some only is told: without a copy it is sent, without the customer it has failed", async () => {
  const message = outbound({ cc: ["boss@example.com"] })
  unknownThere = "boss@example.com"
  expect(await rig.channel.send(message)).toMatchObject({
    ok: true,
    shortfall: {
      code: "refused_in_part",
      text: "The mail server refused boss@example.com (550 5.1.1 No such user).",
    },
  })
  unknownThere = "maya@example.com"
  expect(await rig.channel.send(message)).toMatchObject({
    ok: false,
    code: "refused",
    retryable: false,
    text: "The mail server refused maya@example.com (550 5.1.1 No such user). It went to boss@example.com.",
  })
  expect(relayed.map(({ recipients }) => recipients)).toEqual([["maya@example.com"], ["boss@example.com"]])
})

test("reliability 20 a relay that falls silent after it had the whole mail leaves the outcome unknown", async () => {
  const server = silentRelay()
  const port = await new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
  )
  const composed = await composeMail(outbound(), {
    senderName: "x",
    replyTo: "billing@retale.example",
    messageId: "id@desk.example",
  })
  expect(await createRelay(`smtp://127.0.0.1:${port}`, "desk.example").hand(composed)).toMatchObject({
    ok: false,
    unknown: true,
  })
  server.close()
})

/** Takes everything up to the final dot, and hangs up. */
function silentRelay(): Server {
  return createServer((socket) => {
    let data = false
    socket.write("220 silent\r\n")
    socket.on("error", () => undefined)
    socket.on("data", (chunk) => {
      const text = chunk.toString()
      if (data) return text.endsWith("\r\n.\r\n") ? void socket.destroy() : undefined
      data = /^DATA/m.test(text)
      socket.write(data ? "354 go on\r\n" : "250 ok\r\n")
    })
  })
}

test("without a relay everything goes to the sandbox's far end, with the headers that it would have", async () => {
  const other = await mailRig()
  await other.addMailbox("hello@retale.example", "Retale")
  const message = outbound({ orgId: other.orgId, fromAddress: "hello@retale.example", references: ["one@example.com"] })
  expect(other.channel.sends).toBe(false)
  expect(other.channel.systemRelay).toBeNull()
  expect(await other.channel.lookup?.(message)).toBe("not_taken")
  const sent = await other.channel.send(message)
  expect(await other.channel.lookup?.(message)).toEqual(sent)
  const [arrived] = await other.farEnd.list(other.orgId, { address: "maya@example.com", limit: 10 })
  expect(arrived).toMatchObject({
    messageId: message.messageId,
    channel: "email",
    text: message.text,
    subject: message.subject,
  })
  expect(arrived?.headers).toMatchObject({
    "In-Reply-To": "<one@example.com>",
    "Message-ID": `<${other.channel.tokens.messageId(message)}>`,
  })
  await other.close()
})

test("mail of the program itself leaves through the relay too", async () => {
  expect(
    await rig.channel.systemRelay?.(rig.orgId, {
      to: "jordan@retale.example",
      subject: "You are invited",
      text: "Come in.",
    }),
  ).toMatchObject({ ok: true })
  expect(relayed[0]?.raw.toString()).toContain("From: Switchboard <no-reply@desk.example>")
})
