import type { Kysely } from "kysely"
import { defaultWorkflowSettings, WorkflowSettings } from "../core/workflow/settings.ts"
import type { DB } from "../store/tables.ts"
import type { Tx } from "../store/write.ts"

/** The settings of "Conversation Workflow" of an organization, with the defaults of what it never set. */
export async function loadWorkflowSettings(db: Kysely<DB>, orgId: string): Promise<WorkflowSettings> {
  const row = await db.selectFrom("workflowSettings").select("settings").where("orgId", "=", orgId).executeTakeFirst()
  return row ? WorkflowSettings.parse(row.settings) : defaultWorkflowSettings
}

export async function createWorkflowSettings(tx: Tx): Promise<void> {
  await tx.db.insertInto("workflowSettings").values({ orgId: tx.orgId, settings: JSON.stringify(defaultWorkflowSettings) }).execute()
}

/** RFC 7396: what is absent stays, what is null is cleared, objects are merged. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch
  const base = target !== null && typeof target === "object" && !Array.isArray(target) ? target : {}
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(patch)) merged[key] = mergePatch(merged[key], value)
  return merged
}
