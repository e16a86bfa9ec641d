import { freeBytes } from "./disk.ts"
import type { Ground } from "./ground.ts"
import { backlogHelp, readBacklog } from "./store/backlog.ts"

/** What the operator watches (docs/operating.md), asked for at each scrape of `/metrics`. */
export function addGauges(
  { metrics, database, side, clock, config }: Ground,
  ask: { agentSockets(): number; visitorSockets(): number; databaseAnswers(): Promise<boolean> },
): void {
  const { pool } = database
  metrics.gauge("agent_sockets", "Open sockets of agents", ask.agentSockets)
  metrics.gauge("visitor_sockets", "Open sockets of chat widgets", ask.visitorSockets)
  metrics.gauge(
    "database_connections_in_use",
    "Connections that a statement or transaction has",
    () => pool.totalCount - pool.idleCount,
  )
  metrics.gauge("database_connections_wanted", "Who waits for a connection", () => pool.waitingCount)
  metrics.gauges({ database_up: "Whether the database answers" }, async () => ({
    database_up: Number(await ask.databaseAnswers()),
  }))
  metrics.gauges(backlogHelp, () => readBacklog(side.db, clock.now()))
  metrics.gauges(
    { data_free_bytes: "Free space where DATA_DIR is", blobs_free_bytes: "Free space where BLOB_DIR is" },
    async () => ({
      data_free_bytes: await freeBytes(config.dataDir),
      blobs_free_bytes: await freeBytes(config.blobDir),
    }),
  )
}
