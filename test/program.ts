import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { freePort } from "../src/ports.ts"
import { serverFlags } from "../src/node-flags.js"

/** The whole program as a process of its own, as somebody who starts it would have it. */
export type Program = {
  url: string
  port: number
  smtpPort: number
  sandboxOrigin: string
  dataDir: string
  child: ChildProcess
  /** Everything that it has printed so far. */
  output(): string
  /** Ends it in order; gives the exit code. Throws when that takes more than 10 s. */
  stop(signal?: NodeJS.Signals): Promise<number>
  /** kill -9, as a crash. */
  kill(): Promise<void>
  /** stop, and its data folder removed when we made it. */
  dispose(): Promise<void>
}

export type ProgramOptions = {
  dataDir?: string
  env?: Record<string, string>
  /** Instead of `src/main.ts` run directly. */
  command?: [string, ...string[]]
  uid?: number
  cwd?: string
  readySeconds?: number
}

export const setupCode = "setup-code-of-the-tests"

/** Resolves when `/readyz` answers 200; throws with what the program printed when it does not come so far. */
export async function startProgram(options: ProgramOptions = {}): Promise<Program> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "switchboard-program-")))
  const [port = 0, smtpPort = 0, sandboxPort = 0] = await freePorts(3)
  const sandboxOrigin = `http://localhost:${sandboxPort}`
  const [file, ...args] = options.command ?? [process.execPath, ...serverFlags, "src/main.ts"]
  const child = spawn(file, args, {
    cwd: options.cwd ?? join(import.meta.dirname, ".."),
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
    env: {
      PATH: process.env.PATH ?? "",
      HOME: dataDir,
      PORT: String(port),
      SMTP_PORT: String(smtpPort),
      SANDBOX_ORIGIN: sandboxOrigin,
      DATA_DIR: dataDir,
      SETUP_CODE: setupCode,
      TEST_CLOCK: "1",
      RATE_LIMIT_FACTOR: "0",
      ...options.env,
    },
  })
  let printed = ""
  child.stdout.on("data", (chunk) => (printed += chunk))
  child.stderr.on("data", (chunk) => (printed += chunk))
  const ended = new Promise<number>((resolve) =>
    child.on("close", (code, signal) => resolve(code ?? (signal ? 128 : 1))),
  )
  const program: Program = {
    url: `http://localhost:${port}`,
    port,
    smtpPort,
    sandboxOrigin,
    dataDir,
    child,
    output: () => printed,
    stop: async (signal = "SIGTERM") => {
      child.kill(signal)
      const code = await Promise.race([ended, sleep(stopSecondsMax * 1000, undefined, { ref: false })])
      if (code !== undefined) return code
      child.kill("SIGKILL")
      throw new Error(`It did not stop within ${stopSecondsMax} s of ${signal}:\n${printed}`)
    },
    kill: async () => {
      child.kill("SIGKILL")
      await ended
    },
    dispose: async () => {
      if (child.exitCode === null && child.signalCode === null) await program.stop()
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
  await untilReady(program, options.readySeconds ?? 60)
  return program
}

const stopSecondsMax = 10

async function untilReady({ url, child, output }: Program, seconds: number): Promise<void> {
  const until = performance.now() + seconds * 1000
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode} instead of starting:\n${output()}`)
    const answer = await fetch(`${url}/readyz`).catch(() => undefined)
    if (answer?.status === 200) return
    await sleep(50)
  }
  child.kill("SIGKILL")
  throw new Error(`It was not ready within ${seconds} s:\n${output()}`)
}

/** Ports that nobody listens on just now, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort("127.0.0.1"))
  return [...ports]
}
