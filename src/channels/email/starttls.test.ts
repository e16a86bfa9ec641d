import { X509Certificate } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { connect as secure, type TLSSocket } from "node:tls"
import { createTransport } from "nodemailer"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import { selfSigned } from "../../../test/certificate.ts"
import { eml, type MailRig, mailDomain, mailRig, WireClient } from "./test-rig.ts"

const connectionsPerAddress = 6
const first = selfSigned(mailDomain)
let folder: string
let files: { certFile: string; keyFile: string }
let rig: MailRig

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-tls-"))
  files = { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") }
  await put(first)
  rig = await mailRig({ tls: files, limits: { connectionsPerAddress } })
  await rig.addMailbox("billing@retale.example")
})
beforeEach(() => void rig.accepted.splice(0))
afterAll(async () => {
  await rig.close()
  await rm(folder, { recursive: true, force: true })
})

async function put({ cert, key }: { cert: string; key: string }): Promise<void> {
  await writeFile(files.certFile, cert)
  await writeFile(files.keyFile, key)
}

test("reliability 53 STARTTLS with a certificate of one's own: a sender that insists on it and on the name delivers", async () => {
  const transport = createTransport({
    host: "127.0.0.1",
    port: rig.port,
    requireTLS: true,
    tls: { ca: first.cert, servername: mailDomain },
  })
  const raw = eml("From: maya@example.com", "Subject: sealed", "", "hello")
  const sent = await transport.sendMail({
    envelope: { from: "maya@example.com", to: ["billing@retale.example"] },
    raw,
  })
  expect(sent.response).toMatch(/^250 2\.6\.0/)
  expect(rig.accepted[0]?.content.subject).toBe("sealed")
})

test("reliability 53 it is offered before, not again inside, and a sender without it is served too", async () => {
  const client = await RawClient.open(rig.port)
  expect(await client.say("EHLO there\r\n")).toContain("STARTTLS")
  await client.say("STARTTLS\r\n")
  await client.encrypt()
  const inside = await client.say("EHLO there\r\n")
  expect(inside).toMatch(/^250/m)
  expect(inside).not.toMatch(/STARTTLS|AUTH/)
  expect(await client.say("STARTTLS\r\n")).toMatch(/^503/)
  client.close()
  await rig.send({ to: "billing@retale.example", raw: eml("From: maya@example.com", "", "in the open") })
  expect(rig.accepted).toHaveLength(1)
})

test("reliability 53 what was said in the open behind or before STARTTLS counts nothing inside", async () => {
  const client = await RawClient.open(rig.port)
  await client.say("EHLO there\r\n")
  await client.say("MAIL FROM:<eve@example.com>\r\n")
  await client.say("RCPT TO:<billing@retale.example>\r\n")
  // CVE-2011-0411: one packet that an attacker on the wire completes. 300 lines outlast one turn of the parser.
  const noise = "NOOP\r\n".repeat(300)
  const injected = `${noise}EHLO eve\r\nMAIL FROM:<eve@example.com>\r\nRCPT TO:<billing@retale.example>\r\n`
  expect(await client.say(`STARTTLS\r\n${injected}`)).toMatch(/^220/)
  await client.encrypt()
  // The first reply inside is to the first command inside: no envelope, and no name, from before.
  expect(await client.say("DATA\r\n")).toMatch(/^503/)
  await client.say("EHLO there\r\n")
  expect(await client.say("DATA\r\n")).toMatch(/^503/)
  expect(await client.say("RCPT TO:<billing@retale.example>\r\n")).toMatch(/^503/)
  expect(client.unread).toBe("")
  client.close()
  expect(rig.accepted).toEqual([])
})

test("reliability 53 connections that were encrypted are counted while they are open, and no longer", async () => {
  for (let round = 0; round < connectionsPerAddress * 2; round++) {
    const client = await RawClient.open(rig.port)
    await client.say("EHLO there\r\n")
    await client.say("STARTTLS\r\n")
    if (round % 3 > 0) await client.encrypt()
    client.close()
    await client.gone
  }
  const open: RawClient[] = []
  for (let count = 0; count < connectionsPerAddress; count++) {
    const client = await RawClient.open(rig.port)
    await client.say("EHLO there\r\n")
    await client.say("STARTTLS\r\n")
    await client.encrypt()
    open.push(client)
  }
  const late = await WireClient.open(rig.port)
  await expect.poll(() => late.ended).toBe(true)
  for (const client of open) {
    expect(await client.say("NOOP\r\n")).toMatch(/^250/)
    client.close()
    await client.gone
  }
})

test("reliability 53 a handshake that fails ends its own connection and is no error of ours", async () => {
  const client = await RawClient.open(rig.port)
  await client.say("EHLO there\r\n")
  await client.say("STARTTLS\r\n")
  client.write("this is no handshake\r\n")
  await client.gone
  expect(rig.errors).toEqual([])
  await rig.send({ to: "billing@retale.example", raw: eml("From: maya@example.com", "", "still here") })
  expect(rig.accepted).toHaveLength(1)
})

test("a renewed certificate serves from the next connection on; two files that do not fit change nothing, told once", async () => {
  const second = selfSigned(mailDomain)
  await put(second)
  expect(await serialShown()).toBe(new X509Certificate(second.cert).serialNumber)
  await writeFile(files.keyFile, selfSigned(mailDomain).key)
  expect(await serialShown()).toBe(new X509Certificate(second.cert).serialNumber)
  expect(await serialShown()).toBe(new X509Certificate(second.cert).serialNumber)
  expect(rig.errors.map(String)).toEqual([
    expect.stringMatching(/stays as it was: .*key\.pem is not the key of this certificate/),
  ])
  rig.errors.splice(0)
  await put(first)
  expect(await serialShown()).toBe(new X509Certificate(first.cert).serialNumber)
  expect(rig.errors).toEqual([])
})

async function serialShown(): Promise<string | undefined> {
  const client = await RawClient.open(rig.port)
  await client.say("EHLO there\r\n")
  await client.say("STARTTLS\r\n")
  const socket = await client.encrypt()
  const serial = socket.getPeerX509Certificate()?.serialNumber
  client.close()
  return serial
}

/** A bare client whose socket can become a TLS one. */
class RawClient {
  #socket: Socket | TLSSocket
  readonly gone: Promise<void>
  #heard = ""

  private constructor(socket: Socket) {
    this.#socket = socket
    this.gone = new Promise((resolve) => void socket.once("close", () => resolve()))
    this.#listen(socket)
  }

  static async open(port: number): Promise<RawClient> {
    const client = new RawClient(connect(port, "127.0.0.1"))
    await client.#reply()
    return client
  }

  get unread(): string {
    return this.#heard
  }

  say(text: string): Promise<string> {
    this.write(text)
    return this.#reply()
  }

  write(text: string): void {
    this.#socket.write(text)
  }

  encrypt(): Promise<TLSSocket> {
    const plain = this.#socket
    plain.removeAllListeners("data")
    return new Promise((resolve, reject) => {
      const socket = secure({ socket: plain, servername: mailDomain, rejectUnauthorized: false }, () => resolve(socket))
      socket.once("error", reject)
      this.#socket = socket
      this.#listen(socket)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #listen(socket: Socket): void {
    socket.on("data", (chunk) => {
      this.#heard += chunk.toString("latin1")
    })
    socket.on("error", () => undefined)
  }

  async #reply(): Promise<string> {
    for (const until = performance.now() + 10_000; performance.now() < until; ) {
      const whole = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(this.#heard)?.[0]
      if (whole) {
        this.#heard = this.#heard.slice(whole.length)
        return whole
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return "nothing"
  }
}
