import { type Kysely, type RawBuilder, sql } from "kysely"
import type { ChannelName, EntryPointKind, Section } from "../core/channels.ts"
import type { InboxChoice, RoutingTable } from "../core/entry-points/resolve.ts"
import { defaultWorkflowSettings, WorkflowSettings } from "../core/workflow/settings.ts"
import type { DB } from "./tables.ts"

export type RoutedEntryPointRow = {
  id: string
  section: Section
  channel: ChannelName
  kind: EntryPointKind
  address: string
  displayName: string
}

export type RoutingRow = RoutedEntryPointRow & {
  fallbackInboxId: string | null
  defaultInboxId: string | null
  defaultSlaSeconds: number | null
  exceptionInboxId: string | null
  exceptionSlaSeconds: number | null
  /** Of the Inbox of the default, or the fallback, and of the one of the exception. */
  defaultName: string | null
  defaultInboxSlaSeconds: number | null
  exceptionName: string | null
  exceptionInboxSlaSeconds: number | null
  /** As JSON text: it is parsed once. */
  settings: string | null
}

/** What intake needs of the settings, in one statement; `routingOf` makes of its rows what it says. */
export function routingRows(orgId: string, entryPointIds: readonly string[]): RawBuilder<RoutingRow> {
  return sql<RoutingRow>`
    SELECT e.id, e.section, e.channel, e.kind, e.address, e.display_name, o.fallback_inbox_id,
      c.default_inbox_id, c.default_sla_seconds, x.inbox_id AS exception_inbox_id, x.sla_seconds AS exception_sla_seconds,
      di.name AS default_name, di.sla_seconds AS default_inbox_sla_seconds,
      xi.name AS exception_name, xi.sla_seconds AS exception_inbox_sla_seconds, w.settings::text AS settings
    FROM entry_points e JOIN organizations o ON o.id = e.org_id
    LEFT JOIN channel_routings c ON c.org_id = e.org_id AND c.section = e.section
    LEFT JOIN entry_point_exceptions x ON x.org_id = e.org_id AND x.entry_point_id = e.id
    LEFT JOIN inboxes di ON di.org_id = e.org_id AND di.id = coalesce(c.default_inbox_id, o.fallback_inbox_id)
    LEFT JOIN inboxes xi ON xi.org_id = e.org_id AND xi.id = x.inbox_id
    LEFT JOIN workflow_settings w ON w.org_id = e.org_id
    WHERE e.org_id = ${orgId} AND e.id = ANY(${[...entryPointIds]}::uuid[])`
}

/** The part of the settings that `resolve` takes, and Conversation Workflow. */
export function routingOf(rows: readonly RoutingRow[]): {
  entryPoints: Map<string, RoutedEntryPointRow>
  table: RoutingTable
  settings: WorkflowSettings
} {
  const defaults = new Map<Section, InboxChoice>()
  const exceptions = new Map<string, InboxChoice>()
  const inboxes = new Map<string, { name: string; slaSeconds: number }>()
  const know = (id: string, name: string | null, slaSeconds: number | null) => {
    if (name !== null && slaSeconds !== null) inboxes.set(id, { name, slaSeconds })
  }
  for (const row of rows) {
    // S12: a section whose default was never set leads to the organization's fallback.
    const inboxId = row.defaultInboxId ?? row.fallbackInboxId
    if (inboxId) {
      defaults.set(row.section, { inboxId, slaSeconds: row.defaultSlaSeconds })
      know(inboxId, row.defaultName, row.defaultInboxSlaSeconds)
    }
    if (row.exceptionInboxId) {
      exceptions.set(row.id, { inboxId: row.exceptionInboxId, slaSeconds: row.exceptionSlaSeconds })
      know(row.exceptionInboxId, row.exceptionName, row.exceptionInboxSlaSeconds)
    }
  }
  const settings = rows[0]?.settings ? parsed(rows[0].settings) : defaultWorkflowSettings
  return { entryPoints: new Map(rows.map((row) => [row.id, row])), table: { defaults, exceptions, inboxes }, settings }
}

/** Conversation Workflow as saved, with the defaults where nothing was. */
export async function readWorkflowSettings(
  db: Kysely<DB>,
  orgId: string,
): Promise<{ settings: WorkflowSettings; version: number }> {
  const { rows } = await sql<{ settings: string; version: number }>`
    SELECT settings::text AS settings, version FROM workflow_settings WHERE org_id = ${orgId}`.execute(db)
  const row = rows[0]
  return row
    ? { settings: parsed(row.settings), version: row.version }
    : { settings: defaultWorkflowSettings, version: 0 }
}

/** Parsing costs more than reading: the last texts are kept. */
const parsedTexts = new Map<string, WorkflowSettings>()
const parsedTextsMax = 100

function parsed(text: string): WorkflowSettings {
  const held = parsedTexts.get(text)
  if (held) return held
  const full = WorkflowSettings.parse(JSON.parse(text))
  if (parsedTexts.size >= parsedTextsMax) parsedTexts.clear()
  parsedTexts.set(text, full)
  return full
}
