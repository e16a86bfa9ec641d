import type { Kysely } from "kysely"
import { channelOfSection, type Section, sections } from "../core/channels.ts"
import type { ChannelRouting, OverviewRow } from "../core/entry-points/channel-routing.ts"
import type { EntryPoint, Warning } from "../core/entry-points/entry-point.ts"
import { overview } from "../core/entry-points/overview.ts"
import type { Person } from "../core/people/person.ts"
import type { DB } from "../store/tables.ts"
import { type EntryPointRow, live, loadPicture, type Picture, resolutionOf } from "../store/ways-in.ts"

export function showEntryPoint(picture: Picture, row: EntryPointRow): EntryPoint {
  const { orgId: _org, forwardingSeenAt: _seen, ...shown } = row
  return {
    ...shown,
    channel: row.channel as EntryPoint["channel"],
    section: row.section as EntryPoint["section"],
    kind: row.kind as EntryPoint["kind"],
    status: row.status as EntryPoint["status"],
    resolution: row.status === "deleted" ? null : resolutionOf(picture, row),
    warnings: row.status === "deleted" ? [] : warningsOf(picture, row),
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy as Person,
  }
}

/** What is wrong on the way from this entry point to a person (spec 2.7, S20). Warnings never block. */
function warningsOf(picture: Picture, row: EntryPointRow): Warning[] {
  const warnings: Warning[] = []
  const resolution = resolutionOf(picture, row)
  if (resolution && !picture.members.get(resolution.inboxId)?.length) {
    warnings.push({
      code: "inbox_without_members",
      entryPointId: row.id,
      inboxId: resolution.inboxId,
      detail: `${resolution.inboxName} has no agents. Requests will wait.`,
    })
  }
  if (row.mailboxId && row.forwardingSeenAt === null) {
    warnings.push({
      code: "waiting_for_forwarding",
      entryPointId: row.id,
      inboxId: null,
      detail: `${row.address} waits for forwarding.`,
    })
  }
  return warnings
}

export type SectionRow = {
  section: string
  defaultInboxId: string | null
  defaultSlaMinutesText: string | null
  defaultSlaSeconds: number | null
  updatedAt: Date | null
  updatedBy: unknown
  version: number
}

/** All nine sections, or one, as the Entry Points page shows them. */
export async function readSections(db: Kysely<DB>, orgId: string, only?: Section): Promise<ChannelRouting[]> {
  const [picture, rows, exceptions] = await Promise.all([
    loadPicture(db, orgId),
    db.selectFrom("channelRoutings").selectAll().where("orgId", "=", orgId).execute(),
    db.selectFrom("entryPointExceptions").selectAll().where("orgId", "=", orgId).orderBy("sortOrder").execute(),
  ])
  const byName = new Map(rows.map((row) => [row.section, row]))
  return sections
    .filter((section) => only === undefined || section === only)
    .flatMap((section) => {
      const row = byName.get(section)
      return row
        ? [
            showSection(
              picture,
              row,
              exceptions.filter((one) => one.section === section),
            ),
          ]
        : []
    })
}

function showSection(
  picture: Picture,
  row: SectionRow,
  exceptions: { entryPointId: string; inboxId: string; slaMinutesText: string | null; slaSeconds: number | null }[],
): ChannelRouting {
  const section = row.section as Section
  const entryPoints = live(picture).filter((one) => one.section === section)
  const inboxSla = row.defaultInboxId ? picture.routing.inboxes.get(row.defaultInboxId)?.slaSeconds : undefined
  const effectiveSla =
    row.defaultSlaSeconds !== null
      ? { seconds: row.defaultSlaSeconds, source: "channel_default" as const }
      : inboxSla !== undefined
        ? { seconds: inboxSla, source: "inbox" as const }
        : null
  return {
    section,
    channel: channelOfSection(section) as ChannelRouting["channel"],
    inUse: entryPoints.length > 0,
    defaultInboxId: row.defaultInboxId,
    defaultSlaMinutesText: row.defaultSlaMinutesText,
    defaultSlaSeconds: row.defaultSlaSeconds,
    effectiveSla,
    exceptions: exceptions.map((one) => ({
      entryPointId: one.entryPointId,
      inboxId: one.inboxId,
      slaMinutesText: one.slaMinutesText,
      slaSeconds: one.slaSeconds,
      effectiveSla:
        one.slaSeconds !== null
          ? { seconds: one.slaSeconds, source: "exception" as const }
          : { seconds: picture.routing.inboxes.get(one.inboxId)?.slaSeconds ?? 0, source: "inbox" as const },
    })),
    entryPoints: { total: entryPoints.length, withoutException: entryPoints.length - exceptions.length },
    warnings: entryPoints.flatMap((one) => warningsOf(picture, one)),
    updatedAt: row.updatedAt?.toISOString() ?? null,
    updatedBy: row.updatedBy as Person | null,
    version: row.version,
  }
}

/** The routing overview (spec 2.6). Rules and exit nodes join it when they exist. */
export async function readOverview(db: Kysely<DB>, orgId: string): Promise<OverviewRow[]> {
  const picture = await loadPicture(db, orgId)
  const entryPoints = live(picture).filter((row) => row.status === "active" && resolutionOf(picture, row) !== null)
  const byId = new Map(entryPoints.map((row) => [row.id, row]))
  const rows = overview({
    entryPoints: entryPoints.map((row) => ({ id: row.id, section: row.section as Section, label: row.displayName })),
    routing: picture.routing,
    rules: [],
    members: picture.members,
  })
  return rows.map((row) => {
    const warnings = new Map<string, Warning>()
    for (const id of row.entryPointIds) {
      const entryPoint = byId.get(id)
      for (const warning of entryPoint ? warningsOf(picture, entryPoint) : []) {
        warnings.set(warning.code === "inbox_without_members" ? warning.detail : `${warning.code} ${id}`, warning)
      }
    }
    return { ...row, channel: row.channel as OverviewRow["channel"], warnings: [...warnings.values()] }
  })
}
