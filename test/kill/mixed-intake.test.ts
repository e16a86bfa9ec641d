import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { createTransport } from "nodemailer"
import pg from "pg"
import { afterAll, beforeAll, expect, test } from "vitest"
import { openDatabase } from "../../src/store/database.ts"
import { findBroken } from "../../src/routing/invariants.ts"
import { type Company, foundCompany, hire, ifMatch } from "../company.ts"
import { testDatabase } from "../database.ts"
import { type Program, startProgram } from "../program.ts"
import { postText, signedText } from "../signed-text.ts"
import { amount } from "../trials.ts"
import { hashOf, Ledger } from "./ledger.ts"

/** The whole program killed without warning while texts and mails come in, against the senders' own book. */

const secretKey = "a secret that outlives the process"
const publicUrl = "http://switchboard.test"
const kills = amount(10, 200)
const senders = 6
const customers = 25

let folder: string
let database: { url: string; drop(): Promise<void> }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-kill-"))
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

function start(): Promise<Program> {
  const env = { DATABASE_URL: database.url, SECRET_KEY: secretKey, PUBLIC_URL: publicUrl, LOG_LEVEL: "error" }
  return startProgram({ dataDir: join(folder, "data"), env })
}

test(
  "reliability 1 2 killed again and again under mixed intake: of what was acknowledged nothing is lost, nothing is there twice",
  async () => {
    const ledger = await Ledger.open(join(folder, "ledger"))
    let program = await start()
    try {
      const company = await serve(program)
      const traffic = new Traffic(company, ledger, () => program)
      for (let kill = 0; kill < kills; kill++) {
        const running = traffic.run()
        await sleep(100 + Math.random() * 500)
        await program.kill()
        await traffic.stop(running)
        program = await start()
      }
      // What was not acknowledged comes again, as a provider and a mail server do it.
      await traffic.repeatUnacknowledged()
      expect([...ledger.entries.values()].filter((entry) => !entry.acknowledged)).toEqual([])
      expect(ledger.entries.size).toBeGreaterThan(kills)
      await expectAsInLedger(ledger)
      const { db, close } = openDatabase({ url: database.url, connectionsMax: 1 })
      await routed(database.url)
      expect(await findBroken(db, company.orgId, new Date())).toEqual([])
      await close()
      expect(await program.stop()).toBe(0)
    } finally {
      await program.dispose()
      await ledger.close()
    }
  },
  amount(240_000, 3 * 3_600_000),
)

async function serve(program: Program): Promise<Company> {
  const given = { url: program.url, databaseUrl: database.url, secretKey, publicUrl }
  const messaging = { offerBanner: false, standardCapacity: 100, maximumCapacity: 100 }
  const company = await foundCompany(given, { inboxes: ["General"], messaging })
  const section = await company.call<{ version: number }>("GET", "/channel-routings/email")
  const routing = { defaultInboxId: company.inboxIds.General, exceptions: [] }
  await company.call("PUT", "/channel-routings/email", routing, ifMatch(section))
  await company.call("POST", "/mailboxes", { address: "support@retale.com", senderName: "Retale" })
  const ana = await hire(program.url, company, { name: "Ana", email: "ana@retale.com", inboxes: ["General"] })
  await company.call("PUT", `/agents/${ana.id}/availability`, { availableFor: ["messaging", "mail"] })
  return company
}

type Message = { id: string; send(program: Program): Promise<boolean>; payload: string }

/** Texts and mails of a few customers, several at a time. */
class Traffic {
  readonly #company: Company
  readonly #ledger: Ledger
  readonly #program: () => Program
  readonly #open = new Map<string, Message>()
  #count = 0
  #stopped = false

  constructor(company: Company, ledger: Ledger, program: () => Program) {
    this.#company = company
    this.#ledger = ledger
    this.#program = program
  }

  async run(): Promise<void> {
    this.#stopped = false
    const lane = async () => {
      while (!this.#stopped) await this.#send(this.#count++ % 4 === 0 ? this.#mail() : this.#text())
    }
    await Promise.all(Array.from({ length: senders }, lane))
  }

  async stop(running: Promise<void>): Promise<void> {
    this.#stopped = true
    await running
  }

  async repeatUnacknowledged(): Promise<void> {
    for (const message of [...this.#open.values()]) await this.#send(message)
  }

  async #send(message: Message): Promise<void> {
    this.#open.set(message.id, message)
    await this.#ledger.sent(message.id, message.payload)
    if (!(await message.send(this.#program()))) return
    await this.#ledger.acknowledged(message.id)
    this.#open.delete(message.id)
  }

  #text(): Message {
    const target = this.#company.numbers.General
    if (!target) throw new Error("no number")
    const payload = `Where is order ${this.#count}?`
    const from = `+1212555${String(100 + (this.#count % customers)).padStart(4, "0")}`
    const text = signedText(target, { from, text: payload })
    return { id: text.id, payload, send: async ({ url }) => (await postText(url, text)) === 200 }
  }

  #mail(): Message {
    const id = `mail-${this.#count}@ledger.example`
    const payload = `Please look at order ${this.#count}.`
    const from = `customer-${this.#count % customers}@ledger.example`
    const raw = `From: ${from}\r\nTo: support@retale.com\r\nSubject: Order\r\nMessage-ID: <${id}>\r\n\r\n${payload}\r\n`
    return { id, payload, send: (program) => deliver(program, from, raw) }
  }
}

async function deliver({ smtpPort }: Program, from: string, raw: string): Promise<boolean> {
  const transport = createTransport({ host: "127.0.0.1", port: smtpPort, ignoreTLS: true })
  try {
    await transport.sendMail({ envelope: { from, to: ["support@retale.com"] }, raw })
    return true
  } catch {
    return false
  } finally {
    transport.close()
  }
}

async function expectAsInLedger(ledger: Ledger): Promise<void> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query<{ id: string; text: string }>(
    "SELECT coalesce(message_id_header, external_id) AS id, text FROM messages WHERE direction = 'inbound'",
  )
  await client.end()
  const stored = new Map<string, string[]>()
  for (const { id, text } of rows) stored.set(id, [...(stored.get(id) ?? []), hashOf(text.trim())])
  const entries = [...ledger.entries.values()]
  expect(entries.filter(({ id }) => !stored.has(id)).map(({ id }) => id)).toEqual([])
  expect([...stored].filter(([, hashes]) => hashes.length > 1).map(([id]) => id)).toEqual([])
  expect(entries.filter(({ id, hash }) => stored.get(id)?.[0] !== hash).map(({ id }) => id)).toEqual([])
  expect(stored.size).toBe(entries.length)
}

/** Until nothing waits that could be given to somebody: the restarted process has its routing again. */
async function routed(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const until = performance.now() + 20_000; performance.now() < until; await sleep(100)) {
    const { rows } = await client.query(
      "SELECT 1 FROM queue_items WHERE state = 'waiting' AND channel_group = 'messaging' LIMIT 1",
    )
    if (rows.length === 0) break
  }
  await client.end()
}
