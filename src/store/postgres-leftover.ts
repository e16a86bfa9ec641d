import { readFile, readlink, realpath, rm } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

const stopSeconds = 8
const pollMilliseconds = 25

/**
 * After a kill -9 of us the server lives on: it is stopped in order. A pid file whose process is another one (numbers
 * are used again after a restart of the machine) would block the start: it is taken away.
 */
export async function stopLeftover(dataFolder: string): Promise<void> {
  const pidFile = join(dataFolder, "postmaster.pid")
  const pid = await pidIn(pidFile)
  if (pid === undefined) return
  if (await servesFrom(pid, dataFolder)) await stopProcess(pid)
  await rm(pidFile, { force: true })
}

async function pidIn(pidFile: string): Promise<number | undefined> {
  const text = await readFile(pidFile, "utf8").catch(() => "")
  const pid = Number.parseInt(text, 10)
  return pid > 1 ? pid : undefined
}

async function servesFrom(pid: number, dataFolder: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  if (process.platform !== "linux") return true
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  return cwd !== undefined && cwd === (await realpath(dataFolder))
}

/** SIGINT ends connections and shuts down in order; SIGQUIT leaves the rest to recovery. Never SIGKILL. */
export async function stopProcess(pid: number): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    const until = performance.now() + (stopSeconds * 1000) / 2
    if (isAlive(pid)) process.kill(pid, signal)
    while (isAlive(pid) && performance.now() < until) await sleep(pollMilliseconds)
  }
  if (isAlive(pid)) throw new Error(`PostgreSQL (process ${pid}) does not stop: end it by hand`)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}
