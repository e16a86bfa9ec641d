import type { Kysely } from "kysely"
import type { Section } from "../core/channels.ts"
import { resolve } from "../core/entry-points/resolve.ts"
import { checkSection, type SectionBody } from "../core/entry-points/section.ts"
import { invalid } from "../problem.ts"
import type { DB } from "../store/tables.ts"
import { live, loadPicture, resolutionOf } from "../store/ways-in.ts"
import { loadSectionConfiguration } from "./save-section.ts"

/** What a section would change if it were saved: by the same `resolve` as everything else; nothing is stored. */
export async function previewSection(db: Kysely<DB>, orgId: string, section: Section, body: SectionBody) {
  const checked = checkSection(body, await loadSectionConfiguration(db, orgId, section))
  if (!checked.ok) throw invalid(...checked.errors)
  const [picture, available] = await Promise.all([loadPicture(db, orgId), availableAgents(db, orgId)])
  const ours = live(picture).filter((row) => row.section === section)
  const ids = new Set(ours.map((row) => row.id))
  const exceptions = new Map([...picture.routing.exceptions].filter(([id]) => !ids.has(id)))
  for (const row of checked.value.exceptions)
    exceptions.set(row.entryPointId, { inboxId: row.inboxId, slaSeconds: row.slaSeconds })
  const unsaved = {
    ...picture.routing,
    defaults: new Map([
      ...picture.routing.defaults,
      [section, { inboxId: checked.value.default.inboxId, slaSeconds: checked.value.default.slaSeconds }],
    ]),
    exceptions,
  }
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
