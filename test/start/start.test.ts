import { spawn, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { chmod, mkdir, mkdtemp, readFile, rm } from "node:fs/promises"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { testDatabase } from "../database.ts"
import { processes } from "../processes.ts"
import { freePorts, type Program, type ProgramOptions, setupCode, startProgram } from "../program.ts"
import { isTrial } from "../trials.ts"
import { copyProject, giveTo } from "./copy.ts"

const root = process.getuid?.() === 0
const nobody = 65534
const project = join(import.meta.dirname, "../..")
/** Where the project itself is closed to others, no other user can run it. */
const othersMayEnter = !root || spawnSync("test", ["-r", join(project, "package.json")], { uid: nobody }).status === 0

let folder: string
/** An installed and built copy, started by the starter in what follows. */
let copy: string
const running: Program[] = []
beforeAll(async () => {
  const built = spawnSync(process.execPath, ["start.js", "build"], {
    cwd: project,
    stdio: ["ignore", "ignore", "inherit"],
  })
  expect(built.status).toBe(0)
  folder = await mkdtemp(join(tmpdir(), "switchboard-start-"))
  copy = join(folder, "copy")
  await copyProject(copy)
}, 120_000)
afterEach(async () => {
  for (const program of running.splice(0)) await program.dispose().catch(() => {})
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function start(options: ProgramOptions = {}): Promise<Program> {
  const cwd = options.cwd ?? copy
  const dataDir = join(cwd, "data")
  const program = await startProgram({ command: ["node", "start.js"], cwd, dataDir, ...options })
  running.push(program)
  return program
}

test("a copy in a folder that only its owner may enter starts, and does not build again what it has built", async () => {
  // mkdtemp made `folder` 0700: as root neither programs nor data can be reached by another user.
  const first = await start()
  await makeOrganization(first)
  expect(await first.stop("SIGINT")).toBe(0)
  const before = performance.now()
  const second = await start()
  // A promise of seconds is kept by a machine that does nothing else.
  if (isTrial) expect(performance.now() - before).toBeLessThan(5_000)
  expect(second.output()).not.toMatch(/Building|Installing/)
  expect(await setupIsClosed(second)).toBe(true)
  expect(await second.stop("SIGTERM")).toBe(0)
  expect(databasesOn(second.dataDir)).toEqual([])
})

test("a second start on the same DATA_DIR ends with 2 and one line that says why", async () => {
  const first = await start()
  const second = spawnSync("node", ["start.js"], { cwd: copy, encoding: "utf8", env: await otherPorts(first.dataDir) })
  expect(second.status).toBe(2)
  expect(second.stderr.trim()).toContain(`Another Switchboard is running on DATA_DIR ${first.dataDir}`)
  expect(second.stderr.trim().split("\n")).toHaveLength(1)
  expect((await fetch(`${first.url}/readyz`)).status).toBe(200)
  await first.stop()
})

test("after a kill -9 of the server the starter ends too, and the next start recovers", async () => {
  const first = await start()
  process.kill(serverOf(first), "SIGKILL")
  await until(() => first.child.exitCode !== null)
  expect(first.child.exitCode).toBe(137)
  const second = await start()
  expect(await setupIsClosed(second)).toBe(true)
  await second.stop()
})

test("after a kill -9 of the starter everything stops by itself", async () => {
  const first = await start()
  await first.kill()
  await until(async () => !(await answers(first.port)) && databasesOn(first.dataDir).length === 0)
  const second = await start()
  await second.stop()
})

test("after a kill -9 of the database the running server is ready again by itself", async () => {
  const first = await start()
  const killed = databaseOf(first)
  process.kill(killed, "SIGKILL")
  await until(
    async () => databaseOf(first) !== killed && (await readyz(first)) === 200 && (await setupIsClosed(first)),
    async () =>
      `database ${databaseOf(first)}, was ${killed}; ${await reasons(first)}\n${first.output().slice(-4_000)}`,
  )
  expect(await first.stop()).toBe(0)
})

test("after a kill -9 of all of its processes the next start recovers", async () => {
  const first = await start()
  for (const pid of [serverOf(first), databaseOf(first)]) process.kill(pid, "SIGKILL")
  await first.kill()
  const second = await start()
  expect(await setupIsClosed(second)).toBe(true)
  expect(await second.stop()).toBe(0)
})

test("told to stop while it starts, it stops in order and leaves no database running", async () => {
  const dataDir = join(folder, "young")
  const child = spawn("node", ["start.js"], { cwd: copy, env: await otherPorts(dataDir), stdio: "ignore" })
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve))
  await until(() => databasesOn(dataDir).length > 0)
  child.kill("SIGTERM")
  expect(await ended).toBe(0)
  expect(databasesOn(dataDir)).toEqual([])
})

test("settings that are wrong are named together, and it ends with 2", async () => {
  const env = { PATH: process.env.PATH ?? "", PORT: "x", PUBLIC_URL: "y", DATA_DIR: join(folder, "never") }
  const ended = spawnSync("node", ["start.js"], { cwd: copy, encoding: "utf8", env })
  expect(ended.status).toBe(2)
  expect(ended.stderr).toMatch(/PORT: must be[\s\S]*PUBLIC_URL: must be/)
  expect(existsSync(join(folder, "never"))).toBe(false)
})

test("with DATABASE_URL no database is started", async () => {
  const { url, drop } = await testDatabase()
  const program = await start({ dataDir: join(folder, "outside"), env: { DATABASE_URL: url } })
  await makeOrganization(program)
  expect(existsSync(join(program.dataDir, "postgres"))).toBe(false)
  expect(await program.stop()).toBe(0)
  await drop()
})

test("a second process on the same database serves too; with another secret or folder it ends with 2 and names them", async () => {
  const first = await start()
  const read = async (name: string) => (await readFile(join(first.dataDir, name), "utf8")).trim()
  const shared = {
    DATABASE_URL: await read("database-url"),
    SECRET_KEY: await read("secret-key"),
    BLOB_DIR: join(first.dataDir, "blobs"),
  }
  const second = await start({ dataDir: join(folder, "second"), env: shared })
  expect(await setupIsClosed(second)).toBe(true)
  expect(await second.stop()).toBe(0)
  const env = { ...(await otherPorts(join(folder, "third"))), DATABASE_URL: shared.DATABASE_URL }
  const third = spawnSync("node", ["start.js"], { cwd: copy, encoding: "utf8", env })
  expect(third.status).toBe(2)
  expect(third.stderr).toMatch(/SECRET_KEY: this database was made with another secret[\s\S]*BLOB_DIR: /)
  expect(await first.stop()).toBe(0)
})

test.runIf(root && othersMayEnter)(
  "as an ordinary user",
  async () => {
    const own = await mkdtemp(join(tmpdir(), "switchboard-user-"))
    await copyProject(own, copy)
    await giveTo(nobody, own)
    const program = await start({ cwd: own, uid: nobody })
    await makeOrganization(program)
    expect(await program.stop("SIGINT")).toBe(0)
    await rm(own, { recursive: true })
  },
  120_000,
)

test.runIf(root)("as root in a folder that others may enter the database runs as an unprivileged user", async () => {
  const open = join(tmpdir(), `switchboard-open-${process.pid}`)
  await mkdir(open)
  await chmod(open, 0o755)
  const program = await start({ dataDir: join(open, "data") })
  const status = await readFile(`/proc/${databaseOf(program)}/status`, "utf8").catch(() => "")
  if (othersMayEnter && status) expect(status).toMatch(/^Uid:\t(0|65534)\t/m)
  expect(await program.stop()).toBe(0)
  await rm(open, { recursive: true })
})

async function makeOrganization(program: Program): Promise<void> {
  const answer = await setUp(program)
  expect(answer.status, await answer.text()).toBe(201)
}

async function setupIsClosed(program: Program): Promise<boolean> {
  return (await setUp(program)).status === 409
}

function setUp({ url }: Program): Promise<Response> {
  const organization = { name: "Retale", timeZone: "Europe/Berlin", country: "US" }
  const user = { name: "Jordan", email: "jordan@retale.example", password: "correct horse battery" }
  const body = JSON.stringify({ code: setupCode, organization, user })
  return fetch(`${url}/api/setup`, { method: "POST", headers: { "content-type": "application/json" }, body })
}

async function otherPorts(dataDir: string): Promise<Record<string, string>> {
  const [port, smtpPort] = await freePorts(2)
  return { PATH: process.env.PATH ?? "", DATA_DIR: dataDir, PORT: `${port}`, SMTP_PORT: `${smtpPort}` }
}

function readyz({ url }: Program): Promise<number> {
  return fetch(`${url}/readyz`).then(
    (answer) => answer.status,
    () => 0,
  )
}

/** The Node that runs src/main.ts: the starter's only child. */
function serverOf({ child }: Program): number {
  return processes().find(({ parent }) => parent === child.pid)?.pid ?? 0
}

function databaseOf({ dataDir }: Program): number {
  return databasesOn(dataDir)[0] ?? 0
}

/** The database servers whose data are below `dataDir`; their own children carry other titles. */
function databasesOn(dataDir: string): number[] {
  return processes()
    .filter(({ command }) => command.includes("bin/postgres -D") && command.includes(dataDir))
    .map(({ pid }) => pid)
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", () => resolve(false))
  })
}

function reasons({ url }: Program): Promise<string> {
  return fetch(`${url}/readyz`).then((answer) => answer.text(), String)
}

async function until(holds: () => boolean | Promise<boolean>, why = async () => ""): Promise<void> {
  const end = performance.now() + 25_000
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`it did not come about within 25 s: ${await why()}`)
    await sleep(50)
  }
}
