import { execFileSync } from "node:child_process"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import { type MailRig, mailRig, WireClient } from "./test-rig.ts"

const sizeBytes = 2 * 1024 * 1024
let rig: MailRig
let mailbox: Awaited<ReturnType<MailRig["addMailbox"]>>

beforeAll(async () => {
  rig = await mailRig({
    limits: {
      sizeBytes,
      connections: 20,
      connectionsPerAddress: 15,
      unknownRecipients: 3,
      recipients: 5,
      heldBytes: 4 * 1024 * 1024,
      heldBytesPerAddress: 3 * 1024 * 1024,
      connectionSeconds: 8,
      idleSeconds: 4,
    },
  })
  mailbox = await rig.addMailbox("billing@retale.example")
})
beforeEach(() => void rig.accepted.splice(0))
afterAll(() => rig.close())

async function inData(from?: string): Promise<WireClient> {
  const client = await WireClient.open(rig.port, from)
  await client.say("EHLO there\r\n")
  await client.say("MAIL FROM:<maya@example.com>\r\n")
  await client.say("RCPT TO:<billing@retale.example>\r\n")
  expect(await client.say("DATA\r\n")).toMatch(/^354/)
  return client
}

const smuggled =
  "MAIL FROM:<admin@retale.example>\r\nRCPT TO:<billing@retale.example>\r\nDATA\r\nFrom: admin@retale.example\r\n\r\nsmuggled\r\n.\r\n"

test.each([
  ["LF.LF", "\n.\n"],
  ["LF.CRLF", "\n.\r\n"],
  ["CRLF.LF", "\r\n.\n"],
  ["LF", "\n"],
])("reliability 52 %s does not end a mail, and such a mail is refused with 554", async (_, ending) => {
  const client = await inData()
  expect(await client.say(`From: maya@example.com\r\n\r\nhello${ending}${smuggled}`)).toMatch(/^554/)
  // The connection is usable, and the smuggled commands were data.
  expect(await client.say("NOOP\r\n")).toMatch(/^250/)
  expect(rig.accepted).toHaveLength(0)
  client.close()
})

test.each([
  ["CR.CR", "\r.\r"],
  ["CR.CRLF", "\r.\r\n"],
  ["CRLF.CR", "\r\n.\r"],
  ["NUL", "\0"],
  ["dot-stuffed", "\r\n..\r\n"],
])("reliability 52 %s stays inside the one mail that it stands in", async (name, ending) => {
  const client = await inData()
  expect(await client.say(`From: maya@example.com\r\nSubject: caf\xe9\r\n\r\n${name}${ending}${smuggled}`)).toMatch(
    /^250/,
  )
  expect(rig.accepted).toHaveLength(1)
  expect(rig.accepted[0]?.from.value).toBe("maya@example.com")
  client.close()
})

test("reliability 52 commands that are pipelined behind DATA are data", async () => {
  const client = await WireClient.open(rig.port)
  await client.say("EHLO there\r\n")
  client.write(
    `MAIL FROM:<maya@example.com>\r\nRCPT TO:<billing@retale.example>\r\nDATA\r\nFrom: maya@example.com\r\n\r\none\r\nMAIL FROM:<x@y.example>\r\n.\r\nNOOP\r\n`,
  )
  const replies = []
  for (let i = 0; i < 5; i++) replies.push((await client.reply()).slice(0, 3))
  expect(replies).toEqual(["250", "250", "354", "250", "250"])
  expect(rig.accepted).toHaveLength(1)
  client.close()
})

test("reliability 52 terminators cut at every byte end the mail at the same place", async () => {
  for (const size of [1, 2, 3]) {
    const client = await inData()
    const bytes = Buffer.from(`From: maya@example.com\r\n\r\n..cut at ${size}\r\n.\r\n`)
    for (let at = 0; at < bytes.length; at += size) {
      client.write(bytes.subarray(at, at + size))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await client.reply()).toMatch(/^250/)
    client.close()
  }
  expect(rig.accepted.map((event) => event.content.text)).toEqual([".cut at 1", ".cut at 2", ".cut at 3"])
})

test("reliability 53 a mail above SIZE is refused at MAIL, and at its end when its size was not told", async () => {
  const client = await WireClient.open(rig.port)
  await client.say("EHLO there\r\n")
  expect(await client.say(`MAIL FROM:<a@example.com> SIZE=${sizeBytes + 1}\r\n`)).toMatch(/^552/)
  client.close()
  const before = process.memoryUsage().arrayBuffers
  const untold = await inData()
  const block = Buffer.alloc(1024 * 1024, 0x61)
  for (let i = 0; i < 24; i++) {
    untold.write(block)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  // One line without an end (GHSA-fv2f-rw9f-v9cm), larger than the limit.
  expect(await untold.say("\r\n.\r\n")).toMatch(/^552/)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024)
  untold.close()
  expect(rig.accepted).toHaveLength(0)
})

