import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import pg from "pg"
import { afterAll, beforeAll, expect, test } from "vitest"
import { WebSocket } from "ws"
import { callAs, type Company, foundCompany, hire } from "./company.ts"
import { testDatabase } from "./database.ts"
import { type Program, startProgram } from "./program.ts"
import { postText, signedText, type TextTarget } from "./signed-text.ts"

/** Two server processes on one database, as behind one public address. */

const secretKey = "a secret that both processes share"
const publicUrl = "http://switchboard.test"

let folder: string
let database: { url: string; drop(): Promise<void> }
let client: pg.Client
const programs: Program[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-two-"))
  database = await testDatabase()
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})
afterAll(async () => {
  for (const program of programs) await program.dispose().catch(() => undefined)
  await client.end()
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

async function start(name: string): Promise<Program> {
  const env = {
    DATABASE_URL: database.url,
    SECRET_KEY: secretKey,
    BLOB_DIR: join(folder, "blobs"),
    PUBLIC_URL: publicUrl,
    LOG_LEVEL: "error",
  }
  const program = await startProgram({ dataDir: join(folder, name), env })
  programs.push(program)
  return program
}

test("two processes take intake and agents at once; when the owner of routing is killed the other goes on", async () => {
  const first = await start("first")
  const company = await foundCompany(
    { url: first.url, databaseUrl: database.url, secretKey, publicUrl },
    { inboxes: ["General"], messaging: { offerBanner: false, standardCapacity: 50, maximumCapacity: 50 } },
  )
  const general = company.numbers.General
  if (!general) throw new Error("no number")
  const second = await start("second")
  const ana = await hire(first.url, company, { name: "Ana", email: "ana@retale.com", inboxes: ["General"] })
  const ben = await hire(second.url, company, { name: "Ben", email: "ben@retale.com", inboxes: ["General"] })
  await callAs(first.url, ana.cookie)("PUT", "/agents/me/availability", { availableFor: ["messaging"] })
  await callAs(second.url, ben.cookie)("PUT", "/agents/me/availability", { availableFor: ["messaging"] })

  // Ten texts to each, all at once; the same one to both is one.
  const twice = text(general, 99)
  const posted = [0, 1].flatMap((half) => Array.from({ length: 10 }, (_, n) => text(general, half * 10 + n)))
  const statuses = await Promise.all([
    ...posted.map((one, n) => postText(n < 10 ? first.url : second.url, one)),
    postText(first.url, twice),
    postText(second.url, twice),
  ])
  expect(new Set(statuses)).toEqual(new Set([200]))
  const given = await assignedTo(21)
  expect(new Set(given)).toEqual(new Set([ana.id, ben.id]))

  // Written by one process, heard at the other.
  const [owner, other] = (await isOwner(first, company)) ? [first, second] : [second, first]
  const heard = await listen(other.url, other === second ? ben.cookie : ana.cookie)
  expect(await postText(owner.url, text(general, 40))).toBe(200)
  expect(await postText(owner.url, text(general, 41))).toBe(200)
  await heard.assignment

  await owner.kill()
  expect(await postText(other.url, text(general, 50))).toBe(200)
  const conversations = await assignedTo(24)
  expect(conversations).toHaveLength(24)
  expect(await isOwner(other, company)).toBe(true)

  // Agents of the dead process work on at the other one: their sessions are the database's.
  const call = callAs(other.url, ana.cookie)
  const mine = await call<{ items: { id: string }[] }>("GET", "/conversations?view=mine")
  await call("POST", `/conversations/${mine.items[0]?.id}/messages`, { channel: "sms", text: "We are on it." })
  heard.close()
  expect(await other.stop()).toBe(0)
}, 120_000)

function text(target: TextTarget, n: number) {
  return signedText(target, { from: `+121255501${String(n).padStart(2, "0")}`, text: `Where is order ${n}?` })
}

/** Waits until `count` conversations are there and all have an agent; a takeover takes as long as a lease (15 s). */
async function assignedTo(count: number): Promise<string[]> {
  for (const until = performance.now() + 40_000; ; ) {
    const { rows } = await client.query<{ agent_id: string | null }>("SELECT agent_id FROM conversations")
    const agents = rows.flatMap((row) => row.agent_id ?? [])
    if (rows.length >= count && agents.length === rows.length) return agents
    if (performance.now() > until) throw new Error(`${agents.length} of ${rows.length} have an agent`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function isOwner(program: Program, { orgId }: Company): Promise<boolean> {
  const name = (await readFile(join(program.dataDir, "routing-owner"), "utf8")).trim()
  const { rows } = await client.query("SELECT owner FROM leases WHERE org_id = $1 AND owner = $2", [orgId, name])
  return rows.length === 1
}

/** An agent's socket; `assignment` resolves with the first conversation that is given to somebody. */
async function listen(url: string, cookie: string): Promise<{ assignment: Promise<void>; close(): void }> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/live`, "switchboard.live.v1", {
    headers: { cookie, origin: publicUrl, host: new URL(publicUrl).host },
  })
  const assignment = new Promise<void>((resolve) =>
    socket.on("message", (bytes) => {
      if (JSON.parse(String(bytes)).eventType === "conversation_assignee.updated") resolve()
    }),
  )
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve)
    socket.once("error", reject)
  })
  socket.send(JSON.stringify({ type: "hello", position: null, streams: ["me"] }))
  await new Promise<void>((resolve) => socket.once("message", () => resolve()))
  return { assignment, close: () => socket.terminate() }
}
