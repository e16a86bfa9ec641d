import { mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import pg from "pg"
import type { TestProject } from "vitest/node"
import { startEmbedded } from "../src/store/embedded.ts"
import { migrate } from "../src/store/migrate.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** A socket that answers with the URL of the run's database server. */
    clusterSocket: string
  }
}

/** vitest's globalSetup: one database server per run, started when the first test asks for it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "switchboard-test-"))
  let cluster: ReturnType<typeof startCluster> | undefined
  const door = createServer((socket) => {
    socket.on("error", () => {})
    cluster ??= startCluster(join(folder, "data"))
    cluster.then(
      ({ url }) => socket.end(url),
      (error: unknown) => socket.end(`error ${error instanceof Error ? error.message : error}`),
    )
  })
  const clusterSocket = join(folder, "door")
  await new Promise<void>((resolve) => door.listen(clusterSocket, resolve))
  project.provide("clusterSocket", clusterSocket)
  return async () => {
    door.close()
    await cluster?.then((started) => started.stop()).catch(() => {})
    await rm(folder, { recursive: true, force: true })
  }
}

/** Name of the migrated database that each test file gets a clone of. */
export const templateName = "template_switchboard"

async function startCluster(dataDir: string) {
  const server = await startEmbedded(dataDir, { durable: false, settings: { max_connections: "300" } })
  const admin = new pg.Client({ connectionString: server.url })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${templateName}`)
  await admin.end()
  const pool = new pg.Pool({ connectionString: databaseUrl(server.url, templateName), max: 1 })
  await migrate(pool)
  await pool.end()
  return server
}

/** The address of another database of the same server. */
export function databaseUrl(url: string, name: string): string {
  const other = new URL(url)
  other.pathname = `/${name}`
  return other.href
}
