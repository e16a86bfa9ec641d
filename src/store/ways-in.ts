import { type Kysely, sql } from "kysely"
import type { Section } from "../core/channels.ts"
import type { Resolution } from "../core/entry-points/entry-point.ts"
import { type InboxChoice, type RoutingTable, resolve } from "../core/entry-points/resolve.ts"
import type { DB } from "./tables.ts"

export type EntryPointRow = {
  orgId: string
  id: string
  channel: string
  section: string
  kind: string
  address: string
  displayName: string
  status: string
  phoneNumberId: string | null
  chatAppId: string | null
  mailboxId: string | null
  socialAccountId: string | null
  ivrId: string | null
  ivrNodeId: string | null
  createdAt: Date
  createdBy: unknown
  version: number
  /** Of a mailbox: whether mail was ever seen through its forwarding target. */
  forwardingSeenAt: Date | null
}

/** What pages of settings show of an organization's ways in, read in one go. */
export type Picture = {
  routing: RoutingTable
  entryPoints: EntryPointRow[]
  /** Agent ids by Inbox id; only active people. */
  members: Map<string, string[]>
}

export async function loadPicture(db: Kysely<DB>, orgId: string): Promise<Picture> {
  const [routing, entryPoints, members] = await Promise.all([
    loadRoutingTable(db, orgId),
    sql<EntryPointRow>`
      SELECT e.*, m.forwarding_seen_at FROM entry_points e
      LEFT JOIN mailboxes m ON m.org_id = e.org_id AND m.id = e.mailbox_id
      WHERE e.org_id = ${orgId} ORDER BY e.created_at, e.id`.execute(db),
    sql<{ inboxId: string; agentId: string }>`
      SELECT m.inbox_id, m.agent_id FROM inbox_members m
      JOIN users u ON u.org_id = m.org_id AND u.id = m.agent_id AND u.status = 'active'
      WHERE m.org_id = ${orgId}`.execute(db),
  ])
  const byInbox = new Map<string, string[]>()
  for (const { inboxId, agentId } of members.rows) byInbox.set(inboxId, [...(byInbox.get(inboxId) ?? []), agentId])
  return { routing, entryPoints: entryPoints.rows, members: byInbox }
}

export function live(picture: Picture): EntryPointRow[] {
  return picture.entryPoints.filter((row) => row.status !== "deleted")
}

export function resolutionOf(picture: Picture, row: { id: string; section: string }): Resolution | null {
  const section = row.section as Section
  if (!picture.routing.exceptions.has(row.id) && !picture.routing.defaults.has(section)) return null
  return resolve({ id: row.id, section }, picture.routing)
}

/** The routing settings of an organization as `resolve` wants them. Deactivated inboxes are in it too: work still points there. */
export async function loadRoutingTable(db: Kysely<DB>, orgId: string): Promise<RoutingTable> {
  const [sections, exceptions, inboxes] = await Promise.all([
    db
      .selectFrom("channelRoutings")
      .select(["section", "defaultInboxId", "defaultSlaSeconds"])
      .where("orgId", "=", orgId)
      .execute(),
    db
      .selectFrom("entryPointExceptions")
      .select(["entryPointId", "inboxId", "slaSeconds"])
      .where("orgId", "=", orgId)
      .execute(),
    db.selectFrom("inboxes").select(["id", "name", "slaSeconds"]).where("orgId", "=", orgId).execute(),
  ])
  const defaults = new Map<Section, InboxChoice>()
  for (const row of sections) {
    if (row.defaultInboxId)
      defaults.set(row.section as Section, { inboxId: row.defaultInboxId, slaSeconds: row.defaultSlaSeconds })
  }
  return {
    defaults,
    exceptions: new Map(
      exceptions.map((row) => [row.entryPointId, { inboxId: row.inboxId, slaSeconds: row.slaSeconds }]),
    ),
    inboxes: new Map(inboxes.map((row) => [row.id, { name: row.name, slaSeconds: row.slaSeconds }])),
  }
}
