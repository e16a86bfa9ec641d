import { type ChildProcess, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { chmod, cp, mkdir, open, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { newCode } from "../ids.ts"
import { findBinaries, findRunner, makePrivate, plainEnvironment, type Runner, run } from "./postgres-binaries.ts"
import { stopLeftover, stopProcess } from "./postgres-leftover.ts"

/** A PostgreSQL of our own under DATA_DIR, reachable through a socket that only its user may enter. */
export interface Embedded {
  /** For a pool, or for another process as DATABASE_URL. */
  readonly url: string
  readonly socketDir: string
  /** Of the server as it runs now; it changes when the server had to be started again. */
  readonly pid: number
  stop(): Promise<void>
}

export type EmbeddedOptions = {
  /** For what the operator should know: a restart, or where the data went. */
  log?: (line: string) => void
  /** `false` in tests: nothing is waited for on the disk. */
  durable?: boolean
  settings?: Record<string, string>
  /** `false`: as on a machine that forbids user namespaces. */
  namespaces?: boolean
}

const readySeconds = 60
/** The processes of a killed server need a moment to see it; the next one waits for them. */
const retryMilliseconds = 200
const restartMilliseconds = 1_000
const logBytesMax = 10_000_000
/** sockaddr_un holds 107 bytes; PostgreSQL adds `/.s.PGSQL.5432.lock`. */
const socketDirLengthMax = 85

/** Starts or recovers the server of `dataDir` and keeps it running until `stop`. The caller holds the folder's lock. */
export async function startEmbedded(dataDir: string, options: EmbeddedOptions = {}): Promise<Embedded> {
  if (process.platform === "win32") throw new Error("On Windows set DATABASE_URL to a PostgreSQL 18 of your own.")
  await mkdir(dataDir, { recursive: true })
  const place = await findPlace(await realpath(dataDir), options)
  await makeCluster(place, options)
  const server = new Server(place, options)
  await server.start()
  await makeDatabase(place.socketDir)
  const url = `postgresql://app@localhost/${database}?host=${encodeURIComponent(place.socketDir)}`
  await writeFile(join(dataDir, "database-url"), `${url}\n`, { mode: 0o600 })
  return {
    url,
    socketDir: place.socketDir,
    get pid() {
      return server.pid
    },
    stop: () => server.stop(),
  }
}

const database = "switchboard"

type Place = { native: string; data: string; socketDir: string; logFile: string; runner: Runner }

async function findPlace(dataDir: string, options: EmbeddedOptions): Promise<Place> {
  const { native } = await findBinaries()
  const logFile = join(dataDir, "postgres.log")
  const data = join(dataDir, "postgres")
  if (existsSync(join(dataDir, elsewhere))) return inVarLib({ native, dataDir, logFile }, options)
  await refuseForeign(data)
  await stopLeftover(data)
  await makePrivate(data)
  const runner = await findRunner(native, data, options.namespaces)
  if (runner) return { native, data, runner, logFile, socketDir: await makeSocketDir(dataDir, runner) }
  if (process.getuid?.() !== 0) throw new Error(`PostgreSQL cannot be run from ${native} on ${data} by this user.`)
  return inVarLib({ native, dataDir, logFile }, options)
}

async function refuseForeign(data: string): Promise<void> {
  const owner = await stat(data).catch(() => undefined)
  const uid = process.getuid?.()
  if (owner === undefined || uid === 0 || owner.uid === uid) return
  throw new Error(`${data} belongs to user ${owner.uid}: start as that user, or as root, or set another DATA_DIR.`)
}

/** In DATA_DIR: names the folder where the database is instead. */
const elsewhere = "postgres-folder"

/** Where root's folders are closed and user namespaces forbidden, programs and data live outside of them. */
async function inVarLib(
  from: { native: string; dataDir: string; logFile: string },
  options: EmbeddedOptions,
): Promise<Place> {
  const remedy = `The database's unprivileged user cannot enter ${from.dataDir}: make the folders above it enterable (chmod o+x), or set DATA_DIR to one that is, or start as an ordinary user.`
  if (existsSync(join(from.dataDir, "postgres/PG_VERSION"))) throw new Error(remedy)
  try {
    const marker = join(from.dataDir, elsewhere)
    const marked = (await readFile(marker, "utf8").catch(() => "")).trim()
    const home = marked || join(varLib, newCode(12))
    await mkdir(home, { recursive: true, mode: 0o755 })
    const native = await copyPrograms(from.native)
    const data = join(home, "postgres")
    await stopLeftover(data)
    await makePrivate(data)
    const runner = await findRunner(native, data, options.namespaces)
    if (runner === undefined) throw new Error(remedy)
    if (!marked) await writeFile(marker, `${home}\n`)
    options.log?.(`Others may not enter ${from.dataDir}, so the database is in ${home}`)
    return { native, data, runner, logFile: from.logFile, socketDir: await makeSocketDir(home, runner) }
  } catch (error) {
    throw new Error(remedy, { cause: error })
  }
}

const varLib = "/var/lib/switchboard"

async function copyPrograms(native: string): Promise<string> {
  const copy = join(varLib, `native-${shortHash(native)}`)
  if (existsSync(copy)) return copy
  const draft = `${copy}.${newCode(6)}`
  await cp(native, draft, { recursive: true, verbatimSymlinks: true })
  await rename(draft, copy)
  return copy
}

async function makeSocketDir(dataDir: string, runner: Runner): Promise<string> {
  const near = join(dataDir, "socket")
  const far = join(tmpdir(), `switchboard-${shortHash(dataDir)}`)
  const dir = Buffer.byteLength(near) <= socketDirLengthMax ? near : far
  // Whoever enters it is the database's owner, and tmp is everybody's: nothing found there is used again.
  await rm(dir, { recursive: true, force: true })
  await makePrivate(dir, runner.owner)
  return dir
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12)
}

/** initdb into a folder beside and renamed: an interrupted one leaves nothing that looks like a cluster. */
async function makeCluster({ native, data, runner }: Place, options: EmbeddedOptions): Promise<void> {
  if (existsSync(join(data, "PG_VERSION"))) return
  const draft = `${data}.new`
  await rm(draft, { recursive: true, force: true })
  await makePrivate(draft, runner.owner)
  const flags =
    "-U app -A trust -E UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C --no-instructions"
  const sync = options.durable === false ? ["--no-sync"] : []
  const { code, output } = await run(runner, join(native, "bin/initdb"), [
    ...flags.split(" "),
    "--wal-segsize=1",
    ...sync,
    "-D",
    draft,
  ])
  if (code !== 0) throw new Error(`initdb failed (${runner.describe}): ${output.trim()}`)
  await rm(data, { recursive: true })
  await rename(draft, data)
}

async function makeDatabase(socketDir: string): Promise<void> {
  const client = new pg.Client({ host: socketDir, user: "app", database: "postgres" })
  await client.connect()
  try {
    const found = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database])
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${database}`)
  } finally {
    await client.end()
  }
}

/** The running program, started again whenever it ends without being asked to. */
class Server {
  readonly #place: Place
  readonly #options: EmbeddedOptions
  #child: ChildProcess | undefined
  #stopping = false

  constructor(place: Place, options: EmbeddedOptions) {
    this.#place = place
    this.#options = options
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Resolves when it answers; throws with its own last words when it cannot start. */
  async start(): Promise<void> {
    const until = performance.now() + readySeconds * 1000
    for (;;) {
      const child = await this.#spawn()
      const answered = await this.#answers(child, until)
      if (answered && !hasEnded(child)) {
        child.once("exit", () => void this.#restart())
        return
      }
      if (this.#stopping) return
      const why = await lastLines(this.#place.logFile)
      const passing = answered || /still in use|lock file|starting up|shutting down/.test(why)
      if (!passing || performance.now() > until) throw new Error(`PostgreSQL did not start: ${why}`)
      await sleep(retryMilliseconds)
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#child?.pid !== undefined && !hasEnded(this.#child)) await stopProcess(this.#child.pid)
  }

  async #spawn(): Promise<ChildProcess> {
    const { native, data, socketDir, runner } = this.#place
    const settings = {
      ...serverSettings,
      ...(this.#options.durable === false && notDurable),
      ...this.#options.settings,
    }
    const args = [
      "-D",
      data,
      "-k",
      socketDir,
      ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
    ]
    const { file, args: all, ...ids } = runner.command(join(native, "bin/postgres"), args)
    const log = await openLog(this.#place.logFile)
    if (this.#stopping) {
      await log.close()
      throw new Error("PostgreSQL is being stopped")
    }
    // In a group of its own: a Ctrl-C must reach it only after we have finished with it.
    const child = spawn(file, all, {
      ...ids,
      cwd: "/",
      env: plainEnvironment,
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
    })
    child.on("error", () => {})
    this.#child = child
    await log.close()
    return child
  }

  async #answers(child: ChildProcess, until: number): Promise<boolean> {
    while (!hasEnded(child) && performance.now() < until && !this.#stopping) {
      const client = new pg.Client({ host: this.#place.socketDir, user: "app", database: "postgres" })
      client.on("error", () => {})
      try {
        await client.connect()
        return true
      } catch {
        await sleep(20)
      } finally {
        await client.end().catch(() => {})
      }
    }
    return false
  }

  async #restart(): Promise<void> {
    if (this.#stopping) return
    this.#options.log?.("PostgreSQL ended by itself: starting it again")
    while (!this.#stopping) {
      try {
        await stopLeftover(this.#place.data)
        return await this.start()
      } catch (error) {
        if (!this.#stopping) this.#options.log?.(error instanceof Error ? error.message : String(error))
        await sleep(restartMilliseconds)
      }
    }
  }
}

const serverSettings = {
  listen_addresses: "",
  unix_socket_permissions: "0700",
  shared_buffers: "256MB",
  max_connections: "100",
  max_wal_size: "4GB",
  wal_compression: "on",
  jit: "off",
  // The disk is no slower at reading here and there; what is asked for by key must not be looked for in a whole table.
  random_page_cost: "1.1",
  // A company's first minutes: the planner must soon know that tables are not empty any more.
  autovacuum_naptime: "5s",
  // After them: what is found by keys needs no new statistics for every tenth row more, and rows that are only added no
  // vacuum for every fifth; each makes the statements of all connections be planned again.
  autovacuum_analyze_scale_factor: "0.3",
  autovacuum_vacuum_insert_scale_factor: "0.5",
  // After a crash the files are synced before the recovery: one call instead of one per file (seconds).
  ...(process.platform === "linux" && { recovery_init_sync_method: "syncfs" }),
  // What customers write must not reach a log: neither values in details nor statements.
  log_error_verbosity: "terse",
  log_min_error_statement: "panic",
  log_timezone: "UTC",
  timezone: "UTC",
}

const notDurable = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", shared_buffers: "64MB" }

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

async function openLog(path: string) {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0
  const file = await open(path, size > logBytesMax ? "w" : "a", 0o600)
  await chmod(path, 0o600)
  return file
}

async function lastLines(path: string): Promise<string> {
  return (await readFile(path, "utf8").catch(() => "")).trim().split("\n").slice(-4).join(" | ")
}
