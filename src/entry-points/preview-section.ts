import type { Kysely } from "kysely"
import type { Section } from "../core/channels.ts"
import { type Resolution, type RoutingTable, resolve } from "../core/entry-points/resolve.ts"
import { type CheckedSection, checkSection, type SectionBody } from "../core/entry-points/section.ts"
import { invalid } from "../problem.ts"
import type { DB } from "../store/tables.ts"
import { type EntryPointRow, live, loadPicture, type Picture, resolutionOf } from "../store/ways-in.ts"
import { loadSectionConfiguration } from "./save-section.ts"

/** What a section would change if it were saved: by the same `resolve` as everything else; nothing is stored. */
export async function previewSection(db: Kysely<DB>, orgId: string, section: Section, body: SectionBody) {
  const checked = checkSection(body, await loadSectionConfiguration(db, orgId, section))
  if (!checked.ok) throw invalid(...checked.errors)
  const [picture, available] = await Promise.all([loadPicture(db, orgId), availableAgents(db, orgId)])
  const ours = live(picture).filter((row) => row.section === section)
  const unsaved = routingAfter(picture, section, checked.value)
  const entryPoints = ours.map((row) => ({
    id: row.id,
    before: resolutionOf(picture, row),
    after: resolve({ id: row.id, section }, unsaved),
  }))
  const moves = new Map<string, { loses: number; gains: number }>()
  const count = (inboxId: string) => {
    const found = moves.get(inboxId) ?? { loses: 0, gains: 0 }
    moves.set(inboxId, found)
    return found
  }
  for (const { before, after } of entryPoints) {
    if (before?.inboxId === after.inboxId) continue
    if (before) count(before.inboxId).loses++
    count(after.inboxId).gains++
  }
  const inboxes = [...moves].map(([id, { loses, gains }]) => {
    const members = picture.members.get(id) ?? []
    return {
      id,
      loses,
      gains,
      members: members.length,
      available: members.filter((agentId) => available.has(agentId)).length,
    }
  })
  return { entryPoints, waiting: [], inboxes, routingTests: [] }
}

/** The routing settings as they would be after a section is saved. */
function routingAfter(picture: Picture, section: Section, saved: CheckedSection): RoutingTable {
  const ids = new Set(live(picture).flatMap((row) => (row.section === section ? [row.id] : [])))
  const exceptions = new Map([...picture.routing.exceptions].filter(([id]) => !ids.has(id)))
  for (const row of saved.exceptions)
    exceptions.set(row.entryPointId, { inboxId: row.inboxId, slaSeconds: row.slaSeconds })
  const preset = { inboxId: saved.default.inboxId, slaSeconds: saved.default.slaSeconds }
  return { ...picture.routing, defaults: new Map([...picture.routing.defaults, [section, preset]]), exceptions }
}

/** Where one entry point leads, by what is stored or by a section that is not saved yet (`unsaved`). */
export async function foreseeResolution(
  db: Kysely<DB>,
  orgId: string,
  { picture, entryPoint, unsaved }: { picture: Picture; entryPoint: EntryPointRow; unsaved: SectionBody | null },
): Promise<{ resolution: Resolution; defaultInboxId: string | null; slaMinutesText: string | null }> {
  const section = entryPoint.section as Section
  if (!unsaved) {
    const defaultInboxId = picture.routing.defaults.get(section)?.inboxId ?? null
    const resolution = resolve({ id: entryPoint.id, section }, picture.routing)
    return { resolution, defaultInboxId, slaMinutesText: null }
  }
  const checked = checkSection(unsaved, await loadSectionConfiguration(db, orgId, section))
  if (!checked.ok)
    throw invalid(...checked.errors.map((error) => ({ ...error, pointer: error.pointer.replace("#/", "#/routing/") })))
  const { default: preset, exceptions } = checked.value
  const choice = exceptions.find((row) => row.entryPointId === entryPoint.id) ?? preset
  const resolution = resolve({ id: entryPoint.id, section }, routingAfter(picture, section, checked.value))
  return { resolution, defaultInboxId: preset.inboxId, slaMinutesText: choice.slaMinutesText }
}

async function availableAgents(db: Kysely<DB>, orgId: string): Promise<Set<string>> {
  const rows = await db
    .selectFrom("agentStates")
    .select("agentId")
    .where("orgId", "=", orgId)
    .where("status", "=", "logged_in")
    .where((eb) => eb.fn("cardinality", ["availableFor"]), ">", 0)
    .execute()
  return new Set(rows.map((row) => row.agentId))
}
