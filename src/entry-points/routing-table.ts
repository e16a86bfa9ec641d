import type { Kysely } from "kysely"
import type { Section } from "../core/channels.ts"
import type { InboxChoice, RoutingTable } from "../core/entry-points/resolve.ts"
import type { DB } from "../store/tables.ts"

/** The routing settings of an organization as `resolve` wants them. Deactivated inboxes are in it too: work still points there. */
export async function loadRoutingTable(db: Kysely<DB>, orgId: string): Promise<RoutingTable> {
  const [sections, exceptions, inboxes] = await Promise.all([
    db.selectFrom("channelRoutings").select(["section", "defaultInboxId", "defaultSlaSeconds"]).where("orgId", "=", orgId).execute(),
    db.selectFrom("entryPointExceptions").select(["entryPointId", "inboxId", "slaSeconds"]).where("orgId", "=", orgId).execute(),
    db.selectFrom("inboxes").select(["id", "name", "slaSeconds"]).where("orgId", "=", orgId).execute(),
  ])
  const defaults = new Map<Section, InboxChoice>()
  for (const row of sections) {
    if (row.defaultInboxId) defaults.set(row.section as Section, { inboxId: row.defaultInboxId, slaSeconds: row.defaultSlaSeconds })
  }
  return {
    defaults,
    exceptions: new Map(exceptions.map((row) => [row.entryPointId, { inboxId: row.inboxId, slaSeconds: row.slaSeconds }])),
    inboxes: new Map(inboxes.map((row) => [row.id, { name: row.name, slaSeconds: row.slaSeconds }])),
  }
}
