import { randomBytes } from "node:crypto"
import { connect } from "node:net"
import type { Kysely } from "kysely"
import pg from "pg"
import { inject } from "vitest"
import { type Clock, systemClock } from "../src/clock.ts"
import { type Bus, postgresBus } from "../src/store/bus.ts"
import { openDatabase } from "../src/store/database.ts"
import type { DB } from "../src/store/tables.ts"
import type { Store } from "../src/store/write.ts"
import { createStore } from "../src/store/store.ts"
import { databaseUrl, templateName } from "./cluster.ts"

/** A database of one's own, a clone of the migrated template, with everything that the program reads and writes by. */
export type TestStore = {
  store: Store
  db: Kysely<DB>
  pool: pg.Pool
  clock: Clock
  bus: Bus
  /** For a process that is to use the same database. */
  url: string
  /** Closes all connections and drops the database. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** One per test file, made in `beforeAll`, closed in `afterAll`. */
export async function testStore(options: { clock?: Clock; connectionsMax?: number } = {}): Promise<TestStore> {
  const { url, drop } = await testDatabase()
  const clock = options.clock ?? systemClock()
  const { db, pool, close: disconnect } = openDatabase({ url, connectionsMax: options.connectionsMax ?? 10 })
  const bus = postgresBus(url, () => {})
  await bus.start()
  const close = async () => {
    await bus.stop()
    await disconnect()
    await drop()
  }
  return { store: createStore({ db, clock, bus }), db, pool, clock, bus, url, close, [Symbol.asyncDispose]: close }
}

/** A clone without connections to it, for tests that start a whole server on it. */
export async function testDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = await clusterUrl()
  const name = `test_${randomBytes(6).toString("hex")}`
  await administer(server, `CREATE DATABASE ${name} TEMPLATE ${templateName}`)
  return {
    url: databaseUrl(server, name),
    drop: () => administer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  }
}

async function administer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

async function clusterUrl(): Promise<string> {
  const socket = connect(inject("clusterSocket"))
  let answer = ""
  for await (const chunk of socket.setEncoding("utf8")) answer += chunk
  if (answer.startsWith("error ")) throw new Error(answer.slice(6))
  return answer
}
