import { createHash } from "node:crypto"
import { mkdir, realpath, unlink } from "node:fs/promises"
import { connect, createServer, type Server } from "node:net"
import { join } from "node:path"

/** Another Switchboard runs on this folder; the message is the one line to show before exit 2. */
export class DataDirInUse extends Error {
  constructor(dataDir: string) {
    super(
      `Another Switchboard is running on DATA_DIR ${dataDir}: stop it first, or give this one a DATA_DIR of its own.`,
    )
    this.name = "DataDirInUse"
  }
}

/**
 * Makes the folder and holds it until `release` or the end of the process, however it ends: a listening Unix socket
 * needs no cleaning up after a kill -9. Throws `DataDirInUse`.
 */
export async function lockDataDir(dataDir: string): Promise<{ release(): Promise<void> }> {
  await mkdir(dataDir, { recursive: true })
  const server = await listen(await realpath(dataDir))
  if (server === undefined) throw new DataDirInUse(dataDir)
  server.unref()
  return { release: () => new Promise((resolve) => server.close(() => resolve())) }
}

async function listen(folder: string): Promise<Server | undefined> {
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 24)
  // Linux has names for sockets without a file, which end with their process.
  if (process.platform === "linux") return listenOn(`\0switchboard-${hash}`)
  const path = join(folder, ".lock")
  const first = await listenOn(path)
  if (first !== undefined || (await answers(path))) return first
  await unlink(path)
  return listenOn(path)
}

function listenOn(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.on("error", (error) => ("code" in error && error.code === "EADDRINUSE" ? resolve(undefined) : reject(error)))
    server.listen(path, () => resolve(server))
  })
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", () => resolve(false))
  })
}
