import { mkdir } from "node:fs/promises"
import { type Clock, systemClock } from "./clock.ts"
import type { Config } from "./config.ts"
import { type Keys, loadKeys, loadOperatorToken } from "./keys.ts"
import { createLog, type Log } from "./log.ts"
import { createMetrics, type Metrics } from "./metrics.ts"
import { choosePorts } from "./ports.ts"
import { type Bus, postgresBus } from "./store/bus.ts"
import { lockDataDir } from "./store/data-dir.ts"
import { type Database, openDatabase } from "./store/database.ts"
import { DatabaseTime } from "./store/database-time.ts"
import { type Embedded, startEmbedded } from "./store/embedded.ts"
import { migrate } from "./store/migrate.ts"
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
const sideConnectionsMax = 3

export async function layGround(given: Config, overrides: { log?: Log } = {}): Promise<Ground> {
  await mkdir(given.dataDir, { recursive: true })
  const lock = await lockDataDir(given.dataDir)
  const config = await choosePorts(given)
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
  try {
    await migrate(database.pool)
    await checkShared(database.pool, { fingerprint: keys.fingerprint, blobDir: config.blobDir })
  } catch (error) {
    await Promise.allSettled([database.close(), side.close()])
    await embedded?.stop()
    await lock.release()
    throw error
  }
  const time = new DatabaseTime({
    db: side.db,
    clock,
    onCorrected: (ms) => log.warn({ seconds: ms / 1000 }, "the time follows the database's clock"),
  })
  await time.start()
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
  if (config.testClock) await followTestClock(store)
  await bus.start()
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
      stopping = true
      time.stop()
      await bus.stop()
      await Promise.allSettled([database.close(), side.close()])
      await embedded?.stop()
      await lock.release()
    },
  }
}

/** The offset that an earlier process of this database left. */
async function followTestClock({ db, clock }: Store): Promise<void> {
  const row = await db.selectFrom("testClock").select("offsetMs").where("id", "=", 1).executeTakeFirst()
  if (row) clock.setOffset(row.offsetMs)
}
