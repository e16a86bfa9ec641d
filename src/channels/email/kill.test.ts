import { createHash } from "node:crypto"
import { readdir, readFile, rm } from "node:fs/promises"
import { join, relative } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { createTransport } from "nodemailer"
import { expect, test } from "vitest"
import { type Program, setupCode, startProgram } from "../../../test/program.ts"
import { amount, isTrial } from "../../../test/trials.ts"
import { rawBytesInRowMax } from "./inbound.ts"
import { eml, WireClient } from "./test-rig.ts"

const mailCount = amount(50, 500)
const fileBytesMax = isTrial ? 20_000_000 : 2_000_000
const kills = amount(3, 25)
const cuts = amount(8, 40)

/** A person at the API of a program of its own. */
async function administrator({ url }: Program) {
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const init = {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }
    return fetch(`${url}/api${path}`, init)
  }
  const user = { name: "Jordan", email: "jordan@retale.com", password: "correct horse battery" }
  const organization = { name: "Retale", timeZone: "America/New_York", country: "US" }
  const setup = await call("POST", "/setup", { code: setupCode, organization, user })
  const cookie = (setup.headers.get("set-cookie") ?? "").split(";")[0] ?? ""
  return async (method: string, path: string, body?: unknown, headers = {}) =>
    call(method, path, body, { cookie, ...headers })
}

test(
  "reliability 3 4 kill -9 right after 250 and within DATA: every acknowledged mail is there once, byte for byte, with its file; a cut connection leaves nothing",
  async () => {
    let program = await startProgram()
    try {
      await serve(program)
      const sent = new Map<string, Sent>()
      for (let index = 0; index < mailCount; index++) {
        const { raw, ...mail } = mailOf(index)
        sent.set(mail.subject, mail)
        // Kills are spread evenly; every second one strikes while a mail is under way, the others right after its 250.
        const kill = Math.floor((index * kills) / mailCount) < Math.floor(((index + 1) * kills) / mailCount)
        const striking = kill && index % 2 === 1 ? sleep(Math.random() * 200).then(program.kill) : null
        let acknowledged = await deliver(program, raw)
        if (kill) {
          await (striking ?? program.kill())
          program = await startProgram({ dataDir: program.dataDir })
        }
        // What was not acknowledged comes again, as a sender does it.
        for (let tries = 0; !acknowledged && tries < 3; tries++) acknowledged = await deliver(program, raw)
        expect(acknowledged, mail.subject).toBe(true)
      }
      await expectStored(program, sent)
      await expectNothingOfCuts(program, sent)
    } finally {
      await program.dispose()
      await rm(program.dataDir, { recursive: true, force: true })
    }
  },
  amount(5, 60) * 60_000,
)

async function serve(program: Program): Promise<void> {
  const call = await administrator(program)
  const inbox = (await (await call("POST", "/inboxes", { name: "Letters", slaMinutesText: "60" })).json()) as {
    id: string
  }
  const section = await call("GET", "/channel-routings/email")
  await call(
    "PUT",
    "/channel-routings/email",
    { defaultInboxId: inbox.id, defaultSlaMinutesText: null, exceptions: [] },
    { "if-match": section.headers.get("etag") ?? "" },
  )
  expect((await call("POST", "/mailboxes", { address: "support@retale.com", senderName: "Retale" })).status).toBe(201)
}

type Sent = { subject: string; rawHash: string; rawBytes: number; fileHash: string; fileBytes: number }

function mailOf(index: number): Sent & { raw: string } {
  const content = Buffer.alloc(Math.floor((fileBytesMax * index) / mailCount), `${index} `)
  const subject = `mail ${index}`
  const parts = [
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "",
    "see file",
    "--b",
    "Content-Type: application/octet-stream; name=f",
    "Content-Transfer-Encoding: base64",
    "",
    content.toString("base64").replace(/.{76}/g, "$&\r\n"),
    "--b--",
  ]
  const raw = eml("From: ledger@example.com", `Subject: ${subject}`, ...parts)
  return {
    subject,
    raw,
    rawHash: hashOf(raw),
    rawBytes: raw.length,
    fileHash: hashOf(content),
    fileBytes: content.length,
  }
}

function hashOf(bytes: string | Buffer): string {
  return createHash("sha256").update(bytes).digest("hex")
}

