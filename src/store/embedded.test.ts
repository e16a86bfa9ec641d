import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { afterAll, beforeAll, expect, test } from "vitest"
import { DataDirInUse, lockDataDir } from "./data-dir.ts"
import { startEmbedded } from "./embedded.ts"

const root = process.getuid?.() === 0
const varLib = "/var/lib/switchboard"
const varLibWasThere = existsSync(varLib)
let folder: string
beforeAll(async () => {
  // mkdtemp closes the folder to others; these tests begin with an open one.
  folder = await mkdtemp(join(tmpdir(), "switchboard-embedded-"))
  await chmod(folder, 0o755)
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  if (root && !varLibWasThere) await rm(varLib, { recursive: true, force: true })
})

test("data outlive a stop, a kill -9 of the server, and a kill -9 of the program that started it", async () => {
  const dataDir = join(folder, "lasting")
  const first = await startEmbedded(dataDir)
  await ask(first.url, "CREATE TABLE kept (n int)")
  await ask(first.url, "INSERT INTO kept VALUES (1)")
  const before = first.pid
  process.kill(before, "SIGKILL")
  await until(() => first.pid !== before && first.pid > 0)
  await until(async () => (await ask(first.url, "SELECT n FROM kept").catch(() => [])).length === 1)
  await first.stop()

  const orphan = await startAndDie(dataDir)
  expect(isAlive(orphan)).toBe(true)
  const second = await startEmbedded(dataDir)
  expect(isAlive(orphan)).toBe(false)
  expect(await ask(second.url, "SELECT n FROM kept")).toEqual([{ n: 1 }])
  expect((await readFile(join(dataDir, "database-url"), "utf8")).trim()).toBe(second.url)
  expect((await stat(join(dataDir, "database-url"))).mode & 0o777).toBe(0o600)
  await second.stop()
})

test("a pid file whose process is another one does not block the start", async () => {
  const dataDir = join(folder, "lasting")
  await writeFile(join(dataDir, "postgres/postmaster.pid"), `${process.pid}\n${join(dataDir, "postgres")}\n`)
  const server = await startEmbedded(dataDir)
  expect(await ask(server.url, "SELECT n FROM kept")).toEqual([{ n: 1 }])
  await server.stop()
})

test("an initdb that was cut off begins again", async () => {
  const dataDir = join(folder, "cut-off")
  await mkdir(join(dataDir, "postgres.new/base"), { recursive: true })
  const server = await startEmbedded(dataDir, { durable: false })
  expect(await ask(server.url, "SELECT lower('ÄÖ') AS folded, current_setting('data_checksums') AS checksums")).toEqual(
    [{ folded: "äö", checksums: "on" }],
  )
  await server.stop()
})

test("it listens on a socket only, in a folder for its owner only, also under a long DATA_DIR", async () => {
  const dataDir = join(folder, "long".repeat(30))
  const server = await startEmbedded(dataDir, { durable: false })
  expect(await ask(server.url, "SHOW listen_addresses")).toEqual([{ listen_addresses: "" }])
  expect(await ask(server.url, "SHOW fsync")).toEqual([{ fsync: "off" }])
  expect((await stat(server.socketDir)).mode & 0o777).toBe(0o700)
  expect(server.socketDir.length).toBeLessThan(dataDir.length)
  await server.stop()
  await rm(server.socketDir, { recursive: true })
})

test.runIf(root)("as root in a folder that others may not enter", async () => {
  const closed = join(folder, "closed")
  await mkdir(closed, { mode: 0o700 })
  const lines: string[] = []
  const server = await startEmbedded(join(closed, "data"), { durable: false, log: (line) => lines.push(line) })
  expect(await ask(server.url, "SELECT 1 AS one")).toEqual([{ one: 1 }])
  await server.stop()
  // Where user namespaces are forbidden it lives elsewhere, says where, and finds it again.
  const options = { durable: false, namespaces: false, log: (line: string) => lines.push(line) }
  const moved = await startEmbedded(join(closed, "moved"), options)
  await ask(moved.url, "CREATE TABLE kept (n int)")
  await moved.stop()
  const home = (await readFile(join(closed, "moved/postgres-folder"), "utf8")).trim()
  expect(lines.at(-1)).toContain(home)
  const again = await startEmbedded(join(closed, "moved"), options)
  expect(await ask(again.url, "SELECT n FROM kept")).toEqual([])
  await again.stop()
  await rm(home, { recursive: true })
  // And data that are there already are never left behind silently: it refuses and says what to do.
  if (lines.length === 2) await expect(startEmbedded(join(closed, "data"), options)).rejects.toThrow("chmod o+x")
})

test.runIf(root)(
  "as root on data of an ordinary user it runs as that user, and the other way round it refuses",
  async () => {
    const dataDir = join(folder, "lasting")
    expect((await stat(join(dataDir, "postgres"))).uid).toBe(65534)
    const asOther = await run(`process.setuid(4321); await startEmbedded(${JSON.stringify(dataDir)})`)
    expect(asOther.output).toMatch(/EACCES|belongs to user 65534: start as that user, or as root/)
  },
)

test("a second start on the same folder is refused until the first has ended, however it ended", async () => {
  const dataDir = join(folder, "lock")
  const held = await lockDataDir(dataDir)
  await expect(lockDataDir(dataDir)).rejects.toThrow(DataDirInUse)
  const other = await run(`await lockDataDir(${JSON.stringify(dataDir)})`)
  expect(other.output).toContain(`Another Switchboard is running on DATA_DIR ${dataDir}`)
  await held.release()
  await run(`await lockDataDir(${JSON.stringify(dataDir)}); process.kill(process.pid, "SIGKILL")`)
  const again = await lockDataDir(dataDir)
  await again.release()
})

async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on("error", () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** A program that starts the server and is killed; gives the server's process id. */
async function startAndDie(dataDir: string): Promise<number> {
  const { output } = await run(
    `const server = await startEmbedded(${JSON.stringify(dataDir)}); console.log(server.pid); process.kill(process.pid, "SIGKILL")`,
  )
  return Number(output.trim())
}

async function run(code: string): Promise<{ output: string }> {
  const imports = ["embedded", "data-dir"].map((name) => import.meta.resolve(`./${name}.ts`))
  const program = `import { startEmbedded } from "${imports[0]}"; import { lockDataDir } from "${imports[1]}"; ${code}`
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "pipe"],
  })
  let output = ""
  child.stdout.on("data", (chunk) => (output += chunk))
  child.stderr.on("data", (chunk) => (output += chunk))
  await new Promise((resolve) => child.on("exit", resolve))
  return { output }
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) || (process.platform !== "linux" && process.kill(pid, 0))
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000
  while (!(await holds())) {
    if (performance.now() > end) throw new Error("it did not come about within 15 s")
    await sleep(25)
  }
}
