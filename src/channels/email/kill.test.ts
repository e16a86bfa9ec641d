import { createHash } from "node:crypto"
import { createTransport } from "nodemailer"
import { expect, test } from "vitest"
import { type Program, setupCode, startProgram } from "../../../test/program.ts"
import { eml } from "./test-rig.ts"

const everything = process.env.TRIALS === "1"
const mailCount = everything ? 500 : 12
const fileBytesMax = everything ? 20_000_000 : 300_000

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
  "reliability 3 kill -9 right after 250: every acknowledged mail is there after the restart, byte for byte, once",
  async () => {
    let program = await startProgram()
    try {
      let call = await administrator(program)
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
      expect((await call("POST", "/mailboxes", { address: "support@retale.com", senderName: "Retale" })).status).toBe(
        201,
      )
      const mails = Array.from({ length: mailCount }, (_, index) => mailOf(index))
      const acknowledged = await send(program.smtpPort, mails, async (count) => {
        if (count === Math.ceil(mails.length / 2)) await program.kill()
      })
      expect(acknowledged.size).toBeGreaterThanOrEqual(Math.ceil(mails.length / 2))
      program = await startProgram({ dataDir: program.dataDir })
      // What was not acknowledged comes again, as a sender does it.
      for (const subject of await send(
        program.smtpPort,
        mails.filter(({ subject }) => !acknowledged.has(subject)),
      ))
        acknowledged.add(subject)
      expect(acknowledged.size).toBe(mails.length)
      call = await signIn(program)
      const stored = await sources(call)
      for (const { subject, raw } of mails)
        expect(stored.get(subject), subject).toEqual([createHash("sha256").update(raw).digest("hex")])
    } finally {
      await program.dispose()
    }
  },
  30 * 60_000,
)

function mailOf(index: number): { subject: string; raw: string } {
  const file = Buffer.alloc(Math.floor((fileBytesMax * index) / mailCount), index + 1)
    .toString("base64")
    .replace(/.{76}/g, "$&\r\n")
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
    file,
    "--b--",
  ]
  return { subject, raw: eml("From: ledger@example.com", `Subject: ${subject}`, ...parts) }
}

async function send(
  port: number,
  mails: readonly { subject: string; raw: string }[],
  after: (count: number) => Promise<void> = async () => undefined,
): Promise<Set<string>> {
  const acknowledged = new Set<string>()
  const transport = createTransport({ host: "127.0.0.1", port, ignoreTLS: true })
  for (const { subject, raw } of mails) {
    const taken = await transport
      .sendMail({ envelope: { from: "ledger@example.com", to: ["support@retale.com"] }, raw })
      .catch(() => null)
    if (!taken) continue
    acknowledged.add(subject)
    await after(acknowledged.size)
  }
  return acknowledged
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

/** Hashes of the raw mails by subject, as the API shows them. */
async function sources(call: Call): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>()
  const conversations = (await (await call("GET", "/conversations")).json()) as { items: { id: string }[] }
  for (const { id } of conversations.items) {
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = (await (
        await call("GET", `/conversations/${id}/timeline?limit=200${cursor && `&cursor=${cursor}`}`)
      ).json()) as { items: { message?: { id: string; subject: string } }[]; nextCursor: string | null }
      for (const { message } of page.items) {
        if (!message) continue
        const bytes = Buffer.from(await (await call("GET", `/messages/${message.id}/source`)).arrayBuffer())
        found.set(message.subject, [
          ...(found.get(message.subject) ?? []),
          createHash("sha256").update(bytes).digest("hex"),
        ])
      }
      cursor = page.nextCursor
    }
  }
  return found
}
