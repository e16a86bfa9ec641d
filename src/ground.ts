import { access, constants, mkdir } from "node:fs/promises"
import { type Clock, systemClock } from "./clock.ts"
import { type Config, ConfigError } from "./config.ts"
import { makeIdsBy } from "./ids.ts"
import { type Keys, loadKeys, loadOperatorToken } from "./keys.ts"
import { createLog, type Log } from "./log.ts"
import { createMetrics, type Metrics } from "./metrics.ts"
import { choosePorts, refusePorts } from "./ports.ts"
import { type Bus, postgresBus } from "./store/bus.ts"
import { lockDataDir } from "./store/data-dir.ts"
import { type Database, openDatabase } from "./store/database.ts"
import { DatabaseTime } from "./store/database-time.ts"
import { type Embedded, startEmbedded } from "./store/embedded.ts"
import { migrate } from "./store/migrate.ts"
import { reachDatabase } from "./store/reach.ts"
import { checkShared } from "./store/shared.ts"
import type { Store } from "./store/write.ts"
import { createStore } from "./store/store.ts"
import { Timers } from "./timers.ts"

/** What everything else stands on: settings, keys, log, clock and the database, migrated and reachable. */
export interface Ground {
  readonly config: Config
  readonly keys: Keys
  readonly operatorToken: string
  readonly log: Log
  readonly metrics: Metrics
  readonly clock: Clock
  readonly databaseUrl: string
  readonly database: Database
  /** A few connections apart, for probes and leases that must not wait behind work. */
  readonly side: Database
  readonly bus: Bus
  readonly store: Store
  readonly timers: Timers
  stop(): Promise<void>
}

const connectionsMax = 16
/** How long the start waits for a database of one's own: after a power cut both start at once. */
const reachSeconds = 30
const sideConnectionsMax = 3

export async function layGround(given: Config, overrides: { log?: Log } = {}): Promise<Ground> {
  await makeFolder("DATA_DIR", given.dataDir)
  const lock = await lockDataDir(given.dataDir)
  try {
    return await layOn(given, lock, overrides)
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function layOn(given: Config, lock: { release(): Promise<void> }, overrides: { log?: Log }): Promise<Ground> {
  const config = await choosePorts(given)
  await refusePorts(config)
  await makeFolder("BLOB_DIR", config.blobDir)
  const log = overrides.log ?? createLog({ level: config.logLevel })
  const keys = await loadKeys(config)
  const operatorToken = await loadOperatorToken(config)
  const metrics = createMetrics()
  const clock = systemClock()
  const embedded: Embedded | null = config.databaseUrl
    ? null
    : await startEmbedded(config.dataDir, { log: (line) => log.warn(line) })
  const databaseUrl = config.databaseUrl ?? embedded?.url ?? ""
  let stopping = false
  // Connections end a moment after their pool: what the server's own end tells them is no news.
  const onError = (error: Error) => (stopping ? undefined : log.warn({ err: error }, "database connection"))
  const database = openDatabase({ url: databaseUrl, connectionsMax, onError })
  const side = openDatabase({
    url: databaseUrl,
    connectionsMax: sideConnectionsMax,
    statementTimeoutMs: 2_000,
    onError,
  })
  const endDatabase = async () => {
    stopping = true
    await Promise.allSettled([database.close(), side.close()])
    await embedded?.stop()
  }
  try {
    if (config.databaseUrl) {
      await reachDatabase(database, { seconds: reachSeconds, warn: (text) => log.warn(text) })
      await migrate(database.pool).catch(nameRefusal)
    } else await migrate(database.pool)
    await checkShared(database.pool, { fingerprint: keys.fingerprint, blobDir: config.blobDir })
  } catch (error) {
    if (error instanceof ConfigError && error.lines.some((line) => line.startsWith("SECRET_KEY:"))) await keys.forget()
    await endDatabase()
    throw error
  }
  const time = new DatabaseTime({
    db: side.db,
    clock,
    onCorrected: (ms) => log.warn({ seconds: ms / 1000 }, "the time follows the database's clock"),
  })
  await time.start()
  makeIdsBy(() => clock.real().getTime())
  metrics.gauge(
    "database_clock_ahead_seconds",
    "How far the database's clock is ahead of this machine's",
    () => clock.aheadOfMachine() / 1000,
  )
  const bus = postgresBus(databaseUrl, (error) => log.warn({ err: error }, "bus"))
  const waits = metrics.histogram("gate_wait_seconds", "How long writers waited for a permit of their organization")
  const timers = new Timers(clock, (name, error) => log.error({ timer: name, err: error }, "timer failed"))
  const store = createStore({
    db: database.db,
    clock,
    bus,
    onGateWait: (seconds) => waits.observe(seconds),
    onJob: () => timers.wake(),
  })
  const end = async () => {
    stopping = true
    time.stop()
    await bus.stop()
    await endDatabase()
  }
  try {
    if (config.testClock) await followTestClock(store)
    await bus.start()
  } catch (error) {
    await end()
    throw error
  }
  return {
    config,
    keys,
    operatorToken,
    log,
    metrics,
    clock,
    databaseUrl,
    database,
    side,
    bus,
    store,
    timers,
    async stop() {
      await end()
      await lock.release()
    },
  }
}

/** Made where it is not there; a folder that cannot be written to is a mistake of its setting. */
async function makeFolder(setting: string, path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
    await access(path, constants.W_OK)
  } catch (error) {
    throw new ConfigError([
      `${setting}: ${path} cannot be written to: ${error instanceof Error ? error.message : error}`,
    ])
  }
}

/** What the database does not let its user do is a mistake of the setting too. */
function nameRefusal(error: unknown): never {
  const refused = ["42501", "0A000", "58P01"]
  if (!(error instanceof Error && "code" in error && refused.includes(String(error.code)))) throw error
  throw new ConfigError([`DATABASE_URL: the tables cannot be made: ${error.message}`])
}

/** The offset that an earlier process of this database left. */
async function followTestClock({ db, clock }: Store): Promise<void> {
  const row = await db.selectFrom("testClock").select("offsetMs").where("id", "=", 1).executeTakeFirst()
  if (row) clock.setOffset(row.offsetMs)
}