// Elsewhere the loopback has one address.
test.runIf(process.platform === "linux")(
  "reliability 53 who holds mails back half-way cannot keep out those of others",
  async () => {
    const part = `From: slow@example.com\r\n\r\n${"a".repeat(998)}\r\n`.padEnd(1_000_000, `${"a".repeat(998)}\r\n`)
    const slow = await Promise.all([1, 2, 3].map(() => inData()))
    for (const client of slow) client.write(part)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    // The fourth of the same address is too much, one of another address is not.
    const own = await inData()
    expect(await own.say(`${part}\r\n.\r\n`)).toMatch(/^452/)
    const other = await inData("127.0.0.2")
    expect(await other.say(`${part.slice(0, 900_000)}\r\n.\r\n`)).toMatch(/^250/)
    for (const client of [...slow, own, other]) client.close()
  },
)

test("reliability 53 a command line without an end ends the connection", async () => {
  const client = await WireClient.open(rig.port)
  client.write(Buffer.alloc(64 * 1024, 0x61))
  expect(await client.reply()).toMatch(/^(500|421)/)
  await expect.poll(() => client.ended).toBe(true)
})

test("reliability 53 the fourth unknown recipient ends the connection, the sixth known one is refused", async () => {
  const client = await WireClient.open(rig.port)
  await client.say("EHLO there\r\n")
  await client.say("MAIL FROM:<a@example.com>\r\n")
  const replies = []
  for (let i = 0; i < 4; i++) replies.push(await client.say(`RCPT TO:<user${i}@retale.example>\r\n`))
  expect(replies.map((reply) => reply.slice(0, 3))).toEqual(["550", "550", "550", "421"])
  const other = await WireClient.open(rig.port)
  await other.say("EHLO there\r\n")
  await other.say("MAIL FROM:<a@example.com>\r\n")
  const local = mailbox.forwarding.split("@")[0]
  for (let i = 0; i < 5; i++) expect(await other.say(`RCPT TO:<${local}+${i}@desk.example>\r\n`)).toMatch(/^250/)
  expect(await other.say("RCPT TO:<billing@retale.example>\r\n")).toMatch(/^452/)
  other.close()
})

test("reliability 53 no AUTH, no relay, no VRFY of names, no STARTTLS with a key that everybody knows", async () => {
  const client = await WireClient.open(rig.port)
  expect(await client.say("AUTH PLAIN AGEAYg==\r\n")).toMatch(/^5/)
  expect(await client.say("EHLO there\r\n")).not.toMatch(/AUTH/)
  expect(await client.say("VRFY billing@retale.example\r\n")).toMatch(/^252/)
  expect(await client.say("STARTTLS\r\n")).toMatch(/^5/)
  client.close()
})

test("reliability 53 more connections than one address may have are closed; those that are silent or slow are cut", async () => {
  const clients = await Promise.all(Array.from({ length: 15 }, () => WireClient.open(rig.port)))
  const late = await WireClient.open(rig.port)
  await expect.poll(() => late.ended).toBe(true)
  // One byte a second keeps the idle limit away, not the limit of the whole connection.
  const slow = clients[0]
  const drip = setInterval(() => slow?.write("N"), 500)
  await expect.poll(() => clients.every((client) => client.ended), { timeout: 15_000, interval: 200 }).toBe(true)
  clearInterval(drip)
  const after = await WireClient.open(rig.port)
  expect(await after.say("NOOP\r\n")).toMatch(/^250/)
  after.close()
}, 30_000)

test("reliability 3 a connection cut before the end of DATA leaves nothing", async () => {
  const client = await inData()
  client.write("From: maya@example.com\r\n\r\nhalf a ma")
  await new Promise((resolve) => setTimeout(resolve, 50))
  client.close()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(rig.accepted).toHaveLength(0)
  expect(rig.errors).toEqual([])
})

const swaks = ["/usr/bin/swaks", "/usr/local/bin/swaks"].find((path) => {
  try {
    execFileSync(path, ["--version"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
})

test.skipIf(!swaks)("S3 swaks, a real client of its own, delivers a mail", async () => {
  const { execFile } = await import("node:child_process")
  const args = [
    "--server",
    `127.0.0.1:${rig.port}`,
    "--from",
    "maya@example.com",
    "--to",
    "billing@retale.example",
    "--header",
    "Subject: by swaks",
    "--body",
    "hello from swaks",
  ]
  const output = await new Promise<string>((resolve, reject) =>
    execFile(swaks ?? "", args, (error, stdout) => (error ? reject(error) : resolve(stdout))),
  )
  expect(output).toContain("250 2.6.0")
  expect(rig.accepted[0]?.content).toMatchObject({ subject: "by swaks", text: "hello from swaks" })
})
