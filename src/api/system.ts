import { statfs } from "node:fs/promises"
import { sql } from "kysely"
import { z } from "zod"
import type { Store } from "../store/write.ts"
import { ok } from "./answer.ts"
import { type Route, route } from "./route.ts"

const SystemAnswer = z.object({
  version: z.string(),
  database: z.object({ version: z.string(), sizeBytes: z.int(), connections: z.int() }),
  carriers: z.array(z.object({ id: z.string(), name: z.string(), carrier: z.string(), status: z.string() })),
  mail: z.object({ sends: z.boolean(), queued: z.int(), failed: z.int() }),
  jobs: z.object({ ready: z.int(), failed: z.int() }),
  parked: z.int(),
  lease: z.object({ owner: z.string(), epoch: z.int(), expiresAt: z.string() }).nullable(),
  /** What was found broken in the last day. */
  invariants: z.array(z.object({ at: z.string(), data: z.record(z.string(), z.unknown()) })),
  disk: z.object({ freeBytes: z.int(), totalBytes: z.int() }),
})

export type SystemDeps = {
  store: Store
  version: string
  dataDir: string
  /** Whether mail leaves through a relay, or goes to the sandbox. */
  mailSends: boolean
}

type Facts = {
  version: string
  sizeBytes: number
  connections: number
  jobsReady: number
  jobsFailed: number
  mailQueued: number
  mailFailed: number
  parked: number
}

/** How the server is (api.md 2.15): its own state, and what waits of the caller's organization. */
export function systemRoutes({ store, version, dataDir, mailSends }: SystemDeps): Route[] {
  const { db } = store
  return [
    route({
      method: "GET",
      path: "/system",
      action: "system.read",
      summary: "How the server is",
      answers: { 200: SystemAnswer },
      async handle({ principal, now }) {
        const { orgId } = principal
        const [facts, carriers, lease, invariants, disk] = await Promise.all([
          readFacts(orgId, now),
          db
            .selectFrom("carrierAccounts")
            .select(["id", "name", "carrier", "status"])
            .where("orgId", "=", orgId)
            .orderBy("id")
            .execute(),
          db.selectFrom("leases").select(["owner", "epoch", "expiresAt"]).where("orgId", "=", orgId).executeTakeFirst(),
          db
            .selectFrom("events")
            .select(["at", "data"])
            .where("orgId", "=", orgId)
            .where("type", "=", "invariant.broken")
            .where("at", ">", new Date(now.getTime() - 86_400_000))
            .orderBy("position", "desc")
            .limit(20)
            .execute(),
          statfs(dataDir),
        ])
        return ok({
          version,
          database: { version: facts.version, sizeBytes: facts.sizeBytes, connections: facts.connections },
          carriers,
          mail: { sends: mailSends, queued: facts.mailQueued, failed: facts.mailFailed },
          jobs: { ready: facts.jobsReady, failed: facts.jobsFailed },
          parked: facts.parked,
          lease: lease ?? null,
          invariants,
          disk: { freeBytes: disk.bavail * disk.bsize, totalBytes: disk.blocks * disk.bsize },
        })
      },
    }),
  ]

  async function readFacts(orgId: string, now: Date): Promise<Facts> {
    const found = await sql<Facts>`
      SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS size_bytes,
        (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections,
        (SELECT count(*) FROM jobs WHERE org_id = ${orgId} AND failed_at IS NULL AND run_at <= ${now}) AS jobs_ready,
        (SELECT count(*) FROM jobs WHERE org_id = ${orgId} AND failed_at IS NOT NULL) AS jobs_failed,
        (SELECT count(*) FROM deliveries WHERE org_id = ${orgId} AND channel = 'email' AND status = 'queued') AS mail_queued,
        (SELECT count(*) FROM deliveries WHERE org_id = ${orgId} AND channel = 'email' AND status = 'failed') AS mail_failed,
        (SELECT count(*) FROM inbound_events WHERE org_id = ${orgId} AND parked_at IS NOT NULL) AS parked`.execute(db)
    const [facts] = found.rows
    if (!facts) throw new Error("the database tells nothing of itself")
    return facts
  }
}
