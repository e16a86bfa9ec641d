import { spawnSync } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { startProgram } from "../program.ts"

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-demo-"))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const command: [string, ...string[]] = [process.execPath, "src/main.ts", "--demo"]

test("--demo loads a company with history and prints who can sign in; the next start just starts", async () => {
  const dataDir = join(folder, "data")
  const env = { TEST_CLOCK: "0", LOG_LEVEL: "error" }
  const first = await startProgram({ dataDir, command, env, readySeconds: 120 })
  try {
    await until(() => first.output().includes("Demonstration accounts"))
    const [, password = ""] = /with the password (\S+):/.exec(first.output()) ?? []
    const session = await fetch(`${first.url}/api/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: "jordan@retale.com", password }),
    })
    expect(session.status).toBe(201)
    const cookie = (session.headers.get("set-cookie") ?? "").split(";")[0] ?? ""
    const list = await fetch(`${first.url}/api/conversations?limit=100`, { headers: { cookie } })
    const { items } = (await list.json()) as { items: { status: string; lastItem: { channel: string; at: string } }[] }
    expect(new Set(items.map(({ lastItem }) => lastItem.channel))).toEqual(new Set(["email", "sms", "chat"]))
    expect(new Set(items.map(({ status }) => status))).toEqual(new Set(["new", "open", "waiting", "closed"]))
    // Nothing lies ahead of now: the business clock went back to where it was.
    expect(Math.max(...items.map(({ lastItem }) => Date.parse(lastItem.at)))).toBeLessThanOrEqual(Date.now())
    expect(await first.stop()).toBe(0)
    const second = await startProgram({ dataDir, command, env })
    await until(() => second.output().includes("Demonstration accounts"))
    expect(second.output()).toContain(password)
    expect(second.output()).not.toContain("interrupted")
    expect(await second.stop()).toBe(0)
  } finally {
    await first.dispose()
  }
}, 240_000)

test("--demo refuses a folder with somebody's own data: exit 2, one line", async () => {
  const dataDir = await mkdtemp(join(folder, "own-"))
  await writeFile(join(dataDir, "secret-key"), "x")
  const [file, ...args] = command
  const cwd = join(import.meta.dirname, "../..")
  const ended = spawnSync(file, args, {
    cwd,
    encoding: "utf8",
    env: { PATH: process.env.PATH ?? "", DATA_DIR: dataDir },
  })
  expect(ended.status).toBe(2)
  expect(ended.stderr.trim().split("\n")).toEqual([
    `DATA_DIR ${dataDir} is not empty and holds no demonstration: give --demo a folder of its own.`,
  ])
})

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 120_000; !holds() && performance.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  expect(holds()).toBe(true)
}
