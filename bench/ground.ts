import { type ChildProcess, fork } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import pg from "pg"
import { Sessions } from "../src/identity/sessions.ts"
import { newId } from "../src/ids.ts"
import { keysFrom } from "../src/keys.ts"
import { openDatabase } from "../src/store/database.ts"
import { freePorts, type Program, setupCode, startProgram } from "../test/program.ts"
import type { TextTarget } from "./texts.ts"

/** The program as it runs for a company, with numbers, agents and their sessions, and beside it the bare floor. */
export type Ground = {
  program: Program
  databaseUrl: string
  /** A number whose Inbox nobody serves, and one that all agents serve. */
  backlog: TextTarget
  desk: TextTarget
  cookies: string[]
  barePort: number
  conversationsOf(messageIds: readonly string[]): Promise<Map<string, string>>
  close(): Promise<void>
}

const secretKey = "a secret key of the bench"
export const agentsMax = 200
/** The most that one agent may be given: together with the agents it bounds how many texts can be assigned. */
const capacity = 100

export async function layGround(): Promise<Ground> {
  const dataDir = await mkdtemp(join(tmpdir(), "switchboard-bench-"))
  const program = await startProgram({ dataDir, env: { SECRET_KEY: secretKey, TEST_CLOCK: "0", LOG_LEVEL: "warn" } })
  const databaseUrl = (await readFile(join(dataDir, "database-url"), "utf8")).trim()
  const { db, pool, close } = openDatabase({ url: databaseUrl, connectionsMax: 4 })
  const children: ChildProcess[] = []
  const end = async () => {
    for (const child of children) child.kill()
    await close()
    await program.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    const company = await found(program.url, pool)
    const cookies = await hire(company.orgId, company.deskInboxId, pool, new Sessions(db))
    await pool.query("CREATE TABLE bench_rows (key text PRIMARY KEY, body text NOT NULL)")
    const [barePort = 0] = await freePorts(1)
    children.push(await startBare(barePort, databaseUrl))
    return {
      program,
      databaseUrl,
      backlog: company.backlog,
      desk: company.desk,
      cookies,
      barePort,
      async conversationsOf(messageIds) {
        const { rows } = await pool.query("SELECT external_id, conversation_id FROM messages WHERE external_id = ANY($1)", [messageIds])
        return new Map(rows.map((row: { external_id: string; conversation_id: string }) => [row.external_id, row.conversation_id]))
      },
      close: end,
    }
  } catch (error) {
    await end()
    throw error
  }
}

type Id = { id: string }

async function found(url: string, pool: pg.Pool) {
  const organization = { name: "Retale", timeZone: "America/New_York", country: "US" }
  const user = { name: "Jordan", email: "jordan@retale.com", password: "correct horse battery" }
  const setup = await fetch(`${url}/api/setup`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ code: setupCode, organization, user }) })
  if (setup.status !== 201) throw new Error(`set-up answered ${setup.status} ${await setup.text()}`)
  const cookie = (setup.headers.get("set-cookie") ?? "").split(";")[0] ?? ""
  const { organization: org } = (await setup.json()) as { organization: Id }
  const call = async <Body>(method: string, path: string, body?: unknown, headers = {}): Promise<Body> => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json", cookie, ...headers } }
    const answer = await fetch(`${url}/api${path}`, { method, headers: { cookie }, ...sent })
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
  const settings = await call<{ version: number }>("GET", "/workflow-settings")
  const messaging = { standardCapacity: capacity, maximumCapacity: capacity, offerBanner: false }
  await call("PATCH", "/workflow-settings", { messaging }, { "if-match": `"${settings.version}"` })
  const backlogInbox = await call<Id>("POST", "/inboxes", { name: "Backlog" })
  const deskInbox = await call<Id>("POST", "/inboxes", { name: "Desk" })
  const section = await call<{ version: number }>("GET", "/channel-routings/sms")
  const saved = await call<{ version: number }>("PUT", "/channel-routings/sms", { defaultInboxId: backlogInbox.id, exceptions: [] }, { "if-match": `"${section.version}"` })
  const account = (await call<{ items: { id: string; accountSid: string }[] }>("GET", "/carrier-accounts")).items[0]
  if (!account) throw new Error("no sandbox account")
  const numbers: { e164: string; entryPointId: string }[] = []
  for (const e164 of ["+14155559812", "+14155551243"]) {
    const number = await call<Id>("POST", "/phone-numbers", { carrierAccountId: account.id, e164 })
    numbers.push({ e164, entryPointId: (await call<Id>("PUT", `/phone-numbers/${number.id}/sms-activation`, {})).id })
  }
  const exceptions = [{ entryPointId: numbers[1]?.entryPointId, inboxId: deskInbox.id, slaMinutesText: null }]
  await call("PUT", "/channel-routings/sms", { defaultInboxId: backlogInbox.id, exceptions }, { "if-match": `"${saved.version}"` })
  const { rows } = await pool.query("SELECT auth_token FROM carrier_accounts WHERE id = $1", [account.id])
  const authToken = keysFrom(secretKey).open(rows[0].auth_token)
  const target = { publicUrl: url, accountId: account.id, accountSid: account.accountSid, authToken }
  return {
    orgId: org.id,
    deskInboxId: deskInbox.id,
    backlog: { ...target, e164: numbers[0]?.e164 ?? "" },
    desk: { ...target, e164: numbers[1]?.e164 ?? "" },
  }
}

/** Rows, not invitations: the bench measures texts, not how long passwords take. */
async function hire(orgId: string, inboxId: string, pool: pg.Pool, sessions: Sessions): Promise<string[]> {
  const cookies: string[] = []
  for (let n = 0; n < agentsMax; n++) {
    const id = newId()
    await pool.query("INSERT INTO users (org_id, id, name, email, roles, status) VALUES ($1, $2, $3, $4, ARRAY['agent'], 'active')", [orgId, id, `Agent ${n}`, `agent-${n}@retale.com`])
    await pool.query("INSERT INTO agent_states (org_id, agent_id, partition_id, standard_capacity, maximum_capacity) VALUES ($1, $2, $1, $3, $3)", [orgId, id, capacity])
    await pool.query("INSERT INTO inbox_members (org_id, inbox_id, agent_id) VALUES ($1, $2, $3)", [orgId, inboxId, id])
    cookies.push(`switchboard.session_token=${await sessions.open({ orgId, userId: id, userAgent: "bench", ip: "127.0.0.1" })}`)
  }
  return cookies
}

function startBare(port: number, databaseUrl: string): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, "bare.ts"), { env: { ...process.env, PORT: String(port), DATABASE_URL: databaseUrl }, stdio: ["ignore", "pipe", "inherit", "ipc"] })
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", () => resolve(child))
    child.once("exit", (code) => reject(new Error(`the bare server ended with ${code}`)))
  })
}
