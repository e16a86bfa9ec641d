import { sql } from "kysely"
import { sectionLabel, type Section } from "../core/channels.ts"
import {
  type CheckedSection,
  checkSection,
  type SectionBody,
  type SectionConfiguration,
} from "../core/entry-points/section.ts"
import { invalid, problem } from "../problem.ts"
import type { Kysely } from "kysely"
import type { DB } from "../store/tables.ts"
import type { Tx } from "../store/write.ts"

export type StoredSection = {
  version: number
  updatedAt: Date | null
  updatedBy: unknown
  defaultInboxId: string | null
  defaultSlaMinutesText: string | null
  exceptions: { entryPointId: string; inboxId: string; slaMinutesText: string | null }[]
}

/**
 * Saves a section as a whole, or nothing of it (S21, S78): locks its row, lets the caller judge the version that it
 * holds, checks the form against what exists now, and replaces the list of exceptions.
 */
export async function saveSection(
  tx: Tx,
  section: Section,
  body: SectionBody,
  judge: (stored: StoredSection) => void,
): Promise<void> {
  const before = await lockSection(tx, section)
  judge(before)
  const checked = checkSection(body, await loadSectionConfiguration(tx.db, tx.orgId, section))
  if (!checked.ok) throw invalid(...checked.errors)
  await replace(tx, section, checked.value)
  const after = {
    defaultInboxId: checked.value.default.inboxId,
    defaultSlaMinutesText: checked.value.default.slaMinutesText,
    exceptions: checked.value.exceptions.map(({ entryPointId, inboxId, slaMinutesText }) => ({
      entryPointId,
      inboxId,
      slaMinutesText,
    })),
  }
  const shown = {
    defaultInboxId: before.defaultInboxId,
    defaultSlaMinutesText: before.defaultSlaMinutesText,
    exceptions: before.exceptions,
  }
  tx.event("channel_routing.updated", { section, version: before.version + 1, before: shown, after })
  tx.audit({
    entityType: "channel_routing",
    entityId: section,
    entityName: sectionLabel(section),
    action: "updated",
    before: shown,
    after,
  })
}

/** What the form is checked against: entry points and inboxes of the organization. */
export async function loadSectionConfiguration(
  db: Kysely<DB>,
  orgId: string,
  section: Section,
): Promise<SectionConfiguration> {
  const [entryPoints, inboxes] = await Promise.all([
    db
      .selectFrom("entryPoints")
      .select(["id", "section"])
      .where("orgId", "=", orgId)
      .where("status", "<>", "deleted")
      .execute(),
    db
      .selectFrom("inboxes")
      .select(["id", "name", "slaMinutesText", "deactivatedAt"])
      .where("orgId", "=", orgId)
      .execute(),
  ])
  return {
    section,
    entryPoints: new Map(entryPoints.map((row) => [row.id, { section: row.section as Section }])),
    inboxes: new Map(
      inboxes.map((row) => [
        row.id,
        { name: row.name, slaMinutesText: row.slaMinutesText, active: row.deactivatedAt === null },
      ]),
    ),
  }
}

async function lockSection(tx: Tx, section: Section): Promise<StoredSection> {
  const row = await tx.db
    .selectFrom("channelRoutings")
    .select(["version", "updatedAt", "updatedBy", "defaultInboxId", "defaultSlaMinutesText"])
    .where("orgId", "=", tx.orgId)
    .where("section", "=", section)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw problem("not_found")
  const exceptions = await tx.db
    .selectFrom("entryPointExceptions")
    .select(["entryPointId", "inboxId", "slaMinutesText"])
    .where("orgId", "=", tx.orgId)
    .where("section", "=", section)
    .orderBy("sortOrder")
    .execute()
  return { ...row, exceptions }
}

async function replace(tx: Tx, section: Section, value: CheckedSection): Promise<void> {
  await tx.db.deleteFrom("entryPointExceptions").where("orgId", "=", tx.orgId).where("section", "=", section).execute()
  if (value.exceptions.length > 0) {
    const rows = value.exceptions.map((row, sortOrder) => ({ ...row, sortOrder }))
    await sql`
      INSERT INTO entry_point_exceptions (org_id, entry_point_id, section, inbox_id, sla_minutes_text, sla_seconds, sort_order)
      SELECT ${tx.orgId}, e."entryPointId", ${section}, e."inboxId", e."slaMinutesText", e."slaSeconds", e."sortOrder"
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        AS e("entryPointId" uuid, "inboxId" uuid, "slaMinutesText" text, "slaSeconds" int, "sortOrder" int)`.execute(
      tx.db,
    )
  }
  await tx.db
    .updateTable("channelRoutings")
    .set((eb) => ({
      defaultInboxId: value.default.inboxId,
      defaultSlaMinutesText: value.default.slaMinutesText,
      defaultSlaSeconds: value.default.slaSeconds,
      updatedAt: tx.now,
      updatedBy: JSON.stringify(tx.actor),
      version: eb("version", "+", 1),
    }))
    .where("orgId", "=", tx.orgId)
    .where("section", "=", section)
    .execute()
}
