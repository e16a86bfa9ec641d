import { type ChildProcess, fork } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type pg from "pg"
import { Sessions } from "../src/identity/sessions.ts"
import { newId } from "../src/ids.ts"
import { openDatabase } from "../src/store/database.ts"
import { foundCompany } from "../test/company.ts"
import { freePorts, type Program, startProgram } from "../test/program.ts"
import type { TextTarget } from "../test/signed-text.ts"

/** The program as it runs for a company, with numbers, agents and their sessions, and beside it the bare floor. */
export type Ground = {
  program: Program
  databaseUrl: string
  /** A number whose Inbox nobody serves, and one that all agents serve. */
  backlog: TextTarget
  desk: TextTarget
  cookies: string[]
  barePort: number
  /** Tells the planner at once what autovacuum tells it within seconds: that the tables are not empty any more. */
  analyze(): Promise<void>
  conversationsOf(messageIds: readonly string[]): Promise<Map<string, string>>
  close(): Promise<void>
}

const secretKey = "a secret key of the bench"
export const agentsMax = 200
/** The most that one agent may be given: together with the agents it bounds how many texts can be assigned. */
const capacity = 100

export async function layGround(): Promise<Ground> {
  const dataDir = await mkdtemp(join(tmpdir(), "switchboard-bench-"))
  const program = await startProgram({
    dataDir,
    env: {
      SECRET_KEY: secretKey,
      TEST_CLOCK: "0",
      LOG_LEVEL: "warn",
      // For a profile: BENCH_NODE_OPTIONS="--cpu-prof --cpu-prof-dir=…".
      NODE_OPTIONS: process.env.BENCH_NODE_OPTIONS ?? "",
    },
  })
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
    const messaging = { standardCapacity: capacity, maximumCapacity: capacity, offerBanner: false }
    const company = await foundCompany(
      { url: program.url, databaseUrl, secretKey },
      { inboxes: ["Backlog", "Desk"], messaging },
    )
    const { Backlog: backlog, Desk: desk } = company.numbers
    const deskInboxId = company.inboxIds.Desk
    if (!backlog || !desk || !deskInboxId) throw new Error("the company has no numbers")
    const cookies = await hire(company.orgId, deskInboxId, pool, new Sessions(db))
    await pool.query("CREATE TABLE bench_rows (key text PRIMARY KEY, body text NOT NULL)")
    const [barePort = 0] = await freePorts(1)
    children.push(await startBare(barePort, databaseUrl))
    return {
      program,
      databaseUrl,
      backlog,
      desk,
      cookies,
      barePort,
      analyze: async () => void (await pool.query("ANALYZE")),
      async conversationsOf(messageIds) {
        const { rows } = await pool.query(
          "SELECT external_id, conversation_id FROM messages WHERE external_id = ANY($1)",
          [messageIds],
        )
        return new Map(
          rows.map((row: { external_id: string; conversation_id: string }) => [row.external_id, row.conversation_id]),
        )
      },
      close: end,
    }
  } catch (error) {
    await end()
    throw error
  }
}

/** Rows, not invitations: the bench measures texts, not how long passwords take. */
async function hire(orgId: string, inboxId: string, pool: pg.Pool, sessions: Sessions): Promise<string[]> {
  const cookies: string[] = []
  for (let n = 0; n < agentsMax; n++) {
    const id = newId()
    await pool.query(
      "INSERT INTO users (org_id, id, name, email, roles, status) VALUES ($1, $2, $3, $4, ARRAY['agent'], 'active')",
      [orgId, id, `Agent ${n}`, `agent-${n}@retale.com`],
    )
    await pool.query(
      "INSERT INTO agent_states (org_id, agent_id, partition_id, standard_capacity, maximum_capacity) VALUES ($1, $2, $1, $3, $3)",
      [orgId, id, capacity],
    )
    await pool.query("INSERT INTO inbox_members (org_id, inbox_id, agent_id) VALUES ($1, $2, $3)", [orgId, inboxId, id])
    cookies.push(
      `switchboard.session_token=${await sessions.open({ orgId, userId: id, userAgent: "bench", ip: "127.0.0.1" })}`,
    )
  }
  return cookies
}

function startBare(port: number, databaseUrl: string): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, "bare.ts"), {
    env: { ...process.env, PORT: String(port), DATABASE_URL: databaseUrl },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  })
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", () => resolve(child))
    child.once("exit", (code) => reject(new Error(`the bare server ended with ${code}`)))
  })
}