async function deliver({ smtpPort }: Program, raw: string): Promise<boolean> {
  const transport = createTransport({ host: "127.0.0.1", port: smtpPort, ignoreTLS: true })
  const envelope = { from: "ledger@example.com", to: ["support@retale.com"] }
  return transport.sendMail({ envelope, raw }).then(
    () => true,
    () => false,
  )
}

async function expectStored(program: Program, sent: ReadonlyMap<string, Sent>): Promise<void> {
  const stored = await storedMails(await signIn(program))
  const expected = [...sent].map(([subject, { rawHash, fileBytes }]) => [subject, [{ rawHash, fileBytes }]])
  expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(expected))
  // Each file whole in its place, and none that no mail names: what a kill left half is only a draft, collected later.
  const named = [...sent.values()].flatMap(({ rawHash, rawBytes, fileHash }) =>
    rawBytes > rawBytesInRowMax ? [rawHash, fileHash] : [fileHash],
  )
  expect((await filesOf(program)).filter((path) => !path.startsWith("drafts"))).toEqual(
    [...new Set(named)].map((hash) => join(hash.slice(0, 2), hash)).toSorted(),
  )
  for (const hash of named) expect(hashOf(await readFile(join(blobDirOf(program), hash.slice(0, 2), hash)))).toBe(hash)
}

/** Connections that end within a mail, a byte before its end too: nothing of it may stay. */
async function expectNothingOfCuts(program: Program, sent: Map<string, Sent>): Promise<void> {
  const drafts = async () => (await filesOf(program)).filter((path) => path.startsWith("drafts"))
  const before = await drafts()
  const { raw: never } = mailOf(mailCount)
  for (let cut = 1; cut <= cuts; cut++) {
    const client = await WireClient.open(program.smtpPort)
    for (const line of ["EHLO there", "MAIL FROM:<ledger@example.com>", "RCPT TO:<support@retale.com>", "DATA"])
      await client.say(`${line}\r\n`)
    await client.hangUp(`${never.slice(0, (never.length * cut) / cuts)}\r\n.`)
  }
  const { raw, ...mail } = mailOf(mailCount + 1)
  expect(await deliver(program, raw)).toBe(true)
  sent.set(mail.subject, mail)
  await expectStored(program, sent)
  expect(await drafts()).toEqual(before)
}

function blobDirOf({ dataDir }: Program): string {
  return join(dataDir, "blobs")
}

/** Paths of all files below BLOB_DIR. */
async function filesOf(program: Program): Promise<string[]> {
  const entries = await readdir(blobDirOf(program), { recursive: true, withFileTypes: true })
  // `.folder` is how processes know that they share it.
  const files = entries.filter((entry) => entry.isFile() && entry.name !== ".folder")
  return files.map((entry) => relative(blobDirOf(program), join(entry.parentPath, entry.name))).toSorted()
}

type Call = Awaited<ReturnType<typeof administrator>>

async function signIn({ url }: Program): Promise<Call> {
  const body = JSON.stringify({ email: "jordan@retale.com", password: "correct horse battery" })
  const session = await fetch(`${url}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  })
  const cookie = (session.headers.get("set-cookie") ?? "").split(";")[0] ?? ""
  return async (method, path) => fetch(`${url}/api${path}`, { method, headers: { cookie } })
}

type Shown = { id: string; subject: string; attachments: { sizeBytes: number }[] }
type Stored = { rawHash: string; fileBytes: number | undefined }

/** Hash of the source and size of the file by subject, as the API shows them. */
async function storedMails(call: Call): Promise<Map<string, Stored[]>> {
  const found = new Map<string, Stored[]>()
  const conversations = (await (await call("GET", "/conversations")).json()) as { items: { id: string }[] }
  for (const { id } of conversations.items) {
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = (await (
        await call("GET", `/conversations/${id}/timeline?limit=200${cursor && `&cursor=${cursor}`}`)
      ).json()) as { items: { message?: Shown }[]; nextCursor: string | null }
      for (const { message } of page.items) {
        if (!message) continue
        const bytes = Buffer.from(await (await call("GET", `/messages/${message.id}/source`)).arrayBuffer())
        const fileBytes = message.attachments[0]?.sizeBytes
        found.set(message.subject, [...(found.get(message.subject) ?? []), { rawHash: hashOf(bytes), fileBytes }])
      }
      cursor = page.nextCursor
    }
  }
  return found
}
